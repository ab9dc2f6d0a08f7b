"""Every beat once and in order, under stalls, at the pace that is promised, and no path from one side to the other."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
from amaranth.lib import stream
from amaranth.sim import Simulator

from hwgen.rtl.stream_register import StreamRegister
from rtl_tests.stream_bench import run


@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_beats_pass_in_order(stall: float, tmp_path: Path) -> None:
    beats = [Random(1).randrange(256) for _ in range(100)]
    run(tmp_path, StreamRegister(stream.Signature(8)), "given", beats, "taken", beats, stall=stall)


def test_pace_and_cut() -> None:
    dut, taken = StreamRegister(stream.Signature(8)), []

    async def bench(ctx: Any) -> None:
        for cycle in range(20):
            ctx.set(dut.given.valid, 1)
            ctx.set(dut.given.payload, cycle)
            ctx.set(dut.taken.ready, 0)
            ready, payload = ctx.get(dut.given.ready), ctx.get(dut.taken.payload)
            ctx.set(dut.taken.ready, 1)
            ctx.set(dut.given.payload, cycle + 100)
            assert (ctx.get(dut.given.ready), ctx.get(dut.taken.payload)) == (ready, payload)
            ctx.set(dut.given.payload, cycle)
            if ctx.get(dut.taken.valid):
                taken.append((cycle, payload))
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert taken == [(cycle + 1, cycle) for cycle in range(0, 19, 2)]
