"""Multiply-accumulate lanes that read their work from a ROM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.chips.family import GENERIC, Family
from hwgen.graph.tensor import Integers, TensorType
from hwgen.rtl.lanes.row_marks import RowMarks
from hwgen.rtl.lanes.row_rom import RowRom
from hwgen.rtl.lanes.schedule import Schedule, Unit
from hwgen.rtl.lanes.window import window_for
from hwgen.rtl.streams import vector_stream
from hwgen.rtl.sums.multiplier import (
    Interval,
    Pair,
    by_constant,
    hull,
    in_tables,
    packed,
    plus,
    signed_width,
    times,
    too_narrow,
    unpacked,
)


@dataclass(frozen=True)
class Term:
    """A summand: its value, a carry bit that is yet to be added to it, and the interval of both together."""

    value: Value
    interval: Interval
    carry: Value | None = None

    def added_to(self, other: Value) -> Value:
        """The sum of this one and a value, the carry included as that of the adder."""
        if self.carry is None:
            return other + self.value
        return (Cat(Const(1, 1), other).as_signed() + Cat(self.carry, self.value).as_signed()) >> 1


class MacArray(wiring.Component):
    """Runs a `Schedule` once per vector: constant matrices over a window of vectors, P products a cycle.

    All lanes step together through one ROM, one row a cycle; a row says of every lane which operand of the window it
    multiplies by what, and of every unit when a sum begins and ends. A unit adds up the products of its lane, and in
    some cycles of others', and what it has begun with, the filter's constant.

    Initiation interval ``schedule.period`` cycles per vector, without a gap between vectors. The sum of row i appears
    `latency` cycles after row i. Costs a `RowRom`, a `Window`, for each lane a multiplier, for each unit an
    accumulator, and an adder for each lane that a unit has beside its own.

    Ports:
        vectors: `vector_stream` of `source`.
        sums: one signed accumulator per unit, meaningful while the unit's bit of `emit` is set.
        first: of each unit, whether the vector that its sum belongs to begins a sentence.
        finished: of each unit, that its last sum of a sentence appears in this cycle, or has before.
        done: the last sum of a vector appears in this cycle, or has before.
        last: whether that vector ends a sentence.
    """

    def __init__(
        self,
        schedule: Schedule,
        constants: Integers,
        source: TensorType,
        sums: TensorType,
        *,
        family: Family = GENERIC,
        multipliers: int = 0,
        memories: bool = True,
    ) -> None:
        """`sums` are those of every filter, without its constant.

        Args:
            family: of the part; where it is None, synthesis chooses what multiplies.
            multipliers: how many of the part's own may be used.
            memories: whether operands may lie in block RAMs.
        """
        self.schedule, self.constants, self.source = schedule, constants, source
        self.family, self.multipliers = family, multipliers
        low, high = sums.low + constants, sums.high + constants
        self.widths = [
            signed_width((int(low[list(unit.filters)].min()), int(high[list(unit.filters)].max())))
            for unit in schedule.units
        ]
        self.window = window_for(schedule, source, family, memories=memories)
        self.depths = [(len(unit.feeds) - 1).bit_length() for unit in schedule.units]
        # By a constant, a product is one or two adders.
        constant = all(len({product.weight for product in lane if product}) == 1 for lane in schedule.lanes)
        self.product_delay = 1 if constant else 2
        self.latencies = [self.window.DELAY + self.product_delay + 1 + depth for depth in self.depths]
        self.latency = max(self.latencies)
        units = len(schedule.units)
        super().__init__(
            {
                "vectors": In(vector_stream(source)),
                "sums": Out(data.ArrayLayout(signed(max(self.widths)), units)),
                "emit": Out(units),
                "first": Out(units),
                "finished": Out(units),
                "done": Out(1),
                "last": Out(1),
            }
        )

        self._factors: dict[int, tuple[Interval, Interval]] = {}
        self.packs = family.multiplier_inputs is not None
        self.shared = self._shared()

    @cached_property
    def operands(self) -> list[Interval]:
        """Interval of every channel, with the zeros before a sentence."""
        lows, highs = np.minimum(self.source.low, 0), np.maximum(self.source.high, 0)
        return list(zip(lows.tolist(), highs.tolist(), strict=True))

    def pair(self, lane: int, other: int) -> Pair:
        """Of two lanes' weights and operands."""
        return Pair(*self.factors(lane), *self.factors(other))

    def factors(self, lane: int) -> tuple[Interval, Interval]:
        """Intervals of a lane's weights, with zero, and of its operands."""
        if lane not in self._factors:
            used = [product for product in self.schedule.lanes[lane] if product]
            weights = [product.weight for product in used]
            operands = hull(self.operands[channel] for channel in {product.channel for product in used})
            self._factors[lane] = (min(0, *weights), max(0, *weights)), operands
        return self._factors[lane]

    def _multiplied_alone(self, lane: int) -> bool:
        """Whether synthesis takes a multiplier for a lane's product by itself."""
        widths = map(signed_width, self.factors(lane))
        return not self.family.multiplies_pairs_only and not too_narrow(widths, self.family)

    def _shared(self) -> list[tuple[int, ...]]:
        """The lanes that each of the part's multipliers serves: two, or one where two are too wide for it.

        The widest first, whose products would take most tables.
        """
        lanes = [n for n, lane in enumerate(self.schedule.lanes) if len({p.weight for p in lane if p}) > 1]
        lanes.sort(key=lambda lane: [-signed_width(factor) for factor in self.factors(lane)])
        shared: list[tuple[int, ...]] = []
        while lanes and len(shared) < self.multipliers:
            first = lanes[:2]
            if self.packs:
                two = len(first) == 2 and self.pair(*first).fits(self.family)
            else:
                two = len(first) == 2 and all(map(self._multiplied_alone, first))
            if two or self._multiplied_alone(first[0]):
                shared.append(tuple(first[: 1 + two]))
            del lanes[: 1 + two]
        return shared

    @cached_property
    def control(self) -> tuple[int, int]:
        """Bits of a row as the ROM has it, and flip-flops that they pass on their way to lanes and units."""
        marks = RowMarks(self.schedule, self.window, self.product_delay, self.depths)
        return marks.stored, marks.flip_flops(self.latency)

    def elaborate(self, platform: object) -> Module:
        laid_out = _Elaboration(self)
        assert laid_out.control == self.control, "what is counted in advance is what is laid out"
        return laid_out.module


