"""Tokens to vectors: the embedding table in block RAM."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import C, Cat, Module, ShapeLike, Value
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
        rank = self.node.rank
        if self.node.bits == 1:  # the sign is all there is to store
            shape: ShapeLike = rank
            init = ((self.node.table < 0) @ (1 << np.arange(rank, dtype=object))).tolist()
        else:
            shape, init = data.ArrayLayout(element_shape(self.kind), rank), self.node.table.tolist()
        m.submodules.table = table = Memory(shape=shape, depth=self.node.vocabulary, init=init)
        port = table.read_port()
        row = pipeline.register(Value.cast(port.data), "row")
        if self.node.bits == 1:
            row = Cat(Cat(C(1, 1), sign) for sign in row)  # +1 is 01 and -1 is 11
        m.d.comb += [
            port.addr.eq(self.tokens.payload.token),
            port.en.eq(pipeline.advance),
            self.vectors.payload.values.eq(row),
            self.vectors.payload.first.eq(pipeline.first[-1]),
            self.vectors.payload.last.eq(pipeline.last[-1]),
        ]
        return m
