"""A cocotb bench for a `RowRom` that is given as Verilog."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge
from cocotb_tools.runner import get_results, get_runner


def run(folder: Path, verilog: str, libraries: tuple[Path, ...], rows: list[int]) -> None:
    """Read `rows` in order, with pauses.

    Raises:
        AssertionError: with the bench's log when it fails.
    """
    (folder / "top.v").write_text(verilog)
    (folder / "plan.json").write_text(json.dumps(rows))
    runner = get_runner("icarus")
    runner.build(
        sources=[folder / "top.v", *libraries],
        hdl_toplevel="top",
        build_dir=folder / "build",
        timescale=("1ns", "1ps"),
        log_file=folder / "build.log",
    )
    root = str(Path(__file__).resolve().parents[1])
    report = runner.test(
        hdl_toplevel="top",
        test_module="rtl_tests.row_bench",
        build_dir=folder / "build",
        test_dir=folder,
        extra_env={"BENCH_PLAN": str(folder / "plan.json"), "PYTHONPATH": root},
        log_file=folder / "test.log",
    )
    tests, failures = get_results(report)
    assert (tests, failures) == (1, 0), (folder / "test.log").read_text()


@cocotb.test()
async def drive(dut: Any) -> None:
    """Inside the simulator: play the plan in ``BENCH_PLAN``."""
    rows, random = json.loads(Path(os.environ["BENCH_PLAN"]).read_text()), Random(0)
    dut.advance.value, dut.rst.value = 0, 1
    Clock(dut.clk, 10, unit="ns").start()
    await FallingEdge(dut.clk)
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    while not int(dut.ready.value):
        await FallingEdge(dut.clk)
    for place, row in enumerate(rows):
        while random.random() < 0.2:
            assert int(dut.row.value) == row, f"row {place} changed while it was shown"
            await FallingEdge(dut.clk)
        assert int(dut.row.value) == row, f"row {place}"
        dut.advance.value = 1
        await FallingEdge(dut.clk)
        dut.advance.value = 0
