"""Convolution, requantise and maximum on a few multiply-accumulate lanes."""

from __future__ import annotations

from itertools import pairwise

from amaranth.hdl import Array, Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hwgen.graph.nodes import Convolution, MaxOverTime, Requantise
from hwgen.graph.tensor import TensorType
from hwgen.rtl.mac_array import MacArray
from hwgen.rtl.requantise import clip
from hwgen.rtl.schedule import Lane, Schedule
from hwgen.rtl.streams import element_shape, vector_stream


class FoldedConvolution(wiring.Component):
    """Equals the golden functions of `Convolution`, `Requantise` and `MaxOverTime`, one after the other.

    The requantiser's offset is the constant every window begins with, so it costs nothing. Each lane emits its
    filters' sums in turn; they are shifted, clipped and compared with the head of a ring of running maxima, which
    after the last token is the lane's part of the result.

    Initiation interval ``schedule.period`` cycles per token (non-zero weights / lanes when well balanced), and
    `DRAIN` cycles per sentence. Latency from the last token: ``period + DRAIN``. Costs a `MacArray`, and per lane a
    shifter, a comparator and ``filters x bits`` flip-flops.

    Ports:
        vectors: `vector_stream` of `source`, one vector per token.
        maxima: `vector_stream` of the activations, one vector per sentence.
    """

    DRAIN = MacArray.LATENCY + 2

    def __init__(
        self, convolution: Convolution, requantise: Requantise, pooling: MaxOverTime, source: TensorType, *, lanes: int
    ) -> None:
        self.requantise, self.source = requantise, source
        sums = convolution.output_type(source)
        self.kind = pooling.output_type(requantise.output_type(sums))
        self.schedule = Schedule.of([weights for kernel in convolution.kernels for weights in kernel], lanes)
        self.interval = self.schedule.period
        self.array = MacArray(self.schedule, requantise.offset, source, sums)
        super().__init__({"vectors": In(vector_stream(source)), "maxima": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.array = array = self.array
        # A sentence's maxima live in the rings until they are taken: the next one may enter only then.
        occupied = Signal()
        enter = Signal()
        m.d.comb += [
            enter.eq(~(occupied & self.vectors.payload.first)),
            array.vectors.payload.eq(self.vectors.payload),
            array.vectors.valid.eq(self.vectors.valid & enter),
            self.vectors.ready.eq(array.vectors.ready & enter),
            self.maxima.payload.first.eq(1),
            self.maxima.payload.last.eq(1),
        ]
        with m.If(self.maxima.valid & self.maxima.ready):
            m.d.sync += [occupied.eq(0), self.maxima.valid.eq(0)]
        with m.If(self.vectors.valid & self.vectors.ready & self.vectors.payload.last):
            m.d.sync += occupied.eq(1)

        first, finished = Signal(), Signal()
        m.d.sync += [first.eq(array.first), finished.eq(array.done & array.last)]
        with m.If(finished):
            m.d.sync += self.maxima.valid.eq(1)
        for number, lane in enumerate(self.schedule.lanes):
            self._add_ring(m, number, lane, first)
        return m

    def _add_ring(self, m: Module, number: int, lane: Lane, first: Signal) -> None:
        emit = self.array.emit[number]
        shifts = self.requantise.shift[list(lane.filters)].tolist()
        sum_, clipped = self.array.sums[number], Signal(self.requantise.bits, name=f"clipped_{number}", reset_less=True)
        choices = sorted(set(shifts))
        results = Array(
            clip(sum_ >> shift if shift >= 0 else sum_ << -shift, self.requantise.bits) for shift in choices
        )
        if len(choices) == 1:
            chosen = results[0]
        else:
            place = Signal(range(len(shifts)), name=f"filter_{number}")
            with m.If(emit):
                m.d.sync += place.eq(Mux(place == len(shifts) - 1, 0, place + 1))
            select = Array(Const(choices.index(shift), bits_for(len(choices) - 1)) for shift in shifts)[place]
            chosen = results[select]
        compare = Signal(name=f"compare_{number}")
        m.d.sync += [clipped.eq(chosen), compare.eq(emit)]

        ring = [
            Signal(element_shape(self.kind), name=f"maximum_{filter_index}", reset_less=True)
            for filter_index in lane.filters
        ]
        with m.If(compare):
            for place_, following in pairwise(ring):
                m.d.sync += place_.eq(following)
            m.d.sync += ring[-1].eq(Mux(~first & (ring[0] > clipped), ring[0], clipped))
        for filter_index, value in zip(lane.filters, ring, strict=True):
            m.d.comb += self.maxima.payload.values[filter_index].eq(value)
