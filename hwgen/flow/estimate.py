"""What a core will take, by estimates made before any tool runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import singledispatch

from hwgen.flow.board import Budget
from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.graph.merge import merge
from hwgen.rtl.ballot import Ballot
from hwgen.rtl.binary_convolution import BinaryConvolution
from hwgen.rtl.binary_dense import FoldedBinaryDense
from hwgen.rtl.core import RESULT_BUFFER_DEPTH, Core
from hwgen.rtl.embedding import EmbeddingRom, row_bits
from hwgen.rtl.folded_convolution import FoldedConvolution
from hwgen.rtl.folded_dense import FoldedDense
from hwgen.rtl.hypervector_encoder import HypervectorEncoder
from hwgen.rtl.packing import pack
from hwgen.rtl.patch_convolution import PatchConvolver
from hwgen.rtl.plan import AnyPlan, EnsemblePlan, InTurnPlan
from hwgen.rtl.spatial_convolution import SpatialConvolution
from hwgen.rtl.spatial_dense import SpatialDense
from hwgen.rtl.window import WindowMemory

SHELL_LUTS = 700
_LUTS_PER_SCORE_BIT = 4
"""Of argmax and reply; a spatial core's result buffer takes as much again. From `docs/results/components.md`."""

# Look-up tables a spatial core takes per bit of adder, comparator and clip: of sst2-full-5bit by yosys's count for
# Xilinx and as placed for ECP5 (half as many again, for carry chains), of sst2-small-5bit by yosys's count for Gowin.
# For iCE40 they are logic cells as nextpnr placed sst2-small-5bit with two and with eight adders a stage, and so are
# the flip-flops that have no table of their own before them.
_LUTS_PER_BIT = {"ecp5": 1.52, "gowin": 1.02, "xilinx": 0.94, "ice40": 1.31}
_LUTS_PER_FLIP_FLOP = {"ecp5": 0.0, "gowin": 0.0, "xilinx": 0.0, "ice40": 0.41}
_FOLDED_BASE, _FOLDED_PER_LANE = 600, 250
_POPCOUNT_PER_BIT = {"xilinx": 0.7, "ecp5": 1.4, "ice40": 1.5, "gowin": 1.6}
"""From `docs/results/popcount.md`."""
_TWO_TABLES = {"xilinx": 4, "ecp5": 6.5, "ice40": 6, "gowin": 16}
"""Of a binary filter over a patch that is too long for one table and too short for a popcount; measured by yosys."""
_BALLOT_LUTS = 25
"""Beside a table for each bit of the scores."""
_LOADER_LUTS = 400
"""Of what fills a table in SPRAM from flash."""
_LUT_ROM = 64
"""Rows of a memory that synthesis makes of look-up tables."""


@dataclass(frozen=True)
class Estimate:
    """What a plan will take, roughly: look-up tables, block RAMs, multipliers."""

    luts: int
    brams: float
    dsps: int = 0

    def fits(self, budget: Budget, share: float) -> bool:
        """Whether it takes no more than what there is, and of look-up tables no more than a share."""
        return self.luts <= share * budget.luts and self.brams <= budget.brams and self.dsps <= budget.dsps


def estimate(core: Core, family: str, budget: Budget) -> Estimate:
    """Look-up tables and block RAMs of a core with its shell."""
    score_bits = core.scores.width * core.graph.classes
    own = _estimate(core.graph, core, family, budget)
    luts, brams = own.luts + SHELL_LUTS + _LUTS_PER_SCORE_BIT * score_bits, own.brams + 1
    if core.plan.never_stalls:
        luts += _LUTS_PER_SCORE_BIT * score_bits
        if family == "ice40":
            brams += blocks(RESULT_BUFFER_DEPTH, score_bits, budget)  # there is no distributed memory
    return Estimate(luts, brams, own.dsps)


@singledispatch
def _estimate(graph: Graph, core: Core, family: str, budget: Budget) -> Estimate:
    """Of the stages but the last."""
    raise TypeError(f"no estimate for {type(graph).__name__}")


