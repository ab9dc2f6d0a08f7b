"""Multiply-accumulate lanes that read their work from a ROM."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hwgen.graph.tensor import Integers, TensorType, width_of
from hwgen.rtl.schedule import Entry, Lane, Schedule
from hwgen.rtl.streams import vector_stream


class MacArray(wiring.Component):
    """Runs a `Schedule` once per vector: constant matrices over a delay line of partial sums, P products a cycle.

    All lanes step together through one ROM, one row a cycle; a row holds a weight, a channel and four marks for each
    lane. A lane picks its channel of the held vector, multiplies, and accumulates; a tap that completes a window
    emits its sum, any other is stored in the lane's partial-sum memory, to be read when the next vector meets the
    following tap. On the `first` vector of a sentence every tap begins with the filter's constant.

    Initiation interval ``schedule.period`` cycles per vector, without a gap between vectors. The sum of entry i
    appears `LATENCY` cycles after row i leaves the ROM. Costs one row ROM, and per lane a channel multiplexer, a
    multiplier, an accumulator and, for windows wider than one, a small memory.

    Ports:
        vectors: `vector_stream` of `source`.
        sums: one signed accumulator per lane, meaningful while the lane's bit of `emit` is set.
        first, last: marks of the vector the sums belong to.
        done: the period of that vector ends in this cycle.
    """

    LATENCY = 3

    def __init__(self, schedule: Schedule, constants: Integers, source: TensorType, sums: TensorType) -> None:
        self.schedule, self.constants, self.source = schedule, constants, source
        # Wide enough for every stored or emitted sum; what lies between may wrap.
        low, high = np.minimum(sums.low, 0) + constants, np.maximum(sums.high, 0) + constants
        self.width = max(width_of(int(low.min()), int(high.max()))[0], width_of(-1, int(constants.max()))[0])
        lanes = len(schedule.lanes)
        super().__init__(
            {
                "vectors": In(vector_stream(source)),
                "sums": Out(data.ArrayLayout(signed(self.width), lanes)),
                "emit": Out(lanes),
                "first": Out(1),
                "last": Out(1),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        period = self.schedule.period
        weights = [entry.weight for lane in self.schedule.lanes for entry in lane.entries]
        layout = data.StructLayout(
            {
                "weight": signed(width_of(min([*weights, -1]), max(weights))[0]),
                "channel": unsigned(bits_for(self.source.channels - 1)),
                "begin": 1,
                "end": 1,
                "fresh": 1,
                "emit": 1,
            }
        )
        rows = [
            [_fields(lane.entries[i] if i < len(lane.entries) else Entry()) for lane in self.schedule.lanes]
            for i in range(period)
        ]
        m.submodules.rows = memory = Memory(
            shape=data.ArrayLayout(layout, len(self.schedule.lanes)), depth=period, init=rows
        )
        port = memory.read_port()

        # The ROM shows the row of `index`; while idle that is row 0, so a vector starts in the cycle after it came.
        busy, index = Signal(), Signal(range(period))
        at_end = Signal()
        m.d.comb += [
            at_end.eq(index == period - 1),
            self.vectors.ready.eq(~busy | at_end),
            port.addr.eq(Mux(busy & ~at_end, index + 1, 0)),
        ]
        m.d.sync += index.eq(port.addr)
        held = Signal(self.vectors.payload.shape(), reset_less=True)
        with m.If(self.vectors.ready):
            m.d.sync += [busy.eq(self.vectors.valid), held.eq(self.vectors.payload)]

        flags = Cat(held.first, held.last, at_end & busy)
        for stage in range(self.LATENCY):
            later = Signal(3, name=f"flags_{stage + 1}")
            m.d.sync += later.eq(flags)
            flags = later
            if stage == 1:
                sentence_start = later[0]
        m.d.comb += Cat(self.first, self.last, self.done).eq(flags)
        for number, lane in enumerate(self.schedule.lanes):
            self._add_lane(m, number, lane, port.data[number], held.values, busy, sentence_start)
        return m

    def _add_lane(
        self, m: Module, number: int, lane: Lane, row: data.View, vector: data.View, busy: Value, sentence_start: Value
    ) -> None:
        """Operands, product, sum: one register each; a partial sum is written in the cycle after."""

        def register(value: Value, name: str, *, reset: bool = False) -> Signal:
            later = Signal(value.shape(), name=f"lane_{number}_{name}", reset_less=not reset)
            m.d.sync += later.eq(value)
            return later

        weight = register(row.weight, "weight")
        operand = register(vector[row.channel], "operand")
        begin, fresh = register(row.begin & busy, "begin_1", reset=True), register(row.fresh, "fresh_1")
        end, emit = register(row.end & busy, "end_1", reset=True), register(row.emit, "emit_1")

        partial = self._partial_sums(m, number, lane, begin & ~fresh)
        constant = self._constant(m, number, lane, end & fresh)

        product = register(weight * operand, "product")
        begin, fresh = register(begin, "begin_2", reset=True), register(fresh, "fresh_2")
        end, emit = register(end, "end_2", reset=True), register(emit, "emit_2")
        total = Signal(signed(self.width), name=f"lane_{number}_total", reset_less=True)
        start = Mux(fresh | sentence_start, constant, partial.data if partial else 0)
        m.d.sync += total.eq(Mux(begin, start, total) + product)

        leaves, stored = register(end & emit, "leaves", reset=True), register(end & ~emit, "stored", reset=True)
        m.d.comb += [self.sums[number].eq(total), self.emit[number].eq(leaves)]
        if partial:
            m.d.comb += [partial.write_data.eq(total), partial.write.eq(stored)]

    def _partial_sums(self, m: Module, number: int, lane: Lane, advance: Value) -> _PartialSums | None:
        if not lane.slots:
            return None
        m.submodules[f"partial_sums_{number}"] = memory = _PartialSums(lane.slots, self.width)
        m.d.comb += memory.read.eq(advance)
        return memory

    def _constant(self, m: Module, number: int, lane: Lane, advance: Value) -> Value:
        """The constant of the filter whose products are about to be summed."""
        values = self.constants[list(lane.filters)].tolist()
        # In logic even where synthesis would spend a block RAM on it.
        m.submodules[f"constants_{number}"] = memory = Memory(
            shape=signed(self.width), depth=len(values), init=values, attrs={"rom_style": "logic"}
        )
        port = memory.read_port(domain="comb")
        place = Signal(range(len(values)), name=f"lane_{number}_filter")
        with m.If(advance):
            m.d.sync += place.eq(Mux(place == len(values) - 1, 0, place + 1))
        m.d.comb += port.addr.eq(place)
        constant = Signal(signed(self.width), name=f"lane_{number}_constant", reset_less=True)
        m.d.sync += constant.eq(port.data)
        return constant


class _PartialSums(wiring.Component):
    """Read and written in one and the same order, so two counters address it.

    `data` shows the next partial sum; `read` moves on. `write` stores `write_data` at the next place. A place is read
    again `PIPELINE_GAP` cycles after its write at the earliest; `Schedule` sees to that.
    """

    def __init__(self, depth: int, width: int) -> None:
        self.depth, self.width = depth, width
        super().__init__(
            {
                "read": In(1),
                "data": Out(signed(width)),
                "write": In(1),
                "write_data": In(signed(width)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = Memory(shape=signed(self.width), depth=self.depth, init=[])
        reader, writer = memory.read_port(), memory.write_port()
        read_at, write_at = Signal(range(self.depth)), Signal(range(self.depth))
        for place, move in ((read_at, self.read), (write_at, self.write)):
            with m.If(move):
                m.d.sync += place.eq(Mux(place == self.depth - 1, 0, place + 1))
        m.d.comb += [
            reader.addr.eq(read_at),
            self.data.eq(reader.data),
            writer.addr.eq(write_at),
            writer.data.eq(self.write_data),
            writer.en.eq(self.write),
        ]
        return m


def _fields(entry: Entry) -> dict[str, int]:
    return {
        "weight": entry.weight,
        "channel": entry.channel,
        "begin": entry.begin,
        "end": entry.end,
        "fresh": entry.fresh,
        "emit": entry.emit,
    }
