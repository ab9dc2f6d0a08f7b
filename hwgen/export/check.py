"""The written Verilog in simulation, held against the golden model, before anybody sees it."""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from hwgen import tools
from hwgen.errors import HwgenError
from hwgen.export.axi import AxiCore, AxiCores
from hwgen.export.bench import Vectors
from hwgen.progress import SILENT, Say
from hwgen.sim.cxxrtl import compile_program

_SECONDS, _PACE = 20, 4e7
"""What a check by Icarus may take, and bytes of Verilog times cycles that Icarus does in a second."""
_LATENCY = re.compile(r"latency: (\d+) (\d+)")


@dataclass(frozen=True)
class Checked:
    """A simulation in which every class and every score was right.

    Attributes:
        simulator: what ran it.
        sentences: how many were sent.
        first_latency, last_latency: cycles from the first sentence's first and last token to its class, unhurried.
    """

    simulator: str
    sentences: int
    first_latency: int
    last_latency: int


def affordable(verilog: int, cycles_per_token: int, lengths: Sequence[int]) -> int:
    """Sentences that Icarus simulates in `_SECONDS` or so, at least two: one behind the other.

    Args:
        verilog: bytes of it.
        lengths: of the sentences.
    """
    budget = _SECONDS * _PACE / verilog
    # Random pauses on both sides double the cycles.
    cycles = [2 * cycles_per_token * total for total in accumulate(lengths)]
    return max(sum(each <= budget for each in cycles), 2)


def by_icarus(folder: Path, name: str, vectors: Vectors) -> Checked:
    """Run the bench in `folder`, which sends `vectors`, as anybody would.

    Raises:
        HwgenError: when an answer is not the golden model's, or Icarus does not understand the Verilog.
    """
    program = "testbench.vvp"
    _run(["iverilog", "-g2005", "-s", f"{name}_testbench", "-o", program, "testbench.v", f"{name}.v"], folder)
    output = _run(["vvp", "-n", program], folder)
    (folder / program).unlink()
    latency = _LATENCY.search(output)
    if "\nPASS" not in f"\n{output}" or not latency:
        lines = [line for line in output.splitlines() if line.startswith(("FAIL", "word"))] or ["no answer"]
        raise _unequal(lines[-1])
    return Checked("Icarus", vectors.sentences, int(latency[1]), int(latency[2]))


def _run(command: list[str], folder: Path) -> str:
    command = [tools.require(command[0], "to simulate with Icarus"), *command[1:]]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        lines = (done.stderr + done.stdout).strip().splitlines() or ["no message"]
        raise HwgenError(f"{Path(command[0]).name} failed on the written Verilog: {lines[-1]}")
    return done.stdout


def by_program(top: AxiCore | AxiCores, vectors: Vectors, say: Say = SILENT) -> Checked:
    """Simulate the module that the Verilog was written from, compiled.

    Raises:
        HwgenError: when an answer is not the golden model's, or the compiler fails.
    """
    slaves = [port.removesuffix("tdata") for port in top.signature.members if port.startswith("s")]
    slaves = [port for port in slaves if port.endswith("_axis_")]
    macro = " ".join(f"STREAM(p_{port}, p_m{port[1:]})".replace("_axis_", "__axis__") for port in slaves)
    program = compile_program(top, "axi.cpp", f"#define STREAMS {macro}\n", say=say)
    packed = struct.pack("<4I", len(vectors.tokens), len(vectors.words), vectors.first_tokens, vectors.beats)
    packed += b"".join(
        struct.pack("<QI", data, last) for beats in (vectors.tokens, vectors.words) for data, last in beats
    )
    done = subprocess.run([str(program)], input=packed, capture_output=True, check=False)
    output = done.stdout.decode()
    if done.returncode or not (latency := _LATENCY.search(output)):
        raise _unequal(done.stderr.decode().strip() or f"exit status {done.returncode}")
    return Checked("CXXRTL", vectors.sentences, int(latency[1]), int(latency[2]))


def _unequal(what: str) -> HwgenError:
    return HwgenError(
        f"export: the written Verilog is not equal to the golden model ({what}); nothing is kept; "
        "this is a defect of hwgen, please report it"
    )