@_estimate.register
def _(graph: ConvolutionGraph, core: Core, family: str, budget: Budget) -> Estimate:
    convolution, dense = core.stages["convolution"], core.stages["dense"]
    luts, brams, multipliers = 0.0, _table(core, budget), 0
    luts += _LOADER_LUTS if core.stored else 0
    if isinstance(convolution, SpatialConvolution):
        activations = graph.convolution.filters * (2 * graph.requantise.bits + 2)
        luts += _LUTS_PER_BIT[family] * activations + _adders(convolution, family)
    if isinstance(convolution, BinaryConvolution):
        bits = convolution.width * convolution.channels * len(convolution.planes)
        wired = convolution.rows == 1  # then only the bits a filter uses, and no table for the exclusive-or
        if wired:
            bits = round(bits * graph.convolution.taps / (graph.convolution.filters * convolution.width))
        each = bits * (_POPCOUNT_PER_BIT[family] + (0.4 if wired else 1))
        luts += convolution.lanes * each + 2 * graph.convolution.filters
        if convolution.groups > 1:  # the window turns
            luts += bits * convolution.groups
        row = convolution.lanes * (convolution.width * convolution.channels + convolution.width)
        if convolution.rows > _LUT_ROM:
            brams += blocks(convolution.rows, row, budget)
        elif not wired:
            luts += row * convolution.rows / 16
    if isinstance(dense, SpatialDense):
        luts += _adders(dense, family)
    for engine in (convolution, dense):
        if isinstance(engine, FoldedConvolution | FoldedDense):
            lanes, period = len(engine.schedule.lanes), engine.schedule.period
            multipliers += len(engine.array.shared)
            luts += _FOLDED_BASE / 2 + _FOLDED_PER_LANE * lanes
            brams += blocks(period, lanes * (2 * graph.convolution.bits + 4), budget) if period > 16 else 0
            if isinstance(engine.array.window, WindowMemory):
                brams += lanes
    if isinstance(convolution, FoldedConvolution):
        luts += 2 * graph.convolution.filters * graph.requantise.bits
    return Estimate(round(luts), brams, multipliers)


@_estimate.register
def _(graph: HypervectorGraph, core: Core, family: str, budget: Budget) -> Estimate:
    encoder, dense = core.stages["hypervector"], core.stages["binary_dense"]
    assert isinstance(encoder, HypervectorEncoder) and isinstance(dense, FoldedBinaryDense)
    node, lanes, passes = encoder.node, encoder.lanes, encoder.passes
    kinds = len(node.sizes) + node.words
    each = encoder.counter_bits * (1 + 0.5 * (kinds - 1)) + 2 * kinds
    rows, classes, score = passes * node.symbol_count, graph.classes, dense.kind.width
    seeds, compared = node.item_bits // rows, dense.lanes
    brams = blocks(rows, seeds, budget) if rows > _LUT_ROM else 0
    brams += blocks(passes * classes, compared + score, budget) if passes * classes > _LUT_ROM else 0
    brams += blocks(node.longest, 8, budget) if passes > 1 else 0
    roms = ((rows, seeds), (passes * classes, compared))
    luts = sum(width * depth / 16 for depth, width in roms if depth <= _LUT_ROM)
    luts += lanes * each + lanes - seeds + compared * _POPCOUNT_PER_BIT[family] + classes * score
    convolution = core.stages.get("patch_convolution")
    if isinstance(convolution, PatchConvolver):
        luts += convolution.kind.channels * _filter_luts(convolution, family)
    return Estimate(round(luts), brams)


def _filter_luts(convolution: PatchConvolver, family: str) -> float:
    """Of a filter over one patch; see `PatchConvolver`."""
    patch = convolution.node.patch
    if convolution.counters:
        return patch * _POPCOUNT_PER_BIT[family] + 2
    return 1 if patch <= 4 else _TWO_TABLES[family]


@_estimate.register
def _(graph: EnsembleGraph, core: Core, family: str, budget: Budget) -> Estimate:
    if isinstance(core.plan, InTurnPlan):
        shared, ballot = merge(graph.vote.members), core.stages["vote"]
        assert isinstance(ballot, Ballot)
        own = _estimate(shared, core, family, budget)
        return replace(own, luts=own.luts + ballot.source.channels * ballot.source.width + _BALLOT_LUTS)
    assert isinstance(core.plan, EnsemblePlan)
    parts = [
        _estimate(member, Core(member, plan), family, budget)
        for member, plan in zip(graph.vote.members, core.plan.members, strict=True)
    ]
    return Estimate(*(sum(getattr(part, kind) for part in parts) for kind in ("luts", "brams", "dsps")))


def memory(graph: Graph, budget: Budget, plan: AnyPlan | None = None) -> float:
    """Block RAMs that a graph needs with any engine; `plan` tells whether an ensemble's members share them."""
    if isinstance(graph, EnsembleGraph):
        if isinstance(plan, InTurnPlan):
            return memory(merge(graph.vote.members), budget)
        return sum(memory(member, budget) for member in graph.vote.members)
    if isinstance(graph, ConvolutionGraph):
        return blocks(graph.vocabulary, row_bits(graph.embedding), budget)
    return 0


def blocks(depth: int, width: int, budget: Budget) -> float:
    """Block RAMs of a ``depth x width`` ROM; half a one counts a half."""
    return pack(depth, width, budget.bram_kbit).blocks


def _table(core: Core, budget: Budget) -> float:
    """Block RAMs of the embedding."""
    embedding = core.stages["embedding"]
    if not isinstance(embedding, EmbeddingRom):
        return 0
    packing = embedding.packing or pack(embedding.node.vocabulary, row_bits(embedding.node), budget.bram_kbit)
    return packing.blocks


def _adders(engine: SpatialConvolution | SpatialDense, family: str) -> float:
    """Look-up tables of an adder graph and its registers."""
    bits, flip_flops = engine.graph.adder_bits(engine.source), engine.placement.flip_flops(engine.source)
    return _LUTS_PER_BIT[family] * bits + _LUTS_PER_FLIP_FLOP[family] * flip_flops
