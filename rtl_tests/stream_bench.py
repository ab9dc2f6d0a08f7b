"""A cocotb bench for any component with one stream in and one stream out.

`run` turns the component into Verilog and starts Icarus; `drive` is what runs inside. Both ends pause at random; the
bench compares every beat, and checks that an offered beat stays until it is taken.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random
from typing import Any

import cocotb
from amaranth.lib import wiring
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly
from cocotb_tools.runner import get_results, get_runner

from hwgen.rtl.verilog import to_verilog

PATIENCE = 20_000


def beat(stream: Any, **fields: Any) -> int:
    """One payload of `stream` as an integer."""
    return int(stream.payload.shape().const(fields).as_bits())


def run(
    folder: Path,
    component: wiring.Component,
    source: str,
    given: list[int],
    sink: str,
    expected: list[int],
    *,
    stall: float = 0.4,
    seed: int = 0,
    verilog: str | None = None,
    libraries: tuple[Path, ...] = (),
) -> None:
    """Send `given` into port `source` of `component` and expect exactly `expected` at port `sink`.

    Args:
        verilog: simulate this instead of the component's own Verilog, such as a netlist of it.
        libraries: Verilog files with the cells it is made of.

    Raises:
        AssertionError: with the bench's log when it fails.
    """
    (folder / "top.v").write_text(verilog or to_verilog(component))
    plan = {"source": source, "sink": sink, "given": given, "expected": expected, "stall": stall, "seed": seed}
    (folder / "plan.json").write_text(json.dumps(plan))
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
        test_module="rtl_tests.stream_bench",
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
    plan = json.loads(Path(os.environ["BENCH_PLAN"]).read_text())
    source, sink, given, expected = plan["source"], plan["sink"], plan["given"], plan["expected"]
    random, stall = Random(plan["seed"]), plan["stall"]
    valid_in, ready_in = getattr(dut, f"{source}__valid"), getattr(dut, f"{source}__ready")
    valid_out, ready_out = getattr(dut, f"{sink}__valid"), getattr(dut, f"{sink}__ready")
    payload_in, payload_out = getattr(dut, f"{source}__payload"), getattr(dut, f"{sink}__payload")
    valid_in.value, ready_out.value, dut.rst.value = 0, 0, 1
    Clock(dut.clk, 10, unit="ns").start()
    for _ in range(2):
        await FallingEdge(dut.clk)
    dut.rst.value = 0
    found: list[int] = []
    sent, idle, offering, held = 0, 0, False, None
    while idle < (PATIENCE if len(found) < len(expected) else 200):
        offering = offering or (sent < len(given) and random.random() >= stall)
        ready = random.random() >= stall
        valid_in.value, ready_out.value = offering, ready
        if offering:
            payload_in.value = given[sent]
        await ReadOnly()
        idle += 1
        if offering and int(ready_in.value):
            sent, offering, idle = sent + 1, False, 0
        valid = int(valid_out.value)
        if held is not None:
            assert valid and int(payload_out.value) == held, "an offered beat changed before it was taken"
        held = int(payload_out.value) if valid and not ready else None
        if valid and ready:
            found.append(int(payload_out.value))
            place, idle = len(found) - 1, 0
            assert place < len(expected), f"beat {place}: more than the {len(expected)} expected"
            assert found[place] == expected[place], f"beat {place}: expected {expected[place]:x}, got {found[place]:x}"
        await FallingEdge(dut.clk)
    assert len(found) == len(expected), f"{len(found)} beats instead of {len(expected)}"
