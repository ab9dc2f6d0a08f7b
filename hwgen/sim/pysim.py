"""The circuit in Amaranth's own simulator: slow, but it can look at every wire by name."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from amaranth.sim import Simulator

from hwgen.graph.golden import Sentences
from hwgen.rtl.core import Core
from hwgen.sim.flash import bootable
from hwgen.sim.results import Results


def run(core: Core, sentences: Sentences, *, stall: float = 0.0, seed: int = 0, waves: Path | None = None) -> Results:
    """Feed `sentences` back to back; in any cycle each end pauses with probability `stall`."""
    circuit = bootable(core)
    random_source, random_sink = Random(seed), Random(seed + 1)
    entered: list[tuple[int, int]] = []
    answers: list[tuple[int, list[int], int]] = []
    cycle = -1
    lasts = set((sentences.starts + sentences.lengths - 1).tolist())
    firsts = set(sentences.starts.tolist())

    async def count(ctx: Any) -> None:
        nonlocal cycle
        async for _ in ctx.tick():
            cycle += 1

    async def feed(ctx: Any) -> None:
        first = 0
        for place, token in enumerate(sentences.tokens.tolist()):
            while random_source.random() < stall:
                await ctx.tick()
            ctx.set(circuit.tokens.payload, {"token": token, "first": place in firsts, "last": place in lasts})
            ctx.set(circuit.tokens.valid, 1)
            await ctx.tick().until(circuit.tokens.ready)
            ctx.set(circuit.tokens.valid, 0)
            first = cycle if place in firsts else first
            if place in lasts:
                entered.append((first, cycle))

    async def collect(ctx: Any) -> None:
        while len(answers) < len(sentences):
            ctx.set(circuit.results.ready, random_sink.random() >= stall)
            results = circuit.results
            _, _, taken, payload = await ctx.tick().sample(results.valid & results.ready, results.payload)
            if taken:
                answers.append((payload.label, list(payload.scores), cycle))

    simulator = Simulator(circuit)
    simulator.add_clock(1e-6)
    simulator.add_process(count)
    simulator.add_testbench(feed)
    simulator.add_testbench(collect)
    with simulator.write_vcd(str(waves)) if waves else nullcontext():
        simulator.run()
    first, last = np.array(entered, dtype=np.int64).reshape(-1, 2).T
    return Results(
        np.array([label for label, _, _ in answers], dtype=np.int64),
        np.array([scores for _, scores, _ in answers], dtype=np.int64).reshape(-1, core.graph.classes),
        first,
        last,
        np.array([left for _, _, left in answers], dtype=np.int64),
    )
