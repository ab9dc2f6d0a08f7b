"""A reset in the middle of anything leaves a core as it was at the start."""

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.rtl.core import Core
from hwgen.rtl.plan import Plan
from tests.random_graph import random_graph


@pytest.mark.parametrize("plan", [Plan.spatial(2), Plan.folded(3, 2)], ids=lambda plan: plan.name)
@pytest.mark.parametrize("cycles", [1, 7, 23, 40, 71])
def test_reset_in_the_middle_of_a_sentence(plan: Plan, cycles: int) -> None:
    graph = random_graph(np.random.default_rng(0))
    core, reset = Core(graph, plan), Signal()
    sentence = [5, 9, 13, 2, 40, 7]
    (expected,) = golden.scores(graph, Sentences.of([sentence])).tolist()
    found: list[list[int]] = []

    async def feed(ctx: Any) -> None:
        # Tokens as fast as they go, whole sentences and a piece of one, until the reset.
        ctx.set(core.results.ready, 1)
        ctx.set(core.tokens.valid, 1)
        place = 0
        for _ in range(cycles):
            ctx.set(core.tokens.payload, {"token": 3 + place % 9, "first": place % 4 == 0, "last": place % 4 == 3})
            _, _, taken = await ctx.tick().sample(core.tokens.ready)
            place += taken
        ctx.set(core.tokens.valid, 0)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        for place, token in enumerate(sentence):
            ctx.set(core.tokens.payload, {"token": token, "first": place == 0, "last": place == len(sentence) - 1})
            ctx.set(core.tokens.valid, 1)
            await ctx.tick().until(core.tokens.ready)
        ctx.set(core.tokens.valid, 0)
        (payload,) = await ctx.tick().sample(core.results.payload).until(core.results.valid)
        found.append(list(payload.scores))

    simulator = Simulator(ResetInserter(reset)(core))
    simulator.add_clock(1e-6)
    simulator.add_testbench(feed)
    simulator.run()
    assert found == [expected]
