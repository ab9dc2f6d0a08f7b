"""Tokens to vectors: the embedding table in block RAM."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.graph.nodes import Embedding
from hwgen.rtl.pipeline import Pipeline
from hwgen.rtl.streams import element_shape, token_stream, vector_stream


class EmbeddingRom(wiring.Component):
    """Equals the golden function of `Embedding`: one table row per token.

    Latency 2 cycles (block RAM, then a register), initiation interval 1. Costs ``vocabulary x rank x bits`` of block
    RAM and ``rank x bits`` flip-flops. A token outside the vocabulary reads a row of another token or zeros.

    Ports:
        tokens: `token_stream`.
        vectors: `vector_stream` of the table's type.
    """

    LATENCY = 2

    def __init__(self, node: Embedding) -> None:
        self.node = node
        self.kind = node.output_type()
        super().__init__({"tokens": In(token_stream(node.vocabulary)), "vectors": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pipeline = Pipeline(m, self.tokens, self.vectors, self.LATENCY)
        row = data.ArrayLayout(element_shape(self.kind), self.node.rank)
        m.submodules.table = table = Memory(shape=row, depth=self.node.vocabulary, init=self.node.table.tolist())
        port = table.read_port()
        m.d.comb += [
            port.addr.eq(self.tokens.payload.token),
            port.en.eq(pipeline.advance),
            self.vectors.payload.values.eq(pipeline.register(port.data.as_value(), "row")),
            self.vectors.payload.first.eq(pipeline.first[-1]),
            self.vectors.payload.last.eq(pipeline.last[-1]),
        ]
        return m
