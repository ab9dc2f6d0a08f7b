"""The vectors that a window of tokens covers, as operands for many lanes."""

from __future__ import annotations

from itertools import pairwise

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hwgen.chips.family import GENERIC, Family
from hwgen.graph.tensor import TensorType
from hwgen.rtl.lanes.multiplexer import multiplex
from hwgen.rtl.lanes.schedule import Product, Schedule
from hwgen.rtl.streams import element_shape, vector_stream


class Window(wiring.Component):
    """The newest vector of a stream and those before it in its sentence; nought where there are none.

    Ports:
        vectors: `vector_stream` of `source`.
        waiting: a vector has come; it stays until it is taken.
        take: make it the newest one, from the next cycle on.
        first, last: marks of the newest one.
        select_i: which operand lane i is to have, by `code`.
        operand_i: that operand, `DELAY` cycles later.
    """

    DELAY: int

    def __init__(self, schedule: Schedule, source: TensorType, family: Family = GENERIC) -> None:
        self.source, self.family = source, family
        self.lanes = [sorted({product.operand for product in lane if product}) for lane in schedule.lanes]
        self.ages = max(age for lane in self.lanes for age, _ in lane)
        low, high = min(int(source.low.min()), 0), int(source.high.max())
        self.shape = element_shape(TensorType([low], [high], per_token=True))  # type: ignore[arg-type]
        ports = {
            "vectors": In(vector_stream(source)),
            "waiting": Out(1),
            "take": In(1),
            "first": Out(1),
            "last": Out(1),
        }
        for number in range(len(self.lanes)):
            ports |= {f"select_{number}": In(self.code_bits(number)), f"operand_{number}": Out(self.shape)}
        super().__init__(ports)

    def _cells(self, platform: object) -> Family:
        """Whose cells to place: without a platform, as in simulation, none."""
        return self.family if platform is not None else GENERIC

    def code_bits(self, lane: int) -> int:
        """Bits of the codes of a lane's operands."""
        raise NotImplementedError

    def code(self, lane: int, product: Product) -> int:
        """What to select for a product's operand."""
        raise NotImplementedError


class WindowRegisters(Window):
    """Every vector in registers, and for each lane a multiplexer of just those operands that it uses.

    A vector enters in one cycle.
    """

    DELAY = 1

    def code_bits(self, lane: int) -> int:
        return (len(self.lanes[lane]) - 1).bit_length()

    def code(self, lane: int, product: Product) -> int:
        return self.lanes[lane].index(product.operand)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        marks = self.vectors.payload
        held = [
            Signal(data.ArrayLayout(self.shape, self.source.channels), name=f"vector_{age}", reset_less=True)
            for age in range(self.ages + 1)
        ]
        m.d.comb += [self.waiting.eq(self.vectors.valid), self.vectors.ready.eq(self.take)]
        with m.If(self.take):
            for newer, older in pairwise(held):
                m.d.sync += older.eq(Mux(marks.first, 0, newer.as_value()))
            for channel in range(self.source.channels):
                m.d.sync += held[0][channel].eq(marks.values[channel])
            m.d.sync += [self.first.eq(marks.first), self.last.eq(marks.last)]
        for number, operands in enumerate(self.lanes):
            values = [held[age][channel] for age, channel in operands]
            select = getattr(self, f"select_{number}")
            m.d.sync += getattr(self, f"operand_{number}").eq(multiplex(m, values, select, self._cells(platform)))
        return m


class WindowMemory(Window):
    """A memory for each lane, so that no lane needs a multiplexer; all have the same contents.

    A vector enters one channel a cycle, while the lanes work on the one before: ``channels + 1`` cycles at least lie
    between two.
    """

    DELAY = 2

    @property
    def channel_bits(self) -> int:
        return (self.source.channels - 1).bit_length()

    @property
    def slot_bits(self) -> int:
        """One vector more than a window has: the next one."""
        return bits_for(self.ages + 1)

    def code_bits(self, lane: int) -> int:
        return self.channel_bits + bits_for(self.ages) if self.ages else self.channel_bits

    def code(self, lane: int, product: Product) -> int:
        return product.channel | product.age << self.channel_bits

    def elaborate(self, platform: object) -> Module:
        m = Module()
        newest, age = Signal(self.slot_bits), Signal(range(self.ages + 1))
        channel, first, last = Signal(self.channel_bits), Signal(), Signal()
        write, slot, place = Signal(), Signal(self.slot_bits), Signal(self.channel_bits)
        word = Signal(self.shape, reset_less=True)
        marks = self.vectors.payload
        writing, at_end = Signal(), Signal()
        m.d.comb += [
            writing.eq(self.vectors.valid & ~self.waiting),
            at_end.eq(channel == self.source.channels - 1),
            self.vectors.ready.eq(writing & at_end),
        ]
        m.d.sync += [
            write.eq(writing),
            word.eq(multiplex(m, list(marks.values), channel, self._cells(platform))),
            slot.eq(newest + 1),
            place.eq(channel),
        ]
        with m.If(writing):
            m.d.sync += channel.eq(Mux(at_end, 0, channel + 1))
        with m.If(writing & at_end):
            m.d.sync += [self.waiting.eq(1), first.eq(marks.first), last.eq(marks.last)]
        with m.If(self.take):
            m.d.sync += [
                self.waiting.eq(0),
                newest.eq(newest + 1),
                self.first.eq(first),
                self.last.eq(last),
                age.eq(Mux(first, 0, Mux(age == self.ages, age, age + 1))),
            ]
        depth = 1 << self.slot_bits + self.channel_bits
        for number in range(len(self.lanes)):
            m.submodules[f"memory_{number}"] = memory = Memory(
                shape=self.shape, depth=depth, init=[], attrs={"ram_style": "block"}
            )
            writer, reader = memory.write_port(), memory.read_port()
            select = getattr(self, f"select_{number}")
            back = select[self.channel_bits :]
            outside = Signal(name=f"outside_{number}")
            m.d.comb += [
                writer.addr.eq(Cat(place, slot)),
                writer.data.eq(word),
                writer.en.eq(write),
                reader.addr.eq(Cat(select[: self.channel_bits], (newest - back)[: self.slot_bits])),
            ]
            m.d.sync += [
                outside.eq(back > age),
                getattr(self, f"operand_{number}").eq(Mux(outside, 0, reader.data)),
            ]
        return m


_MEMORY_FROM = 48
"""Operands a lane uses from which on a block RAM of its own is worth the multiplexer it saves."""


def window_for(schedule: Schedule, source: TensorType, family: Family = GENERIC, *, memories: bool = True) -> Window:
    """The cheaper one that gives vectors as fast as the schedule asks for them.

    Args:
        memories: whether it may take block RAMs.
    """
    used = sum(len({product.operand for product in lane if product}) for lane in schedule.lanes)
    cheaper = used >= max(_MEMORY_FROM * len(schedule.lanes), 2 * source.channels)
    if memories and cheaper and schedule.period > source.channels + 1:
        return WindowMemory(schedule, source, family)
    return WindowRegisters(schedule, source, family)
