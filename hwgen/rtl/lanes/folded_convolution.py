"""Convolution, requantise and maximum on a few multiply-accumulate lanes."""

from __future__ import annotations

from itertools import pairwise

from amaranth.hdl import Array, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hwgen.chips.family import GENERIC, Family
from hwgen.graph.nodes import Convolution, MaxOverTime, Requantise
from hwgen.graph.tensor import TensorType
from hwgen.rtl.lanes.mac_array import MacArray
from hwgen.rtl.lanes.schedule import Schedule, Unit
from hwgen.rtl.requantise import clip
from hwgen.rtl.streams import element_shape, vector_stream

_COPY_TO = 16
"""Cycles per token up to which a sentence's maxima are copied, so that the next sentence need not wait."""


class FoldedConvolution(wiring.Component):
    """Equals the golden functions of `Convolution`, `Requantise` and `MaxOverTime`, one after the other.

    The requantiser's offset is the constant every sum begins with, so it costs nothing. Each unit emits its
    filters' sums in turn; they are shifted, clipped and compared with the head of a ring of running maxima, which
    after the last token is the unit's part of the result.

    Initiation interval ``schedule.period`` cycles per token, that is non-zero weights / lanes. Latency from the last
    token: ``period + drain``; so long the next sentence waits, but for short periods, where only its last token does.
    Costs a `MacArray`, and per unit a shifter, a comparator and ``filters x bits`` flip-flops.

    Ports:
        vectors: `vector_stream` of `source`, one vector per token.
        maxima: `vector_stream` of the activations, one vector per sentence.
    """

    def __init__(
        self,
        convolution: Convolution,
        requantise: Requantise,
        pooling: MaxOverTime,
        source: TensorType,
        *,
        lanes: int,
        family: Family = GENERIC,
        multipliers: int = 0,
        memories: bool = True,
    ) -> None:
        """`multipliers`: how many of the part's own may be used; `memories`: whether operands may lie in block RAMs."""
        self.node, self.requantise, self.source = convolution, requantise, source
        sums = convolution.output_type(source)
        self.kind = pooling.output_type(requantise.output_type(sums))
        filters = [weights for kernel in convolution.kernels for weights in kernel]
        self.schedule = Schedule.of(filters, lanes, requantise.shift.tolist())  # so that units need no shifter
        self.interval = self.schedule.period
        self.array = MacArray(
            self.schedule, requantise.offset, source, sums, family=family, multipliers=multipliers, memories=memories
        )
        self.copied = self.interval <= _COPY_TO
        self.drain = self.array.latency + 2 + self.copied
        super().__init__({"vectors": In(vector_stream(source)), "maxima": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.array = array = self.array
        # A sentence's maxima live in the rings until they are taken, and the next one may enter only then; where they
        # are copied, it is the copy that must be free before the next one ends.
        occupied = Signal()
        enter = Signal()
        marks = self.vectors.payload
        m.d.comb += [
            enter.eq(~(occupied & (marks.last if self.copied else marks.first))),
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

        # Filters without a weight have the same sum for every token.
        values = self.requantise.apply(self.requantise.bias * 0).tolist()
        maxima: list[Value] = [Const(value, element_shape(self.kind)) for value in values]
        for number, unit in enumerate(self.schedule.units):
            ring = self._ring(m, number, unit)
            if self.copied:
                # At once: a unit with a short way may meet the next sentence while others have not met this one's end.
                ring = self._copy(m, number, unit, ring)
            for filter_index, value in zip(unit.filters, ring, strict=True):
                maxima[filter_index] = value
        for filter_index, value in enumerate(maxima):
            m.d.comb += self.maxima.payload.values[filter_index].eq(value)
        finished: Value = array.done & array.last
        for stage in range(2 if self.copied else 1):
            later = Signal(name=f"finished_{stage + 1}")
            m.d.sync += later.eq(finished)
            finished = later
        with m.If(finished):
            m.d.sync += self.maxima.valid.eq(1)
        return m

    def _copy(self, m: Module, number: int, unit: Unit, ring: list[Signal]) -> list[Signal]:
        copies = [
            Signal(element_shape(self.kind), name=f"copy_{filter_index}", reset_less=True)
            for filter_index in unit.filters
        ]
        compared, complete = Signal(name=f"last_compared_{number}"), Signal(name=f"complete_{number}")
        m.d.sync += [compared.eq(self.array.finished[number]), complete.eq(compared)]
        with m.If(complete):
            for copy, value in zip(copies, ring, strict=True):
                m.d.sync += copy.eq(value)
        return copies

    def _ring(self, m: Module, number: int, unit: Unit) -> list[Signal]:
        """The running maxima of a unit's filters."""
        emit = self.array.emit[number]
        shifts = self.requantise.shift[list(unit.filters)].tolist()
        sum_ = self.array.sums[number][: self.array.widths[number]].as_signed()
        clipped = Signal(self.requantise.bits, name=f"clipped_{number}", reset_less=True)
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
        compare, first = Signal(name=f"compare_{number}"), Signal(name=f"first_{number}")
        m.d.sync += [clipped.eq(chosen), compare.eq(emit), first.eq(self.array.first[number])]

        ring = [
            Signal(element_shape(self.kind), name=f"maximum_{filter_index}", reset_less=True)
            for filter_index in unit.filters
        ]
        with m.If(compare):
            for place_, following in pairwise(ring):
                m.d.sync += place_.eq(following)
            m.d.sync += ring[-1].eq(Mux(~first & (ring[0] > clipped), ring[0], clipped))
        return ring
