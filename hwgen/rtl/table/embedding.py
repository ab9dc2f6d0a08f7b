"""Tokens to vectors: the embedding table in block RAM."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import C, Cat, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.chips.family import GENERIC, Family
from hwgen.graph.nodes import Embedding
from hwgen.rtl.pipeline import Pipeline
from hwgen.rtl.streams import token_stream, vector_stream
from hwgen.rtl.table.packing import Packing, whole
from hwgen.rtl.table.rom import ROM_LATENCY, PackedRom, rom_port


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


class EmbeddingReader(wiring.Component):
    """Equals the golden function of `Embedding`, with the table outside: one row per token.

    Latency `ROM_LATENCY` cycles and `registers`, initiation interval 1. Costs ``registers x rank x bits`` flip-flops. A
    token outside the vocabulary reads a row of another token or zeros.

    Ports:
        tokens: `token_stream`.
        vectors: `vector_stream` of the table's type.
        table: `rom_port` of `packed_rows`.
    """

    def __init__(self, node: Embedding, *, registers: int = 0) -> None:
        """
        Args:
            registers: between the table and `vectors`, for a table whose own stands at a fixed place.
        """
        self.node = node
        self.latency = ROM_LATENCY + registers
        self.kind = node.output_type()
        super().__init__(
            {
                "tokens": In(token_stream(node.vocabulary)),
                "vectors": Out(vector_stream(self.kind)),
                "table": Out(rom_port(node.vocabulary, row_bits(node))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pipeline = Pipeline(m, self.tokens, self.vectors, self.latency)
        row: Value = self.table.data
        for stage in range(ROM_LATENCY, self.latency):
            row = pipeline.register(row, f"row_{stage}")
        m.d.comb += [
            self.table.address.eq(self.tokens.payload.token),
            self.table.enable.eq(pipeline.advance),
            self.vectors.payload.values.eq(unpacked(row, self.node)),
            self.vectors.payload.first.eq(pipeline.first[-1]),
            self.vectors.payload.last.eq(pipeline.last[-1]),
        ]
        return m


class EmbeddingRom(wiring.Component):
    """An `EmbeddingReader` with its table, in block RAM. Costs a `PackedRom` beside it.

    Ports:
        tokens, vectors: the reader's.
    """

    def __init__(
        self, node: Embedding, packing: Packing | None = None, *, family: Family = GENERIC, registers: int = 0
    ) -> None:
        """
        Args:
            packing: of as many rows as tokens and `row_bits` columns; None leaves the cut to synthesis.
            family: of the part.
            registers: between the table and `vectors`.
        """
        self.node, self.packing, self.family = node, packing, family
        self.reader = EmbeddingReader(node, registers=registers)
        self.latency = self.reader.latency
        self.kind = self.reader.kind
        members = self.reader.signature.members
        super().__init__({name: members[name] for name in ("tokens", "vectors")})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.reader = reader = self.reader
        m.submodules.table = table = embedding_table(self.node, self.packing, family=self.family)
        connect(m, flipped(self.tokens), reader.tokens)
        connect(m, reader.table, table.readers[0])
        connect(m, reader.vectors, flipped(self.vectors))
        return m


def embedding_table(
    node: Embedding, packing: Packing | None, *, readers: int = 1, family: Family = GENERIC
) -> PackedRom:
    """The table of a node, for so many readers; see `EmbeddingRom` for the rest."""
    width = row_bits(node)
    return PackedRom(packing or whole(node.vocabulary, width), width, packed_rows(node), readers=readers, family=family)
