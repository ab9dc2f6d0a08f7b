"""The classifier: tokens in, classes and scores out."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.graph.graph import Graph
from hwgen.rtl.admission import Admission
from hwgen.rtl.chain import connect_stages, interval_of
from hwgen.rtl.plan import AnyPlan
from hwgen.rtl.stages import stages
from hwgen.rtl.streams import result_stream, token_stream
from hwgen.rtl.table.embedding import EmbeddingReader
from hwgen.rtl.table.spram_embedding import SpramEmbedding

RESULT_BUFFER_DEPTH = 32
"""Sentences in flight in a spatial core: more than its latency in cycles, so one-token sentences keep its pace."""


class Core(wiring.Component):
    """The circuit of a `Graph`, equal to its golden scores for every sequence of sentences.

    With both layers spatial, one token enters per clock (in SPRAM, per row of the table), and every sentence's result
    has its place in a buffer before the sentence is let in, so nothing behind the table ever stalls. With folded
    layers, tokens wait for the lanes. Latency and cost are the sums of the parts'.

    Attributes:
        stages: the components from tokens to results, in order.

    Ports:
        tokens: `token_stream`; an empty sentence is one `PADDING_TOKEN` marked first and last.
        results: `result_stream`, in the order of the sentences.
        table: with `stored`, `TABLE`; with a table outside, the `rom_port` that reads it; otherwise there is none.
    """

    def __init__(self, graph: Graph, plan: AnyPlan) -> None:
        self.graph, self.plan = graph, plan
        self.stages = stages(graph, plan)
        self.scores = graph.types()[-1]
        ports = {"tokens": In(token_stream(graph.vocabulary)), "results": Out(result_stream(self.scores))}
        reader = self._reader
        super().__init__(ports | {"table": reader.signature.members["table"]} if reader else ports)

    @property
    def stored(self) -> SpramEmbedding | None:
        """The embedding whose table must be filled before tokens are taken; None where it comes with the circuit."""
        embedding = self.stages.get("embedding")
        return embedding if isinstance(embedding, SpramEmbedding) else None

    @property
    def _reader(self) -> SpramEmbedding | EmbeddingReader | None:
        """The embedding whose table is filled, or read, from outside."""
        embedding = self.stages.get("embedding")
        return embedding if isinstance(embedding, SpramEmbedding | EmbeddingReader) else None

    @property
    def tokens_per_cycle(self) -> float:
        """Steady throughput in long sentences."""
        return 1 / interval_of(self.stages)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        entry, exit_ = connect_stages(m, self.stages)
        if reader := self._reader:
            connect(m, flipped(self.table), reader.table)
        if self.plan.never_stalls:
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
