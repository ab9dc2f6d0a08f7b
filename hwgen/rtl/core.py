"""The classifier: tokens in, classes and scores out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.errors import HwgenError
from hwgen.graph.graph import Graph
from hwgen.rtl.admission import Admission
from hwgen.rtl.argmax import Argmax
from hwgen.rtl.embedding import EmbeddingRom
from hwgen.rtl.folded_argmax import FoldedArgmax
from hwgen.rtl.folded_convolution import FoldedConvolution
from hwgen.rtl.folded_dense import FoldedDense
from hwgen.rtl.max_over_time import RunningMaximum
from hwgen.rtl.requantise import Requantiser
from hwgen.rtl.spatial_convolution import SpatialConvolution
from hwgen.rtl.spatial_dense import SpatialDense
from hwgen.rtl.streams import result_stream, token_stream

RESULT_BUFFER_DEPTH = 32
"""Sentences in flight in a spatial core: more than its latency in cycles, so one-token sentences keep its pace."""

TREE_CLASSES = 8
"""So many classes, or fewer, are compared by a tree behind folded lanes, too: it is small then, and faster."""


@dataclass(frozen=True)
class Spatial:
    """Weights as wires, one token per clock.

    Attributes:
        adders_per_stage: adders between two registers; fewer is faster and takes more flip-flops.
    """

    adders_per_stage: int = 1

    def __post_init__(self) -> None:
        if self.adders_per_stage < 1:
            raise HwgenError(f"adders_per_stage: {self.adders_per_stage} is less than 1")


@dataclass(frozen=True)
class Folded:
    """Multiply-accumulate lanes that read their weights from a ROM.

    Attributes:
        lanes: at most one per filter (or class, for a dense layer).
    """

    lanes: int = 1

    def __post_init__(self) -> None:
        if self.lanes < 1:
            raise HwgenError(f"lanes: {self.lanes} is less than 1")


@dataclass(frozen=True)
class Plan:
    """Which engine serves which layer."""

    convolution: Spatial | Folded
    dense: Spatial | Folded

    @classmethod
    def spatial(cls, adders_per_stage: int = 1) -> Plan:
        return cls(Spatial(adders_per_stage), Spatial(adders_per_stage))

    @classmethod
    def folded(cls, lanes: int, dense_lanes: int = 1) -> Plan:
        return cls(Folded(lanes), Folded(dense_lanes))

    @property
    def name(self) -> str:
        """`spatial`, `folded xP`, or both where the layers differ."""
        names = [
            "spatial" if isinstance(engine, Spatial) else f"folded x{engine.lanes}"
            for engine in (self.convolution, self.dense)
        ]
        kinds = {name.split()[0] for name in names}
        return names[0] if len(kinds) == 1 else f"{names[0]}, dense {names[1]}"


class Core(wiring.Component):
    """The circuit of a `Graph`, equal to its golden scores for every sequence of sentences.

    With both layers spatial, one token enters per clock, and every sentence's result has its place in a buffer before
    the sentence is let in, so nothing inside ever stalls. With folded layers, tokens wait for the lanes. Latency and
    cost are the sums of the parts'.

    Attributes:
        stages: the components from tokens to results, in order.

    Ports:
        tokens: `token_stream`; an empty sentence is one `PADDING_TOKEN` marked first and last.
        results: `result_stream`, in the order of the sentences.
    """

    def __init__(self, graph: Graph, plan: Plan) -> None:
        self.graph, self.plan = graph, plan
        embedded, summed, activated, pooled, scored = graph.types()
        self.stages: dict[str, wiring.Component] = {"embedding": EmbeddingRom(graph.embedding)}
        match plan.convolution:
            case Spatial(adders_per_stage):
                self.stages["convolution"] = SpatialConvolution(
                    graph.convolution, embedded, adders_per_stage=adders_per_stage
                )
                self.stages["requantise"] = Requantiser(graph.requantise, summed)
                self.stages["max_over_time"] = RunningMaximum(graph.pooling, activated)
            case Folded(lanes):
                self.stages["convolution"] = FoldedConvolution(
                    graph.convolution, graph.requantise, graph.pooling, embedded, lanes=lanes
                )
        match plan.dense:
            case Spatial(adders_per_stage):
                self.stages["dense"] = SpatialDense(graph.dense, pooled, adders_per_stage=adders_per_stage)
            case Folded(lanes):
                self.stages["dense"] = FoldedDense(graph.dense, pooled, lanes=lanes)
        folded = isinstance(plan.dense, Folded) and graph.classes > TREE_CLASSES
        self.stages["argmax"] = FoldedArgmax(scored) if folded else Argmax(scored)
        self.scores = scored
        super().__init__({"tokens": In(token_stream(graph.vocabulary)), "results": Out(result_stream(scored))})

    @property
    def never_stalls(self) -> bool:
        """One token per clock, whatever the sentences' lengths and the reader's pace."""
        return isinstance(self.plan.convolution, Spatial) and isinstance(self.plan.dense, Spatial)

    @property
    def tokens_per_cycle(self) -> float:
        """Steady throughput; the reciprocal of the convolution's initiation interval."""
        convolution = self.stages["convolution"]
        return 1 / convolution.schedule.period if isinstance(convolution, FoldedConvolution) else 1.0

    def elaborate(self, platform: object) -> Module:
        m = Module()
        components = list(self.stages.values())
        for name, component in self.stages.items():
            m.submodules[name] = component
        streams = [streams_of(component) for component in components]
        for (_, produced), (consumed, _) in pairwise(streams):
            connect(m, produced, consumed)
        entry, exit_ = streams[0][0], streams[-1][1]
        if self.never_stalls:
            depth = RESULT_BUFFER_DEPTH
            m.submodules.admission = admission = Admission(self.graph.vocabulary, self.scores, depth=depth)
            connect(m, flipped(self.tokens), admission.tokens)
            connect(m, admission.admitted, entry)
            connect(m, exit_, admission.finished)
            connect(m, admission.results, flipped(self.results))
        else:
            connect(m, flipped(self.tokens), entry)
            connect(m, exit_, flipped(self.results))
        return m


def streams_of(component: wiring.Component) -> tuple[wiring.PureInterface, wiring.PureInterface]:
    """A stage's one input stream and one output stream."""
    members = component.signature.members
    (source,) = (getattr(component, name) for name, member in members.items() if member.flow == In)
    (sink,) = (getattr(component, name) for name, member in members.items() if member.flow == Out)
    return source, sink
