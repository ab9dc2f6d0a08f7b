"""Products of two small signed numbers: in look-up tables, by a constant, or two of them in one multiplier of the part.

Two independent products share a multiplier that is wide enough::

    (a + c 2^k) (b + d 2^k) = a b + (a d + c b) 2^k + c d 2^(2k)

Where ``a b`` fits k signed bits, it is their value in the product; where ``|a b + (a d + c b) 2^k| < 2^(2k-1)``, the
rest rounded to the nearest multiple of ``2^(2k)`` is ``c d``. Both are decided by exact intervals.

Four products of 5 x 5 bits, by yosys: on ECP5 and 7-series 2 multipliers and 24 look-up tables instead of 4 and none
(in tables alone 196, on 7-series 120); on iCE40 the same 2 and 24 instead of 252 tables, since there synthesis puts no
product so narrow in a multiplier. Gowin's multiplier of 18 x 18 bits is two of 9 x 9, and so has two products anyway.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed

from hwgen.chips.family import Family
from hwgen.graph.tensor import width_of

Interval = tuple[int, int]


def too_narrow(widths: Iterable[int], family: Family) -> bool:
    """Whether synthesis takes no multiplier for factors of so many bits."""
    factors = list(widths)
    return min(factors) < family.least_factor or sum(factors) < family.least_product


def times(one: Interval, other: Interval) -> Interval:
    """Of all products."""
    ends = [a * b for a in one for b in other]
    return min(ends), max(ends)


def plus(one: Interval, other: Interval) -> Interval:
    """Of all sums."""
    return one[0] + other[0], one[1] + other[1]


def hull(values: Iterable[Interval]) -> Interval:
    """The smallest one around all of them."""
    lows, highs = zip(*values, strict=True)
    return min(lows), max(highs)


def signed_width(interval: Interval) -> int:
    """Bits of two's complement that hold it."""
    return width_of(min(interval[0], -1), interval[1])[0]


@dataclass(frozen=True)
class Pair:
    """Intervals of two products' factors: ``a b`` and ``c d``."""

    a: Interval
    b: Interval
    c: Interval
    d: Interval

    @property
    def shift(self) -> int:
        """The least k that keeps the two products apart."""
        low = times(self.a, self.b)
        cross = plus(times(self.a, self.d), times(self.c, self.b))
        k = max(signed_width(low), signed_width(self.a), signed_width(self.b))
        while max(abs(low[0] + (cross[0] << k)), abs(low[1] + (cross[1] << k))) >= 1 << 2 * k - 1:
            k += 1
        return k

    @property
    def widths(self) -> tuple[int, int]:
        """Bits of ``a + c 2^k`` and of ``b + d 2^k``."""
        k = self.shift
        return (
            signed_width(plus(self.a, (self.c[0] << k, self.c[1] << k))),
            signed_width(plus(self.b, (self.d[0] << k, self.d[1] << k))),
        )

    def fits(self, family: Family) -> bool:
        """Whether a multiplier of the part takes both."""
        inputs = family.multiplier_inputs
        if inputs is None or too_narrow(self.widths, family):
            return False
        return all(own <= port for own, port in zip(sorted(self.widths), sorted(inputs), strict=True))


def packed(low: Value, high: Value, shift: int) -> Value:
    """``low + (high << shift)``: where `low` is negative, `high` less one stands above it."""
    below = Cat(low, low[-1].replicate(shift)) if low.shape().signed else Cat(low, Const(0, shift))
    borrow = low[-1] if low.shape().signed else Const(0, 1)
    return Cat(below[:shift], high - borrow).as_signed()


def unpacked(product: Value, shift: int, low: int, high: int) -> tuple[Value, Value, Value]:
    """``a b`` of `low` bits, ``c d`` of `high` bits but for what rounding adds to it, and that bit."""
    return (
        product[:low].as_signed(),
        product[2 * shift : 2 * shift + high].as_signed(),
        product[2 * shift - 1],
    )


def in_tables(m: Module, weight: Value, operand: Value, name: str) -> Value:
    """The product, written so that synthesis spends no multiplier on it: the operand added for each bit of the weight.

    One cycle later, for there is a register half way. Every partial sum is kept as it is, and its lowest bit leaves: of
    5 x 5 bits that takes 49 look-up tables on ECP5 and on iCE40, where synthesis by itself makes a carry-save tree of
    107, or 61.
    """

    def register(value: Value, what: str) -> Signal:
        later = Signal(value.shape(), name=f"{name}_{what}", reset_less=True)
        m.d.sync += later.eq(value)
        return later

    half = (len(weight) + 1) // 2
    total: Value = Mux(weight[0], operand, 0)
    low: list[Value] = []
    if len(weight) == 1:
        return register(-total, "product")
    for place in range(1, len(weight)):
        if place == half:
            total, low = register(total, "half"), [register(bit, f"low_{at}") for at, bit in enumerate(low)]
            weight, operand = register(weight, "weight"), register(operand, "operand")
        low.append(total[0])
        above = total[1:].as_signed() if total.shape().signed else total[1:]
        row = Mux(weight[place], operand, 0)
        value = above - row if place == len(weight) - 1 else above + row
        total = Signal(value.shape(), name=f"{name}_sum_{place}", attrs={"keep": 1})
        m.d.comb += total.eq(value)
    return Cat(*low, total).as_signed()


def by_constant(operand: Value, weight: int) -> Value:
    """The product, a shifted sum or difference of the operand for each of the weight's fewest signed digits."""
    total: Value | None = None
    for place, digit in reversed(digits(weight)):
        term = operand << place
        first = -term if digit < 0 else term
        total = first if total is None else total - term if digit < 0 else total + term
    return Const(0, signed(1)) if total is None else total


def digits(weight: int) -> list[tuple[int, int]]:
    """Places and signs of the non-adjacent form, lowest first."""
    result, place = [], 0
    while weight:
        if weight & 1:
            digit = 2 - (weight & 3)
            result.append((place, digit))
            weight -= digit
        weight >>= 1
        place += 1
    return result
