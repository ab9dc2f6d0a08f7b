"""Tokens to vectors: the embedding table in SPRAM, filled at boot."""

from __future__ import annotations

from amaranth.hdl import Array, C, Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.graph.nodes import Embedding
from hwgen.rtl.embedding import row_bits, unpacked
from hwgen.rtl.spram import WORD, Spram, SpramLayout
from hwgen.rtl.streams import token_stream, vector_stream

TABLE = wiring.Signature(
    {"words": Out(stream.Signature(WORD, always_ready=True)), "restart": Out(1), "open": Out(1)},
)
"""What fills a table: its words in order, row after row; `restart`: the next word is the table's first; `open`: tokens
may pass. Words come only while it is closed."""


class SpramEmbedding(wiring.Component):
    """Equals the golden function of `Embedding` once its table is filled, and holds tokens back until then.

    Latency ``interval + 1`` cycles, initiation interval `interval`: a row is read in one or more pieces. Costs up to
    four SPRAMs, ``rank x bits`` flip-flops, and two counters for filling.

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
        m.submodules.memory = memory = Spram(wide, layout.deep)
        starts = Array(C(piece * layout.rows, memory.address.shape()) for piece in range(reads))

        # A token is taken with the last read of its row; all stages move together.
        piece, read = Signal(range(reads)), Signal()
        advance = ~vectors.valid | vectors.ready
        at_end = piece == reads - 1
        m.d.comb += [
            read.eq(self.table.open & tokens.valid & advance),
            tokens.ready.eq(self.table.open & advance & at_end),
        ]
        arriving, arrived = Signal(), Signal(range(reads))
        row = [Signal(wide * WORD, name=f"piece_{number}", reset_less=True) for number in range(reads)]
        marks = Signal(2, reset_less=True)
        with m.If(read):
            m.d.sync += piece.eq(Mux(at_end, 0, piece + 1))
        with m.If(advance):
            m.d.sync += [
                arriving.eq(read),
                arrived.eq(piece),
                marks.eq(Cat(tokens.payload.first, tokens.payload.last)),
                vectors.valid.eq(arriving & (arrived == reads - 1)),
                Cat(vectors.payload.first, vectors.payload.last).eq(marks),
            ]
            for number, part in enumerate(row):
                with m.If(arrived == number):
                    m.d.sync += part.eq(memory.data)
        stored = Cat(row)[: row_bits(self.node)]
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
            memory.word.eq(self.table.words.payload),
            memory.write.eq(Mux(self.table.words.valid, column, 0)),
            memory.read.eq(read),
            memory.address.eq(
                Mux(self.table.open, tokens.payload.token, to_row) + starts[Mux(self.table.open, piece, place)]
            ),
        ]
        return m
