"""Tokens to vectors: the embedding table in block RAM."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import C, Cat, Module, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.graph.nodes import Embedding
from hwgen.rtl.pipeline import Pipeline
from hwgen.rtl.streams import token_stream, vector_stream


def row_bits(node: Embedding) -> int:
    """Bits that a row is stored in."""
    return node.rank * _value_bits(node)


def packed_rows(node: Embedding) -> list[int]:
    """Every row as it is stored: values in two's complement, the first one lowest; of one bit, its sign alone."""
    width = _value_bits(node)
    stored = node.table < 0 if node.bits == 1 else node.table & ((1 << width) - 1)
    packed: list[int] = (stored.astype(object) << (width * np.arange(node.rank, dtype=object))).sum(axis=1).tolist()
    return packed


def unpacked(row: Value, node: Embedding) -> Value:
    """A stored row as the values of a `vector_stream`."""
    if node.bits > 1:
        return row
    return Cat(Cat(C(1, 1), sign) for sign in row)  # +1 is 01 and -1 is 11


def _value_bits(node: Embedding) -> int:
    return 1 if node.bits == 1 else node.output_type().width


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
        shape = unsigned(row_bits(self.node))
        m.submodules.table = table = Memory(shape=shape, depth=self.node.vocabulary, init=packed_rows(self.node))
        port = table.read_port()
        row = unpacked(pipeline.register(port.data, "row"), self.node)
        m.d.comb += [
            port.addr.eq(self.tokens.payload.token),
            port.en.eq(pipeline.advance),
            self.vectors.payload.values.eq(row),
            self.vectors.payload.first.eq(pipeline.first[-1]),
            self.vectors.payload.last.eq(pipeline.last[-1]),
        ]
        return m
