"""The components of a graph's circuit, in order."""

from __future__ import annotations

from functools import singledispatch

from amaranth.lib import wiring

from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.graph.merge import merge
from hwgen.rtl.argmax import Argmax
from hwgen.rtl.ballot import Ballot
from hwgen.rtl.binary_convolution import BinaryConvolution
from hwgen.rtl.binary_dense import FoldedBinaryDense
from hwgen.rtl.chain import Chain, Stages
from hwgen.rtl.embedding import EmbeddingReader, EmbeddingRom, row_bits
from hwgen.rtl.folded_argmax import FoldedArgmax
from hwgen.rtl.folded_convolution import FoldedConvolution
from hwgen.rtl.folded_dense import FoldedDense
from hwgen.rtl.hypervector_encoder import HypervectorEncoder
from hwgen.rtl.max_over_time import RunningMaximum
from hwgen.rtl.packing import KILOBITS, pack
from hwgen.rtl.patch_convolution import PatchConvolver
from hwgen.rtl.plan import (
    AnyPlan,
    BlockRam,
    Counting,
    EnsemblePlan,
    Folded,
    HypervectorPlan,
    InTurnPlan,
    Outside,
    Plan,
    Spatial,
    Spram,
)
from hwgen.rtl.requantise import Requantiser
from hwgen.rtl.side_by_side import SideBySide
from hwgen.rtl.spatial_convolution import SpatialConvolution
from hwgen.rtl.spatial_dense import SpatialDense
from hwgen.rtl.spram_embedding import SpramEmbedding

TREE_CLASSES = 8
"""So many classes, or fewer, are compared by a tree behind folded lanes, too: it is small then, and faster."""


def stages(graph: Graph, plan: AnyPlan) -> Stages:
    """The components from tokens to results, by the names of their nodes; each has one stream in and one out."""
    scored = graph.types()[-1]
    folded = not _tree_serves(graph, plan)
    return {**_scoring(graph, plan), "argmax": FoldedArgmax(scored) if folded else Argmax(scored)}


def _tree_serves(graph: Graph, plan: AnyPlan) -> bool:
    """Whether all scores are compared at once."""
    if graph.classes <= TREE_CLASSES or isinstance(plan, EnsemblePlan):
        return True
    return isinstance(plan, Plan) and isinstance(plan.dense, Spatial)


@singledispatch
def _scoring(graph: Graph, plan: AnyPlan) -> Stages:
    """The components from tokens to class scores."""
    raise TypeError(f"no circuit for {type(graph).__name__}")


@_scoring.register
def _(graph: ConvolutionGraph, plan: Plan) -> Stages:
    embedded, _, activated, pooled, _ = graph.types()
    made: dict[str, wiring.Component] = {"embedding": _embedding(graph, plan.embedding)}
    match plan.convolution:
        case Spatial(adders_per_stage, family):
            made["convolution"] = convolution = SpatialConvolution(
                graph.convolution,
                embedded,
                offset=graph.requantise.offset,
                adders_per_stage=adders_per_stage,
                family=family,
            )
            made["requantise"] = Requantiser(graph.requantise, convolution.kind)
            made["max_over_time"] = RunningMaximum(graph.pooling, activated, family=family)
        case Folded(lanes, family, multipliers, memories):
            made["convolution"] = FoldedConvolution(
                graph.convolution,
                graph.requantise,
                graph.pooling,
                embedded,
                lanes=lanes,
                family=family,
                multipliers=multipliers,
                memories=memories,
            )
        case Counting(lanes, family, groups):
            made["convolution"] = BinaryConvolution(
                graph.convolution,
                graph.requantise,
                graph.pooling,
                embedded,
                signs=graph.embedding.bits == 1,
                lanes=lanes,
                family=family,
                groups=groups,
            )
    match plan.dense:
        case Spatial(adders_per_stage, family):
            made["dense"] = SpatialDense(graph.dense, pooled, adders_per_stage=adders_per_stage, family=family)
        case Folded(lanes, family, multipliers, memories):
            made["dense"] = FoldedDense(
                graph.dense, pooled, lanes=lanes, family=family, multipliers=multipliers, memories=memories
            )
    return made


def _embedding(graph: ConvolutionGraph, place: BlockRam | Spram | Outside) -> wiring.Component:
    if isinstance(place, Spram):
        return SpramEmbedding(graph.embedding)
    if isinstance(place, Outside):
        return EmbeddingReader(graph.embedding)
    if place.family is None:
        return EmbeddingRom(graph.embedding)
    depth, width = graph.vocabulary, row_bits(graph.embedding)
    packing = pack(depth, width, KILOBITS[place.family], multiplexed=place.multiplexed)
    # ECP5's registers stand in the block RAMs, far from most of the adders that a spatial engine has for each value.
    registers = int(place.family == "ecp5" and not place.multiplexed)
    return EmbeddingRom(graph.embedding, packing, family=place.family, registers=registers)


@_scoring.register
def _(graph: HypervectorGraph, plan: HypervectorPlan) -> Stages:
    lanes = plan.lanes or graph.hypervector.dimension
    made: dict[str, wiring.Component] = {"hypervector": HypervectorEncoder(graph.hypervector, lanes=lanes)}
    if graph.convolution is not None:
        made["patch_convolution"] = PatchConvolver(graph.convolution, lanes=lanes, family=plan.family)
        lanes = graph.convolution.features(lanes)
    made["binary_dense"] = FoldedBinaryDense(graph.dense, lanes=lanes, family=plan.family)
    return made


@_scoring.register
def _(graph: EnsembleGraph, plan: EnsemblePlan | InTurnPlan) -> Stages:
    if isinstance(plan, InTurnPlan):
        shared = merge(graph.vote.members)
        return {**_scoring(shared, plan.engine), "vote": Ballot(graph.vote, shared.types()[-1])}
    members = [Chain(stages(member, own)) for member, own in zip(graph.vote.members, plan.members, strict=True)]
    return {"vote": SideBySide(graph.vote, members)}
