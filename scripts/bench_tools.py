"""What the benchmarks share: their options, their folder, how they say what they do, and how they synthesise."""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from amaranth.back import rtlil
from amaranth.hdl import Signal
from amaranth.lib import wiring
from rich.console import Console

from hwgen import progress, tools
from hwgen.bench import accuracy, matrix
from hwgen.bench.ledger import Ledger, Run
from hwgen.bench.matrix import Job
from hwgen.compress.recipes import AnyRecipe, override
from hwgen.errors import HwgenError
from hwgen.flow import utilisation
from hwgen.flow.utilisation import Utilisation

RESULTS = Path(__file__).resolve().parent.parent / "docs" / "results"
console = Console(width=None if Console().is_terminal else 160)


def parser(description: str | None) -> argparse.ArgumentParser:
    """--data and --jobs."""
    made = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    made.add_argument("--data", type=Path, required=True, help="folder of sets, one folder each")
    made.add_argument("--jobs", type=int, default=2, help="trainings at a time, a core each")
    return made


def jobs(source: Path, base: AnyRecipe, settings: Sequence[str], bits: Sequence[int], *names: str) -> list[Job]:
    """Trainings of `base` with `settings`, shown and grouped as `names` instead of the settings."""
    return [replace(job, settings=names) for job in matrix.jobs([str(source)], [override(base, settings)], bits)]


def measure(wanted: Sequence[Job], folder: Path, workers: int) -> list[Run]:
    """Every run of `wanted`, kept in `folder`/runs.jsonl."""
    with progress.shown(console) as shown:
        shown.step("runs", sum(len(job.bits) for job in wanted))
        return accuracy.measure(wanted, folder / "runs.jsonl", workers, shown)


def finished(wanted: Sequence[Job], folder: Path) -> list[Job]:
    """Of `wanted`, what `folder`/runs.jsonl has already."""
    done = Ledger(folder / "runs.jsonl").runs()
    left = [replace(job, bits=tuple(bits for bits in job.bits if job.key(bits) in done)) for job in wanted]
    return [job for job in left if job.bits]


SYNTHESIS = {
    "xilinx": "synth_xilinx -flatten -noiopad",
    "ecp5": "synth_ecp5",
    "ice40": "synth_ice40 -dsp",
    "gowin": "synth_gowin -noiopads",
}
"""For a component by itself: its ports are no pins."""


def write_whole(path: Path, text: str) -> None:
    """A file that is there whole or not at all."""
    part = path.with_name(f".part-{path.name}")
    part.write_text(text)
    part.replace(path)


def synthesise(component: wiring.Component, family: str, ports: Sequence[Signal] | None = None) -> Utilisation:
    """What `component` takes by itself after synthesis for `family`, carry chains as look-up tables.

    Args:
        ports: signals that are its ports, where they are not those of its signature.
    """
    with tempfile.TemporaryDirectory(prefix="hwgen-bench-") as name:
        folder = Path(name)
        synthesise_text(
            rtlil.convert(component, name="top", platform=family, ports=ports, emit_src=False), family, folder
        )
        return utilisation.of_netlist(folder / "top.json", family)


def synthesise_text(text: str, family: str, folder: Path, options: str = "") -> None:
    """Make ``top.json`` in `folder` of RTLIL whose top module is ``top`` and whose ports are no pins."""
    (folder / "top.il").write_text(text)
    script = f"read_rtlil top.il; {SYNTHESIS[family]} -top top{{}}; write_json top.json"
    try:
        tools.run_yosys(script.format(options), folder, "to measure")
    except HwgenError:  # ABC9 crashes on some, but not with the flip-flops mapped along, as a build then does
        tools.run_yosys(script.format(" -dff"), folder, "to measure")


PACKERS = {
    "ecp5": ("nextpnr-ecp5", "--85k", "--package", "CABGA756", "TRELLIS_COMB"),
    "ice40": ("nextpnr-ice40", "--up5k", "--package", "sg48", "ICESTORM_LC"),
}
"""Tool, options and cell of the families whose tables are counted as they are packed."""


def packed(netlist: Path, family: str) -> int:
    """Look-up tables or logic cells as nextpnr packs a netlist.

    Raises:
        HwgenError: when it fails.
    """
    tool, *options, cell = PACKERS[family]
    command = [tools.require(tool, "to measure"), *options, "--json", netlist.name, "--pack-only"]
    done = subprocess.run(command, cwd=netlist.parent, capture_output=True, text=True, check=False)
    found = re.search(rf"{cell}:\s*(\d+)/", done.stderr)
    if done.returncode or not found:
        lines = [line for line in done.stderr.splitlines() if "ERROR" in line] or ["no message"]
        raise HwgenError(f"{tool} failed: {lines[0]}")
    return int(found[1])


def guarded(work: Callable[[], None]) -> int:
    """Exit code: 0, or 2 after one line on what the user can mend."""
    try:
        work()
    except HwgenError as error:
        console.print(f"error: {error}", style="red")
        return 2
    return 0
