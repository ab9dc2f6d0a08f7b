"""Two products in one multiplier, in tables and by constants: exact for every operand."""

from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, Signal, signed
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import GENERIC
from hwgen.chips.gowin import GOWIN
from hwgen.chips.ice40 import ICE40
from hwgen.chips.xilinx7 import XILINX7
from hwgen.rtl.sums.multiplier import Pair, by_constant, digits, in_tables, packed, signed_width, times, unpacked

SMALL = (-3, 3)
FIVE = (-15, 15)


def split(pair: Pair, a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two products as the circuit takes them from the one, by plain integers."""
    k = pair.shift
    whole = (a + (c << k)) * (b + (d << k))
    low = (whole + (1 << k - 1) & (1 << k) - 1) - (1 << k - 1)
    return low, (whole >> 2 * k) + (whole >> 2 * k - 1 & 1)


def test_every_pair_of_five_bit_products() -> None:
    """All 31^4 of them; and one bit less between them would not do."""
    pair = Pair(FIVE, FIVE, FIVE, FIVE)
    assert (pair.shift, pair.widths) == (10, (15, 15))
    own = np.arange(-15, 16)
    b, c, d = (grid.ravel() for grid in np.meshgrid(own, own, own))
    for a in own:
        low, high = split(pair, a, b, c, d)
        assert np.array_equal(low, a * b) and np.array_equal(high, c * d)
    assert [pair.fits(family) for family in (ECP5, ICE40, XILINX7, GOWIN, GENERIC)] == [True] * 3 + [False] * 2


intervals = st.tuples(st.integers(-255, 255), st.integers(-255, 255)).map(lambda ends: (min(ends), max(ends)))


@settings(deadline=None)
@given(intervals, intervals, intervals, intervals)
def test_intervals_keep_products_apart(a: Any, b: Any, c: Any, d: Any) -> None:
    """A product is linear in each factor, so that the ends decide."""
    pair = Pair(a, b, c, d)
    corners = [np.array(values) for values in zip(*product(a, b, c, d), strict=True)]
    low, high = split(pair, *corners)
    assert np.array_equal(low, corners[0] * corners[1]) and np.array_equal(high, corners[2] * corners[3])
    for ends, (first, second), width in zip(((a, c), (b, d)), ((a, c), (b, d)), pair.widths, strict=True):
        assert all(-1 << width - 1 <= x + (y << pair.shift) < 1 << width - 1 for x, y in product(first, second)), ends


@pytest.mark.parametrize("lowest", [-3, 0])
def test_the_circuit_packs_and_unpacks(lowest: int) -> None:
    """Of three bits all combinations, with signed and with unsigned operands."""
    operand = (lowest, 3)
    pair = Pair(SMALL, operand, SMALL, operand)
    shape = signed(3) if lowest else 2
    a, c, b, d = Signal(signed(3)), Signal(signed(3)), Signal(shape), Signal(shape)
    m = Module()
    whole = Signal(signed(sum(pair.widths)))
    first, second = packed(a, c, pair.shift), packed(b, d, pair.shift)
    m.d.comb += whole.eq(first[: pair.widths[0]].as_signed() * second.as_signed())
    bits = times(SMALL, operand)
    low, high, carry = unpacked(whole, pair.shift, signed_width(bits), signed_width((bits[0] - 1, bits[1])))

    async def bench(ctx: Any) -> None:
        for values in product(range(-3, 4), range(lowest, 4), range(-3, 4), range(lowest, 4)):
            for signal, value in zip((a, b, c, d), values, strict=True):
                ctx.set(signal, value)
            assert (ctx.get(low), ctx.get(high) + ctx.get(carry)) == (values[0] * values[1], values[2] * values[3])

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize(("bits", "shape"), [(1, signed(3)), (2, signed(4)), (5, signed(5)), (4, 5)])
def test_products_in_tables(bits: int, shape: Any) -> None:
    weight, operand = Signal(signed(bits)), Signal(shape)
    m = Module()
    result = in_tables(m, weight, operand, "product")

    async def bench(ctx: Any) -> None:
        low, high = (-(1 << operand.shape().width - 1), 1 << operand.shape().width - 1)
        span = range(low, high) if operand.shape().signed else range(1 << operand.shape().width)
        for w, x in product(range(-(1 << bits - 1), 1 << bits - 1), span):
            ctx.set(weight, w)
            ctx.set(operand, x)
            await ctx.tick()
            assert ctx.get(result) == w * x

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


@settings(deadline=None)
@given(st.integers(-300, 300), st.integers(-16, 15))
def test_products_by_a_constant(weight: int, value: int) -> None:
    found = digits(weight)
    assert sum(sign << place for place, sign in found) == weight
    assert all(above - below > 1 for (below, _), (above, _) in pairwise(found))
    operand, m = Signal(signed(5), init=value), Module()
    result = Signal(signed(16))
    m.d.comb += result.eq(by_constant(operand, weight))

    async def bench(ctx: Any) -> None:
        assert ctx.get(result) == weight * value

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
