"""Tokens to vectors: the embedding table in SPRAM, filled at boot."""

from __future__ import annotations

from amaranth.hdl import Array, C, Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.graph.nodes import Embedding
from hwgen.rtl.streams import token_stream, vector_stream
from hwgen.rtl.table.embedding import row_bits, unpacked
from hwgen.rtl.table.spram import ROWS, WORD, Spram, SpramLayout

TABLE = wiring.Signature(
    {"words": Out(stream.Signature(WORD)), "restart": Out(1), "open": Out(1)},
)
"""What fills a table: its words in order, row after row; `restart`: the next word is the table's first; `open`: tokens
may pass. Words come only while it is closed."""


class SpramEmbedding(wiring.Component):
    """Equals the golden function of `Embedding` once its table is filled, and holds tokens back until then.

    Latency and initiation interval `interval` cycles: a row is read in one or more pieces. Costs up to four SPRAMs, a
    flip-flop for each bit but those of the last piece, and two counters for filling: 54 LUTs, 72 flip-flops and three
    SPRAMs on iCE40 for 8,192 rows of 80 bits.

    Ports:
        tokens: `token_stream`.
        vectors: `vector_stream` of the table's type.
        table: `TABLE`.
    """

    def __init__(self, node: Embedding) -> None:
        """
        Raises:
            HwgenError: when the table does not fit.
        """
        self.node = node
        self.kind = node.output_type()
        self.layout = SpramLayout.of(node.vocabulary, row_bits(node))
        self.interval = self.layout.reads
        super().__init__(
            {
                "tokens": In(token_stream(node.vocabulary)),
                "vectors": Out(vector_stream(self.kind)),
                "table": In(TABLE),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layout, reads, wide = self.layout, self.layout.reads, self.layout.wide
        tokens, vectors = self.tokens, self.vectors
        m.submodules.memory = memory = Spram(wide, layout.deep, min(reads * layout.rows, ROWS))
        starts = Array(C(piece * layout.rows, memory.address.shape()) for piece in range(reads))

        # A token is taken with the last read of its row. What that brings stays in the memory's output until the next
        # read; what came before it is kept here.
        piece, read, at_end = Signal(range(reads)), Signal(), Signal()
        advance = ~vectors.valid | vectors.ready
        m.d.comb += [
            at_end.eq(piece == reads - 1),
            read.eq(self.table.open & tokens.valid & advance),
            tokens.ready.eq(self.table.open & advance & at_end),
        ]
        with m.If(read):
            m.d.sync += [
                piece.eq(Mux(at_end, 0, piece + 1)),
                Cat(vectors.payload.first, vectors.payload.last).eq(Cat(tokens.payload.first, tokens.payload.last)),
            ]
        with m.If(advance):
            m.d.sync += vectors.valid.eq(read & at_end)
        earlier = [Signal(wide * WORD, name=f"piece_{number}", reset_less=True) for number in range(reads - 1)]
        for number, kept in enumerate(earlier):
            with m.If(read & (piece == number + 1)):
                m.d.sync += kept.eq(memory.data)
        stored = Cat(*earlier, memory.data)[: row_bits(self.node)]
        m.d.comb += vectors.payload.values.eq(unpacked(stored, self.node))

        # Filling: words of a row in turn.
        to_row, to_word = Signal(range(layout.rows)), Signal(range(layout.words))
        place = Array(C(word // wide, piece.shape()) for word in range(layout.words))[to_word]
        column = Array(C(1 << word % wide, wide) for word in range(layout.words))[to_word]
        with m.If(self.table.restart):
            m.d.sync += [to_row.eq(0), to_word.eq(0)]
        with m.Elif(self.table.words.valid):
            m.d.sync += to_word.eq(to_word + 1)
            with m.If(to_word == layout.words - 1):
                m.d.sync += [to_word.eq(0), to_row.eq(to_row + 1)]
        m.d.comb += [
            self.table.words.ready.eq(1),
            memory.word.eq(self.table.words.payload),
            memory.write.eq(Mux(self.table.words.valid, column, 0)),
            memory.read.eq(read),
            memory.address.eq(
                Mux(self.table.open, tokens.payload.token, to_row) + starts[Mux(self.table.open, piece, place)]
            ),
        ]
        return m
