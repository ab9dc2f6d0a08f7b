from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.sim import Simulator

from hwgen.chips.ecp5 import ECP5
from hwgen.chips.gowin import GOWIN
from hwgen.graph.golden import apply
from hwgen.graph.graph import ConvolutionGraph
from hwgen.graph.nodes import Convolution, Requantise
from hwgen.graph.tensor import TensorType, signed_range
from hwgen.model import Model
from hwgen.rtl.lanes.folded_convolution import FoldedConvolution
from hwgen.rtl.lanes.row_rom import LOGIC_ROWS
from hwgen.rtl.lanes.window import WindowMemory
from hwgen.shipped import shipped
from rtl_tests.cell_models import with_models
from rtl_tests.stream_bench import run
from rtl_tests.vectors import extremes, vector_beats
from tests.random_graph import random_graph, random_sentences, weights

DP16KD = Path(__file__).parent / "dp16kd.v"


def component(graph: ConvolutionGraph, source: TensorType, lanes: int, **given: Any) -> FoldedConvolution:
    return FoldedConvolution(graph.convolution, graph.requantise, graph.pooling, source, lanes=lanes, **given)


def products(graph: ConvolutionGraph) -> int:
    return graph.convolution.products


def check(
    folder: Path,
    graph: ConvolutionGraph,
    made: FoldedConvolution,
    random: np.random.Generator,
    verilog: str | None = None,
    stall: float = 0.4,
) -> None:
    sentences = random_sentences(random, graph, 25)
    values = extremes(random, made.source, sentences.tokens.size)
    outputs = values
    for node in graph.nodes[1:4]:
        outputs = apply(node, outputs, sentences)
    run(
        folder,
        made,
        "vectors",
        vector_beats(made.vectors, values, sentences, per_token=True),
        "maxima",
        vector_beats(made.maxima, outputs, sentences, per_token=False),
        stall=stall,
        verilog=verilog,
        libraries=(DP16KD,),
    )


@pytest.mark.parametrize("bits", range(1, 9))
def test_bits(bits: int, tmp_path: Path) -> None:
    random = np.random.default_rng(bits)
    graph = random_graph(random, bits=bits, widths=(1, 3, 5), filters=3)
    check(tmp_path, graph, component(graph, graph.types()[0], lanes=bits, family=GOWIN, multipliers=bits % 3), random)


@pytest.mark.parametrize("stall", [0.4, 0.0])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.51, 1.0])
def test_from_one_lane_to_one_per_weight(share: float, stall: float, tmp_path: Path) -> None:
    """Filters share lanes, a filter has several, and every weight has its own."""
    random = np.random.default_rng(round(10 * share))
    graph = random_graph(random, sparsity=0.7)
    made = component(graph, graph.types()[0], max(round(share * products(graph)), 1))
    check(tmp_path, graph, made, random, stall=stall)


@pytest.mark.parametrize(("channels", "lanes"), [(5, 1), (8, 3)])
def test_operands_from_memories(channels: int, lanes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwgen.rtl.lanes.window._MEMORY_FROM", 1)
    random = np.random.default_rng(channels)
    graph = random_graph(random, rank=channels, sparsity=0.3)
    made = component(graph, graph.types()[0], lanes)
    assert isinstance(made.array.window, WindowMemory)
    check(tmp_path, graph, made, random)


@pytest.mark.parametrize(("lanes", "multipliers", "rank"), [(4, 1, 6), (2, 9, 3), (16, 4, 20)])
def test_the_cells_of_ecp5(lanes: int, multipliers: int, rank: int, tmp_path: Path) -> None:
    """Multiplexers of its slices, block RAMs with registers, and two products in a multiplier."""
    random = np.random.default_rng(lanes)
    graph = random_graph(random, rank=rank)
    made = component(graph, graph.types()[0], lanes, family=ECP5, multipliers=multipliers)
    assert len(made.array.shared[0]) == 2
    verilog = with_models(made, ECP5, tmp_path)
    assert ("DP16KD" in verilog) == (made.schedule.period > LOGIC_ROWS)
    check(tmp_path, graph, made, random, verilog)


@pytest.mark.parametrize(("size", "lanes"), [("small", 1), ("small", 7), ("small", 40), ("small", 152), ("full", 9)])
def test_no_idle_cycle_between_vectors(size: str, lanes: int) -> None:
    """Cycles between tokens, as the component takes them, are weights / lanes, and a tenth more at most."""
    graph = Model.load(shipped(size, 5)).graph
    assert isinstance(graph, ConvolutionGraph)
    engine = component(graph, graph.types()[0], lanes)
    taken: list[int] = []

    async def bench(ctx: Any) -> None:
        ctx.set(engine.vectors.valid, 1)
        for cycle in range(engine.interval * 4 + 60):
            if ctx.get(engine.vectors.ready):
                taken.append(cycle)
            await ctx.tick()

    simulator = Simulator(engine)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    gaps = set(np.diff(taken[2:]).tolist())
    assert gaps == {engine.interval}
    (period,) = gaps
    assert period * -(-products(graph) // period) <= 1.10 * products(graph)


def test_empty_filters_and_taps(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    kernel = weights(random, (6, 4, 3), 4)
    kernel[0] = 0
    kernel[2, :2] = 0
    kernel[3, -1] = 0
    kernel[4, 1:] = 0
    kernel[5, 1] = 0
    given = random_graph(random, widths=(4,), filters=6, rank=3, bits=4)
    requantise = Requantise(np.array([5, -5, 0, 9, -9, 30]), np.array([1, 1, 2, 0, 1, -1]), 4, 0)
    graph = ConvolutionGraph(
        (given.nodes[0], Convolution((kernel,), 4, np.zeros(6, dtype=int)), requantise, *given.nodes[3:])
    )
    low, high = signed_range(4)
    source = TensorType(np.full(3, low), np.full(3, high), per_token=True)
    check(tmp_path, graph, component(graph, source, lanes=2), random)
