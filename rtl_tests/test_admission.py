"""The buffer never overflows, keeps the order, and does not hold up what it has room for."""

from typing import Any

import numpy as np
import pytest
from amaranth.sim import Simulator

from hwgen.graph.tensor import TensorType
from hwgen.rtl.admission import Admission

SCORES = TensorType(np.array([-4, -4]), np.array([3, 3]), per_token=False)


@pytest.mark.parametrize(("depth", "latency"), [(4, 1), (4, 9), (32, 17)])
def test_results_come_back_in_order_behind_a_slow_reader(depth: int, latency: int) -> None:
    random = np.random.default_rng(depth + latency)
    dut = Admission(16, SCORES, depth=depth)
    lengths = random.integers(1, 4, 60).tolist()
    returned: list[int] = []

    async def send(ctx: Any) -> None:
        for length in lengths:
            for place in range(length):
                ctx.set(dut.tokens.payload, {"token": 1, "first": place == 0, "last": place == length - 1})
                ctx.set(dut.tokens.valid, 1)
                await ctx.tick().until(dut.tokens.ready)
        ctx.set(dut.tokens.valid, 0)

    async def core(ctx: Any) -> None:
        """A core that never stalls: every sentence's result `latency` cycles after its last token."""
        ctx.set(dut.admitted.ready, 1)
        due: list[int] = []
        number = cycle = 0
        while True:
            ready = bool(due) and due[0] <= cycle
            ctx.set(dut.finished.valid, ready)
            ctx.set(dut.finished.payload, {"label": number % 2, "scores": [number % 4, 0]})
            moved = dut.admitted.valid & dut.admitted.payload.last
            _, _, last = await ctx.tick().sample(moved)
            if ready:
                due.pop(0)
                number += 1
            if last:
                due.append(cycle + latency)
            cycle += 1

    async def read(ctx: Any) -> None:
        while len(returned) < len(lengths):
            ctx.set(dut.results.ready, int(random.random() < 0.2))
            taken = dut.results.valid & dut.results.ready
            _, _, got, payload = await ctx.tick().sample(taken, dut.results.payload)
            if got:
                returned.append(payload.scores[0])

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(send)
    simulator.add_testbench(core, background=True)
    simulator.add_testbench(read)
    simulator.run()
    assert returned == [number % 4 for number in range(len(lengths))]