class _Elaboration:
    """Collects the ROM's columns while the lanes are laid out that read them."""

    def __init__(self, array: MacArray) -> None:
        self.m, self.array, self.schedule = Module(), array, array.schedule
        self.m.submodules.window = self.window = array.window
        self.columns: list[int] = []
        self.bits: list[Signal] = []
        self.chains: dict[int, list[Value]] = {}
        self.busy = Signal()
        weights = [self._weight(lane) for lane in range(len(self.schedule.lanes))]
        self._select()
        self._control()
        self.products = self._products(weights)
        for number, unit in enumerate(self.schedule.units):
            self._unit(number, unit)
        self.m.submodules.rows = self.rom = rom = RowRom(self.columns, self.schedule.period, array.family)
        self.m.d.comb += [Cat(self.bits).eq(rom.row), rom.advance.eq(self.busy), self.rom_ready.eq(rom.ready)]
        self.module = self.m
        self.control = rom.width, sum(len(chain) - 1 for chain in self.chains.values())

    # --- what a row says

    def _column(self, bits: Sequence[int | bool]) -> Signal:
        """A bit of every row."""
        self.columns.append(sum(int(bit) << row for row, bit in enumerate(bits)))
        bit = Signal(name=f"row_{len(self.bits)}")
        self.bits.append(bit)
        return bit

    def _mark(self, bits: Sequence[int | bool], stage: int) -> Value:
        """A bit of the row that is `stage` cycles past; equal ones share their registers."""
        key = sum(int(bit) << row for row, bit in enumerate(bits))
        if key == (1 << self.schedule.period) - 1:
            return Const(1, 1)
        chain = self.chains.setdefault(key, [])
        if not chain:
            chain.append(self._column(bits))
        while len(chain) <= stage:
            chain.append(self._register(chain[-1], f"mark_{len(self.chains)}_{len(chain)}"))
        return chain[stage]

    def _register(self, value: Value, name: str, *, reset: bool = False) -> Signal:
        later = Signal(value.shape(), name=name, reset_less=not reset)
        self.m.d.sync += later.eq(value)
        return later

    # --- lanes

    def _weight(self, lane: int) -> Value:
        """A lane's weight, when its operand comes."""
        values = [product.weight if product else 0 for product in self.schedule.lanes[lane]]
        used = sorted({product.weight for product in self.schedule.lanes[lane] if product})
        if len(used) == 1:
            return Const(used[0], signed(signed_width((used[0], used[0]))))
        width = signed_width((used[0], used[-1]))
        delay = self.window.DELAY
        bits = [self._mark([value >> bit & 1 for value in values], delay) for bit in range(width)]
        return Cat(bits).as_signed()

    def _select(self) -> None:
        for number, lane in enumerate(self.schedule.lanes):
            # Idle cycles have an operand that is the lane's own, too: two lanes' products lie close together.
            own = next(product for product in lane if product)
            codes = [self.window.code(number, product or own) for product in lane]
            bits = [self._mark([code >> bit & 1 for code in codes], 0) for bit in range(self.window.code_bits(number))]
            if bits:
                self.m.d.comb += getattr(self.window, f"select_{number}").eq(Cat(bits))

    def _interval(self, lane: int, mask: Sequence[bool]) -> Interval:
        """Of a lane's products in some cycles."""
        entries = zip(self.schedule.lanes[lane], mask, strict=True)
        used = [product for product, taken in entries if product and taken]
        return hull(times((product.weight,) * 2, self.array.operands[product.channel]) for product in used)

    def _products(self, weights: list[Value]) -> list[tuple[Value, Value | None]]:
        """Of every lane the product, and its carry, before their last register."""
        operands = [getattr(self.window, f"operand_{lane}") for lane in range(len(weights))]
        products: list[tuple[Value, Value | None] | None] = [None] * len(weights)
        free = []
        for lane, weight in enumerate(weights):
            if isinstance(weight, Const):
                operand = operands[lane]
                if self.array.product_delay == 2:
                    operand = self._register(operand, f"operand_{lane}")
                products[lane] = by_constant(operand, weight.value), None
            else:
                free.append(lane)
        for lanes in self.array.shared:
            for lane in lanes:
                free.remove(lane)
            if len(lanes) == 1 or not self.array.packs:
                for lane in lanes:
                    products[lane] = self._plain(lane, weights[lane], operands[lane]), None
                continue
            pair = self.array.pair(*lanes)
            first, second = (
                self._register(
                    packed(values[lanes[0]], values[lanes[1]], pair.shift)[:width].as_signed(),
                    f"{name}_{lanes[0]}_{lanes[1]}",
                )
                for name, values, width in zip(("weights", "operands"), (weights, operands), pair.widths, strict=True)
            )
            whole = Signal(signed(sum(pair.widths)), name=f"product_{lanes[0]}_{lanes[1]}")
            self.m.d.comb += whole.eq(first * second)
            high = times(pair.c, pair.d)
            ab, cd, carry = unpacked(
                whole, pair.shift, signed_width(times(pair.a, pair.b)), signed_width((high[0] - 1, high[1]))
            )
            products[lanes[0]], products[lanes[1]] = (ab, None), (cd, carry)
        for lane in free:
            if self.array.family.products_in_tables:
                products[lane] = in_tables(self.m, weights[lane], operands[lane], f"lane_{lane}"), None
            else:
                products[lane] = self._plain(lane, weights[lane], operands[lane]), None
        return [product for product in products if product]

    def _plain(self, lane: int, weight: Value, operand: Value) -> Value:
        return self._register(weight, f"weight_{lane}") * self._register(operand, f"operand_{lane}")

    # --- units

    def _unit(self, number: int, unit: Unit) -> None:
        array, delay = self.array, self.window.DELAY
        busy = [any(span.begin <= row <= span.end for span in unit.spans) for row in range(self.schedule.period)]
        terms = [self._term(number, lane, mask, busy) for lane, mask in unit.feeds]
        stage = delay + array.product_delay
        while len(terms) > 1:
            terms = [
                self._sum(terms[place : place + 2], f"unit_{number}_{stage}_{place}")
                for place in range(0, len(terms), 2)
            ]
            stage += 1
        (term,) = terms
        begins = {span.begin for span in unit.spans}
        ends = {span.end for span in unit.spans}
        rows = range(self.schedule.period)
        begin = self._mark([row in begins for row in rows], stage)
        end = self._delayed_end([row in ends for row in rows])
        width = array.widths[number]
        total = Signal(signed(width), name=f"unit_{number}_total", reset_less=True)
        constant = self._constant(number, unit, end[stage - 1])
        self.m.d.sync += total.eq(term.added_to(Mux(begin, constant, total)))
        self.m.d.comb += [
            array.sums[number].eq(total),
            array.emit[number].eq(end[stage + 1]),
            array.first[number].eq(self.flags[stage + 1][0]),
            array.finished[number].eq(self.flags[stage + 1][1] & self.flags[stage + 1][2]),
        ]

    def _term(self, number: int, lane: int, mask: Sequence[bool], busy: Sequence[bool]) -> Term:
        """A lane's product in the cycles in which it is of this unit, and nought in the others that matter."""
        value, carry = self.products[lane]
        interval = self._interval(lane, mask)
        gated = any(needed and not own for needed, own in zip(busy, mask, strict=True))
        if gated:
            interval = hull([interval, (0, 0)])
        width = signed_width((interval[0] - 1, interval[1]) if carry is not None else interval)
        held = Signal(signed(width), name=f"unit_{number}_product_{lane}", reset_less=True)
        held_carry = None if carry is None else Signal(name=f"unit_{number}_carry_{lane}", reset_less=True)
        mark = self._mark(mask, self.window.DELAY + self.array.product_delay - 1) if gated else Const(1, 1)
        self.m.d.sync += held.eq(Mux(mark, value, 0) if gated else value)
        if held_carry is not None:
            self.m.d.sync += held_carry.eq(carry & mark)
        return Term(held, interval, held_carry)

    def _sum(self, terms: list[Term], name: str) -> Term:
        """Of two, or one that waits for the others."""
        interval = terms[0].interval if len(terms) == 1 else plus(terms[0].interval, terms[1].interval)
        passed = terms[0].carry
        width = signed_width((interval[0] - 1, interval[1]) if passed is not None else interval)
        value = terms[0].value if len(terms) == 1 else terms[1].added_to(terms[0].value)
        register = Signal(signed(width), name=name, reset_less=True)
        self.m.d.sync += register.eq(value)
        return Term(register, interval, None if passed is None else self._register(passed, f"{name}_carry"))

    def _constant(self, number: int, unit: Unit, advance: Value) -> Value:
        """What the filter begins with whose products are about to be summed."""
        width = self.array.widths[number]
        values = self.array.constants[list(unit.filters)].tolist()
        if len(set(values)) == 1:
            return Const(values[0], signed(width))
        # In logic even where synthesis would spend a block RAM on it.
        self.m.submodules[f"constants_{number}"] = memory = Memory(
            shape=signed(width), depth=len(values), init=values, attrs={"rom_style": "logic"}
        )
        port = memory.read_port(domain="comb")
        place = Signal(range(len(values)), name=f"unit_{number}_filter")
        with self.m.If(advance):
            self.m.d.sync += place.eq(Mux(place == len(values) - 1, 0, place + 1))
        self.m.d.comb += port.addr.eq(place)
        return self._register(port.data, f"unit_{number}_constant")

    # --- control

    def _delayed_end(self, bits: Sequence[bool]) -> list[Value]:
        """The mark in every stage, of rows that are done for a vector only."""
        key = -1 - sum(int(bit) << row for row, bit in enumerate(bits))
        if key not in self.chains:
            chain: list[Value] = [self._mark(bits, 0) & self.busy]
            for stage in range(1, self.array.latency + 1):
                chain.append(self._register(chain[-1], f"end_{len(self.chains)}_{stage}", reset=True))
            self.chains[key] = chain
        return self.chains[key]

    def _control(self) -> None:
        m, window, array = self.m, self.window, self.array
        period = self.schedule.period
        at_end = self._mark([row == period - 1 for row in range(period)], 0)
        self.rom_ready = Signal()
        free = Signal()
        m.d.comb += [
            free.eq(self.rom_ready & (~self.busy | at_end)),
            window.take.eq(free & window.waiting),
            window.vectors.payload.eq(array.vectors.payload),
            window.vectors.valid.eq(array.vectors.valid),
            array.vectors.ready.eq(window.vectors.ready),
        ]
        with m.If(free):
            m.d.sync += self.busy.eq(window.waiting)
        self.flags: list[Value] = [Cat(window.first, window.last, at_end & self.busy)]
        for stage in range(1, array.latency + 1):
            self.flags.append(self._register(self.flags[-1], f"flags_{stage}", reset=True))
        m.d.comb += [array.last.eq(self.flags[-1][1]), array.done.eq(self.flags[-1][2])]
