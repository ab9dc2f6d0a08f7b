"""Tokens to vectors: the embedding table in block RAM."""

from __future__ import annotations

from amaranth.hdl import C, Cat, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.graph.nodes import Embedding
from hwgen.rtl.packing import Packing, whole
from hwgen.rtl.pipeline import Pipeline
from hwgen.rtl.rom import PackedRom
from hwgen.rtl.streams import token_stream, vector_stream


class EmbeddingRom(wiring.Component):
    """Equals the golden function of `Embedding`: one table row per token.

    Latency 2 cycles (block RAM, then a register), initiation interval 1. Costs a `PackedRom` and ``rank x bits``
    flip-flops. A token outside the vocabulary reads a row of another token or zeros.

    Ports:
        tokens: `token_stream`.
        vectors: `vector_stream` of the table's type.
    """

    LATENCY = 2

    def __init__(self, node: Embedding, packing: Packing | None = None) -> None:
        """
        Args:
            packing: of as many rows as tokens and `row_bits` columns; None leaves the cut to synthesis.
        """
        self.node = node
        self.kind = node.output_type()
        self.packing = packing
        super().__init__({"tokens": In(token_stream(node.vocabulary)), "vectors": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pipeline = Pipeline(m, self.tokens, self.vectors, self.LATENCY)
        node = self.node
        packing = self.packing or whole(node.vocabulary, row_bits(node))
        m.submodules.table = table = PackedRom(packing, row_bits(node), rows(node))
        row: Value = pipeline.register(table.data, "row")
        if node.bits == 1:
            row = Cat(Cat(C(1, 1), sign) for sign in row)  # +1 is 01 and -1 is 11
        m.d.comb += [
            table.address.eq(self.tokens.payload.token),
            table.enable.eq(pipeline.advance),
            self.vectors.payload.values.eq(row),
            self.vectors.payload.first.eq(pipeline.first[-1]),
            self.vectors.payload.last.eq(pipeline.last[-1]),
        ]
        return m


def row_bits(node: Embedding) -> int:
    """Bits stored for a token."""
    return node.rank * _value_bits(node)


def rows(node: Embedding) -> list[int]:
    """What is stored for each token: its values, the first one lowest; of single bits the sign."""
    bits = _value_bits(node)
    values = node.table < 0 if node.bits == 1 else node.table & (1 << bits) - 1
    return [sum(int(value) << place * bits for place, value in enumerate(row)) for row in values]


def _value_bits(node: Embedding) -> int:
    return 1 if node.bits == 1 else node.output_type().width
