"""The components of a graph's circuit, in order."""

from __future__ import annotations

from functools import singledispatch

from amaranth.lib import wiring

from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.rtl.argmax import Argmax
from hwgen.rtl.binary_convolution import BinaryConvolution
from hwgen.rtl.binary_dense import FoldedBinaryDense
from hwgen.rtl.chain import Chain, Stages
from hwgen.rtl.embedding import EmbeddingRom
from hwgen.rtl.folded_argmax import FoldedArgmax
from hwgen.rtl.folded_convolution import FoldedConvolution
from hwgen.rtl.folded_dense import FoldedDense
from hwgen.rtl.hypervector_encoder import HypervectorEncoder
from hwgen.rtl.max_over_time import RunningMaximum
from hwgen.rtl.patch_convolution import PatchConvolver
from hwgen.rtl.plan import AnyPlan, Counting, EnsemblePlan, Folded, HypervectorPlan, Plan, Spatial
from hwgen.rtl.requantise import Requantiser
from hwgen.rtl.side_by_side import SideBySide
from hwgen.rtl.spatial_convolution import SpatialConvolution
from hwgen.rtl.spatial_dense import SpatialDense

TREE_CLASSES = 8
"""So many classes, or fewer, are compared by a tree behind folded lanes, too: it is small then, and faster."""


@singledispatch
def stages(graph: Graph, plan: AnyPlan) -> Stages:
    """The components from tokens to results, by the names of their nodes; each has one stream in and one out."""
    raise TypeError(f"no circuit for {type(graph).__name__}")


@stages.register
def _(graph: ConvolutionGraph, plan: Plan) -> Stages:
    embedded, summed, activated, pooled, scored = graph.types()
    made: dict[str, wiring.Component] = {"embedding": EmbeddingRom(graph.embedding)}
    match plan.convolution:
        case Spatial(adders_per_stage):
            made["convolution"] = SpatialConvolution(graph.convolution, embedded, adders_per_stage=adders_per_stage)
            made["requantise"] = Requantiser(graph.requantise, summed)
            made["max_over_time"] = RunningMaximum(graph.pooling, activated)
        case Folded(lanes):
            made["convolution"] = FoldedConvolution(
                graph.convolution, graph.requantise, graph.pooling, embedded, lanes=lanes
            )
        case Counting(lanes, family):
            made["convolution"] = BinaryConvolution(
                graph.convolution,
                graph.requantise,
                graph.pooling,
                embedded,
                signs=graph.embedding.bits == 1,
                lanes=lanes,
                family=family,
            )
    match plan.dense:
        case Spatial(adders_per_stage):
            made["dense"] = SpatialDense(graph.dense, pooled, adders_per_stage=adders_per_stage)
        case Folded(lanes):
            made["dense"] = FoldedDense(graph.dense, pooled, lanes=lanes)
    folded = isinstance(plan.dense, Folded) and graph.classes > TREE_CLASSES
    made["argmax"] = FoldedArgmax(scored) if folded else Argmax(scored)
    return made


@stages.register
def _(graph: HypervectorGraph, plan: HypervectorPlan) -> Stages:
    lanes = plan.lanes or graph.hypervector.dimension
    scored = graph.types()[-1]
    made: dict[str, wiring.Component] = {"hypervector": HypervectorEncoder(graph.hypervector, lanes=lanes)}
    if graph.convolution is not None:
        made["patch_convolution"] = PatchConvolver(graph.convolution, lanes=lanes, family=plan.family)
        lanes = graph.convolution.features(lanes)
    made["binary_dense"] = FoldedBinaryDense(graph.dense, lanes=lanes, family=plan.family)
    made["argmax"] = FoldedArgmax(scored) if graph.classes > TREE_CLASSES else Argmax(scored)
    return made


@stages.register
def _(graph: EnsembleGraph, plan: EnsemblePlan) -> Stages:
    members = [Chain(stages(member, own)) for member, own in zip(graph.vote.members, plan.members, strict=True)]
    return {"vote": SideBySide(graph.vote, members), "argmax": Argmax(graph.types()[-1])}


def cycles_per_token(made: Stages) -> int:
    """Of the slowest stage, in long sentences."""
    slowest = 1
    for stage in made.values():
        if isinstance(stage, FoldedConvolution):
            slowest = max(slowest, stage.schedule.period)
        elif isinstance(stage, BinaryConvolution):
            slowest = max(slowest, stage.rows)
        elif isinstance(stage, HypervectorEncoder):
            slowest = max(slowest, stage.passes)
        elif isinstance(stage, SideBySide):
            slowest = max(slowest, *(cycles_per_token(member.stages) for member in stage.members))
    return slowest
