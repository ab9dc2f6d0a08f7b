"""Which engine a model gets on a board, by estimates made before any tool runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwgen.errors import HwgenError
from hwgen.flow.board import Board, Budget
from hwgen.graph.graph import Graph
from hwgen.rtl.core import RESULT_BUFFER_DEPTH, Core, Folded, Plan
from hwgen.rtl.folded_convolution import FoldedConvolution
from hwgen.rtl.folded_dense import FoldedDense
from hwgen.rtl.spatial_convolution import SpatialConvolution
from hwgen.rtl.spatial_dense import SpatialDense

ENGINES = ("auto", "spatial", "folded")
ADDERS_PER_STAGE = 2
SPATIAL_SHARE = {"ecp5": 0.75, "ice40": 0.75, "gowin": 0.5, "xilinx": 0.9}
FOLDED_SHARE = 0.6
"""Of the look-up tables: how much an automatic choice may fill, by estimate. nextpnr takes long to legalise Gowin's
carry chains, which close whole slices, so those parts are filled less; 7-series tables have six inputs and two outputs,
of which yosys, and so the estimate, uses one."""
SHELL_LUTS = 700
_LUTS_PER_SCORE_BIT = 4
"""Of argmax and reply; a spatial core's result buffer takes as much again. From `docs/results/components.md`."""

# Look-up tables a spatial core takes per bit of adder, comparator and clip, set so that the estimate is right for
# sst2-full-5bit: by yosys's count for Xilinx and Gowin, as placed for ECP5. For sst2-small-5bit it is then a tenth to a
# quarter too high. For iCE40 it is set by sst2-small-5bit, for the full models' tables fit no such part.
_LUTS_PER_BIT = {"ecp5": 1.4, "gowin": 1.19, "xilinx": 1.07, "ice40": 0.95}
_FOLDED_BASE, _FOLDED_PER_LANE = 600, 250


@dataclass(frozen=True)
class Estimate:
    """What a plan will take, roughly."""

    luts: int
    brams: int


def estimate(core: Core, family: str, budget: Budget) -> Estimate:
    """Look-up tables and block RAMs of a core with its shell."""
    graph, convolution, dense = core.graph, core.stages["convolution"], core.stages["dense"]
    score_bits = core.scores.width * graph.classes
    luts, brams = float(SHELL_LUTS + _LUTS_PER_SCORE_BIT * score_bits), 1
    if core.never_stalls:
        luts += _LUTS_PER_SCORE_BIT * score_bits
        if family == "ice40":
            brams += blocks(RESULT_BUFFER_DEPTH, score_bits, budget)  # there is no distributed memory
    brams += blocks(graph.vocabulary, graph.embedding.rank * graph.embedding.bits, budget)
    if isinstance(convolution, SpatialConvolution):
        activations = graph.convolution.filters * 4 * graph.requantise.bits
        luts += _LUTS_PER_BIT[family] * (_adder_bits(convolution) + 2 * _sum_bits(convolution) + activations)
    if isinstance(dense, SpatialDense):
        luts += _LUTS_PER_BIT[family] * _adder_bits(dense)
    for engine in (convolution, dense):
        if isinstance(engine, FoldedConvolution | FoldedDense):
            lanes, period = len(engine.schedule.lanes), engine.schedule.period
            luts += _FOLDED_BASE / 2 + _FOLDED_PER_LANE * lanes
            brams += blocks(period, lanes * (2 * graph.convolution.bits + 4), budget) if period > 16 else 0
            if family == "ice40" and isinstance(engine, FoldedConvolution):
                brams += lanes  # partial sums: there is no distributed memory
    if isinstance(convolution, FoldedConvolution):
        luts += 2 * graph.convolution.filters * graph.requantise.bits
    return Estimate(round(luts), brams)


_SHAPES = {
    4: ((2048, 2), (1024, 4), (512, 8), (256, 16)),
    18: ((16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36)),
    36: ((32768, 1), (16384, 2), (8192, 4), (4096, 9), (2048, 18), (1024, 36), (512, 72)),
}
"""Rows and columns a block RAM can be set to, by its kilobits."""


