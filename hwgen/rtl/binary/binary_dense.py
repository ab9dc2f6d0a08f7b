"""Class scores of a binary vector: exclusive-or, count, add."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.chips.family import GENERIC, Family
from hwgen.errors import HwgenError
from hwgen.graph.hypervector import BinaryDense
from hwgen.graph.tensor import TensorType
from hwgen.rtl.binary.popcount import Popcount
from hwgen.rtl.pipeline import register
from hwgen.rtl.streams import vector_stream


class FoldedBinaryDense(wiring.Component):
    """Equals the golden function of `BinaryDense`: one class a cycle, for each piece of the vector.

    A piece of `lanes` values meets its part of every class's weights in turn; the places that differ are counted and
    taken off the class's score twice. The scores stand in a ring that turns once a piece.

    Initiation interval ``classes`` cycles a piece; latency ``classes + 2`` and the popcount's from the last piece.
    Costs a `Popcount` of `lanes` bits, the scores in registers, and a memory of ``classes x channels`` bits.

    Args:
        lanes: values of a piece, a divisor of the channels.
        family: of the part whose cells the popcount is made of.

    Ports:
        vectors: `vector_stream` of `lanes` bits, the pieces of a vector marked first and last.
        scores: `vector_stream` of the class scores.

    Raises:
        HwgenError: on another number of lanes.
    """

    LEVELS_PER_STAGE = 2

    def __init__(self, node: BinaryDense, *, lanes: int, family: Family = GENERIC) -> None:
        if lanes < 1 or node.channels % lanes:
            raise HwgenError(f"lanes: {lanes} must divide the {node.channels} channels")
        self.node, self.lanes = node, lanes
        self.pieces = node.channels // lanes
        self.source = TensorType.binary(lanes)
        self.kind = node.output_type(self.source)
        self.popcount = Popcount(lanes, family, levels_per_stage=self.LEVELS_PER_STAGE)
        super().__init__({"vectors": In(vector_stream(self.source)), "scores": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.popcount = popcount = self.popcount
        classes = self.node.classes
        shape = signed(self.kind.width + (not self.kind.signed))
        row = data.StructLayout({"weights": self.lanes, "base": shape})
        m.submodules.rows = rows = Memory(shape=row, depth=self.pieces * classes, init=self._rows())
        read = rows.read_port()
        advance, going = Signal(), Signal()
        piece = Signal(self.lanes, reset_less=True)
        last, label = Signal(), Signal(range(classes))
        place = Signal(range(self.pieces * classes))
        ends = Signal()  # the last class of a piece is being read
        m.d.comb += [
            ends.eq(label == classes - 1),
            advance.eq(~(self.scores.valid & ~self.scores.ready)),
            self.vectors.ready.eq(advance & (~going | ends)),
            read.addr.eq(place),
            read.en.eq(advance),
            popcount.enable.eq(advance),
            self.scores.payload.first.eq(1),
            self.scores.payload.last.eq(1),
        ]
        with m.If(advance & going):
            m.d.sync += [label.eq(Mux(ends, 0, label + 1)), place.eq(place + 1)]
            with m.If(ends):
                m.d.sync += going.eq(0)
                with m.If(last):
                    m.d.sync += place.eq(0)
        with m.If(self.vectors.valid & self.vectors.ready):
            m.d.sync += [
                going.eq(1),
                piece.eq(self.vectors.payload.values.as_value()),
                last.eq(self.vectors.payload.last),
            ]

        # What belongs to a row travels beside its popcount.
        later = partial(register, m, advance)
        finishing = Signal()
        m.d.comb += finishing.eq(going & last & ends)
        beginning = Signal()
        m.d.comb += beginning.eq(place < classes)
        valid, done, fresh = (
            later(going, "valid_0", reset=True),
            later(finishing, "done_0"),
            later(beginning, "fresh_0"),
        )
        vector = later(piece, "piece_0")
        base = Signal(shape)
        m.d.comb += [base.eq(read.data.base), popcount.bits.eq(read.data.weights ^ vector)]
        for stage in range(1, popcount.latency + 1):
            valid = later(valid, f"valid_{stage}", reset=True)
            done, fresh = later(done, f"done_{stage}"), later(fresh, f"fresh_{stage}")
            base = later(base, f"base_{stage}")

        ring = [Signal(shape, name=f"score_{number}", reset_less=True) for number in range(classes)]
        with m.If(advance):
            m.d.sync += self.scores.valid.eq(valid & done)
            with m.If(valid):
                for score, following in pairwise(ring):
                    m.d.sync += score.eq(following)
                m.d.sync += ring[-1].eq(Mux(fresh, base, ring[0]) - (popcount.count << 1))
        for number, score in enumerate(ring):
            m.d.comb += self.scores.payload.values[number].eq(score)
        return m

    def _rows(self) -> list[dict[str, int]]:
        """Piece by piece, class by class; a score begins with the bias and full agreement."""
        weights = self.node.weights.reshape(self.node.classes, self.pieces, self.lanes)
        base = self.node.bias + self.node.channels
        return [
            {
                "weights": sum(bit << place for place, bit in enumerate(weights[label, piece].tolist())),
                "base": int(base[label]) if piece == 0 else 0,
            }
            for piece in range(self.pieces)
            for label in range(self.node.classes)
        ]
