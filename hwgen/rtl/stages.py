"""The components of a graph's circuit, in order."""

from __future__ import annotations

from functools import singledispatch

from amaranth.lib import wiring

from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.graph.merge import merge
from hwgen.rtl.binary.binary_convolution import BinaryConvolution
from hwgen.rtl.binary.binary_dense import FoldedBinaryDense
from hwgen.rtl.chain import Chain, Stages
from hwgen.rtl.decision.argmax import Argmax
from hwgen.rtl.decision.ballot import Ballot
from hwgen.rtl.decision.folded_argmax import FoldedArgmax
from hwgen.rtl.decision.side_by_side import SideBySide
from hwgen.rtl.hypervector.hypervector_encoder import HypervectorEncoder
from hwgen.rtl.hypervector.patch_convolution import PatchConvolver
from hwgen.rtl.lanes.folded_convolution import FoldedConvolution
from hwgen.rtl.lanes.folded_dense import FoldedDense
from hwgen.rtl.max_over_time import RunningMaximum
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
from hwgen.rtl.sums.spatial_convolution import SpatialConvolution
from hwgen.rtl.sums.spatial_dense import SpatialDense
from hwgen.rtl.table.embedding import EmbeddingReader, EmbeddingRom, row_bits
from hwgen.rtl.table.packing import pack
from hwgen.rtl.table.spram_embedding import SpramEmbedding

TREE_CLASSES = 8
"""So many classes, or fewer, are compared by a tree behind folded lanes, too: it is small then, and faster."""


def stages(graph: Graph, plan: AnyPlan) -> Stages:
    """The components from tokens to results, by the names of their nodes; each has one stream in and one out."""
    at_once = isinstance(plan, EnsemblePlan) or (isinstance(plan, Plan) and isinstance(plan.dense, Spatial))
    return {**_scoring(graph, plan), **of_argmax(graph, at_once=at_once)}


def of_embedding(graph: ConvolutionGraph, place: BlockRam | Spram | Outside) -> Stages:
    """From tokens to vectors."""
    return {"embedding": _embedding(graph, place)}


def of_convolution(graph: ConvolutionGraph, engine: Spatial | Folded | Counting) -> Stages:
    """From vectors to features."""
    embedded, _, activated, _, _ = graph.types()
    match engine:
        case Spatial(adders_per_stage, family):
            convolution = SpatialConvolution(
                graph.convolution,
                embedded,
                offset=graph.requantise.offset,
                adders_per_stage=adders_per_stage,
                family=family,
            )
            return {
                "convolution": convolution,
                "requantise": Requantiser(graph.requantise, convolution.kind),
                "max_over_time": RunningMaximum(graph.pooling, activated, family=family),
            }
        case Folded(lanes, family, multipliers, memories):
            folded = FoldedConvolution(
                graph.convolution,
                graph.requantise,
                graph.pooling,
                embedded,
                lanes=lanes,
                family=family,
                multipliers=multipliers,
                memories=memories,
            )
            return {"convolution": folded}
        case Counting(lanes, family, groups):
            counting = BinaryConvolution(
                graph.convolution,
                graph.requantise,
                graph.pooling,
                embedded,
                signs=graph.embedding.bits == 1,
                lanes=lanes,
                family=family,
                groups=groups,
            )
            return {"convolution": counting}


def of_dense(graph: ConvolutionGraph, engine: Spatial | Folded) -> Stages:
    """From features to class scores."""
    pooled = graph.types()[-2]
    match engine:
        case Spatial(adders_per_stage, family):
            return {"dense": SpatialDense(graph.dense, pooled, adders_per_stage=adders_per_stage, family=family)}
        case Folded(lanes, family, multipliers, memories):
            folded = FoldedDense(
                graph.dense, pooled, lanes=lanes, family=family, multipliers=multipliers, memories=memories
            )
            return {"dense": folded}


def of_argmax(graph: Graph, *, at_once: bool) -> Stages:
    """From class scores to results; of few classes all scores are compared at once in any case."""
    scored = graph.types()[-1]
    return {"argmax": Argmax(scored) if at_once or graph.classes <= TREE_CLASSES else FoldedArgmax(scored)}


@singledispatch
def _scoring(graph: Graph, plan: AnyPlan) -> Stages:
    """The components from tokens to class scores."""
    raise TypeError(f"no circuit for {type(graph).__name__}")


@_scoring.register
def _(graph: ConvolutionGraph, plan: Plan) -> Stages:
    return {
        **of_embedding(graph, plan.embedding),
        **of_convolution(graph, plan.convolution),
        **of_dense(graph, plan.dense),
    }


def _embedding(graph: ConvolutionGraph, place: BlockRam | Spram | Outside) -> wiring.Component:
    if isinstance(place, Spram):
        return SpramEmbedding(graph.embedding)
    if isinstance(place, Outside):
        return EmbeddingReader(graph.embedding)
    if place.family.block_ram_kbit is None:
        return EmbeddingRom(graph.embedding)
    depth, width = graph.vocabulary, row_bits(graph.embedding)
    packing = pack(depth, width, place.family.block_ram_kbit, multiplexed=place.multiplexed)
    # Registers in the block RAMs are far from most of the adders that a spatial engine has for each value.
    registers = int(place.family.block_ram_registers and not place.multiplexed)
    return EmbeddingRom(graph.embedding, packing, family=place.family, registers=registers)


@_scoring.register
def _(graph: HypervectorGraph, plan: HypervectorPlan) -> Stages:
    lanes = plan.lanes or graph.hypervector.dimension
    chain: dict[str, wiring.Component] = {"hypervector": HypervectorEncoder(graph.hypervector, lanes=lanes)}
    if graph.convolution is not None:
        chain["patch_convolution"] = PatchConvolver(graph.convolution, lanes=lanes, family=plan.family)
        lanes = graph.convolution.features(lanes)
    chain["binary_dense"] = FoldedBinaryDense(graph.dense, lanes=lanes, family=plan.family)
    return chain


@_scoring.register
def _(graph: EnsembleGraph, plan: EnsemblePlan | InTurnPlan) -> Stages:
    if isinstance(plan, InTurnPlan):
        shared = merge(graph.vote.members)
        return {**_scoring(shared, plan.engine), "vote": Ballot(graph.vote, shared.types()[-1])}
    members = [Chain(stages(member, own)) for member, own in zip(graph.vote.members, plan.members, strict=True)]
    return {"vote": SideBySide(graph.vote, members)}