def blocks(depth: int, width: int, budget: Budget) -> int:
    """Block RAMs of a ``depth x width`` ROM, all set to the one shape that needs fewest."""
    shapes = _SHAPES.get(budget.bram_kbit, ((budget.bram_kbit * 1024 // 32, 32),))
    return min(-(-depth // rows) * -(-width // columns) for rows, columns in shapes)


def choose(graph: Graph, board: Board, family: str, engine: str, *, slowest: int) -> Plan:
    """The plan for a model on a board.

    "spatial" and "folded" are obeyed; "auto" takes the spatial engine where it fills no more than `SPATIAL_SHARE` of
    the part, and otherwise as many lanes as fit `FOLDED_SHARE`.

    Args:
        slowest: cycles per token the serial line can wait for.

    Raises:
        HwgenError: when even one lane does not fit, saying what is short.
    """
    if engine not in ENGINES:
        raise HwgenError(f"engine: {engine!r} is not one of {', '.join(ENGINES)}")
    spatial = Plan.spatial(ADDERS_PER_STAGE)
    budget = board.budget
    if engine != "folded":
        wanted = estimate(Core(graph, spatial), family, budget)
        if engine == "spatial" or (wanted.luts <= SPATIAL_SHARE[family] * budget.luts and wanted.brams <= budget.brams):
            _require_memory(graph, board)
            return spatial
    best = None
    lanes = 1
    while lanes <= min(graph.convolution.filters, 64):
        plan = Plan.folded(lanes, min(max(lanes // 8, 1), graph.classes))
        core = Core(graph, plan)
        wanted = estimate(core, family, budget)
        if wanted.luts <= FOLDED_SHARE * budget.luts and wanted.brams <= budget.brams:
            best = plan if 1 / core.tokens_per_cycle <= slowest else best
        lanes *= 2
    if best is None:
        _require_memory(graph, board)
        raise HwgenError(f"the model does not fit {board.title} with any engine; {advice(graph, board, None)}")
    return best


def _require_memory(graph: Graph, board: Board) -> None:
    table = graph.embedding
    needed = blocks(table.vocabulary, table.rank * table.bits, board.budget)
    if needed > board.budget.brams:
        raise HwgenError(
            f"the embedding ({table.vocabulary} x {table.rank} x {table.bits} bits) does not fit {board.title}: "
            f"it needs {needed} of {board.budget.brams} block RAMs (+{needed - board.budget.brams}); "
            f"{advice(graph, board, None)}"
        )


def advice(graph: Graph, board: Board, plan: Plan | None) -> str:
    """What would fit, should this plan not."""
    if plan is not None and not isinstance(plan.convolution, Folded):
        return "--engine folded takes a fraction of the look-up tables"
    if isinstance(plan, Plan) and isinstance(plan.convolution, Folded) and plan.convolution.lanes > 1:
        return f"fewer lanes would fit: --lanes {plan.convolution.lanes // 2}"
    table = graph.embedding
    rows = table.vocabulary
    while rows > 64 and blocks(rows, table.rank * table.bits, board.budget) > 0.9 * board.budget.brams:
        rows = rows * 3 // 4
    return (
        f"about {rows} tokens of rank {table.rank} at {table.bits} bits would fit, "
        f"or --model sst2-small-{table.bits}bit"
    )


def _adder_bits(engine: SpatialConvolution | SpatialDense) -> int:
    low, high = engine.graph.intervals(engine.source)
    spans = (high - low)[engine.graph.inputs :]
    return int(np.ceil(np.log2(np.maximum(spans, 1) + 1)).sum())


def _sum_bits(convolution: SpatialConvolution) -> int:
    """Bits of the window sums; tap adders are about as many again per further tap."""
    spans = convolution.kind.high - convolution.kind.low
    taps = sum(kernel.shape[0] * kernel.shape[1] for kernel in convolution.node.kernels)
    return int(np.ceil(np.log2(np.maximum(spans, 1) + 1)).mean() * taps / 2)
