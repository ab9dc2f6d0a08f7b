"""The circuit's Verilog under Icarus, driven by cocotb."""

from __future__ import annotations

import os
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from cocotb_tools.runner import get_runner

from hwgen import tools
from hwgen.errors import HwgenError
from hwgen.files import temporary_folder
from hwgen.graph.golden import Sentences
from hwgen.rtl.core import Core
from hwgen.rtl.verilog import to_verilog
from hwgen.sim.flash import bootable
from hwgen.sim.results import Results, decode, encode


def run(core: Core, sentences: Sentences, *, stall: float = 0.0, seed: int = 0, waves: Path | None = None) -> Results:
    """Feed `sentences` back to back; in any cycle each end pauses with probability `stall`. Waves are in FST format.

    Raises:
        HwgenError: when Icarus is missing, or the bench fails (with its last lines).
    """
    tools.require("iverilog", "to simulate with Icarus")
    with temporary_folder() as folder:
        (folder / "core.v").write_text(to_verilog(bootable(core)), encoding="utf-8")
        given, answer, log = folder / "given", folder / "answer", folder / "log"
        given.write_bytes(encode(core, sentences, stall, seed))
        environment = {"HWGEN_GIVEN": str(given), "HWGEN_ANSWER": str(answer), "PYTHONPATH": _import_path()}
        runner = get_runner("icarus")
        try:
            with log.open("w", encoding="utf-8") as file, redirect_stdout(file), redirect_stderr(file):
                runner.build(
                    sources=[folder / "core.v"],
                    hdl_toplevel="top",
                    build_dir=folder / "build",
                    timescale=("1ns", "1ps"),
                    waves=waves is not None,
                    log_file=folder / "build.log",
                )
                runner.test(
                    hdl_toplevel="top",
                    test_module="hwgen.sim.cocotb_bench",
                    build_dir=folder / "build",
                    test_dir=folder,
                    extra_env=environment,
                    waves=waves is not None,
                    log_file=folder / "test.log",
                )
        except (RuntimeError, SystemExit) as error:
            raise HwgenError(f"icarus: {error}; {_last_line(folder)}") from None
        if not answer.exists():
            raise HwgenError(f"icarus: the bench failed: {_last_line(folder)}")
        if waves is not None:
            (dump,) = folder.rglob("*.fst")
            shutil.copy2(dump, waves)
        return decode(core, answer.read_bytes(), len(sentences))


def _import_path() -> str:
    """Where the bench finds hwgen inside the simulator's own Python."""
    root = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])


def _last_line(folder: Path) -> str:
    for name in ("test.log", "build.log"):
        if (folder / name).is_file():
            lines = [
                line.strip() for line in (folder / name).read_text(errors="replace", encoding="utf-8").splitlines()
            ]
            errors = [line for line in lines if "Error" in line or "error" in line or "sorry" in line]
            if errors:
                return errors[-1]
    return "no message"
