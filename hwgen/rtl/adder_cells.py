"""Sums of two or three operands, each added or subtracted, in a part's own cells where those do better.

7-series: synthesis makes two adders of a sum of three. A table has room for more: beside the parity of three bits and a
carry it makes their majority, which enters the next place, so that three operands take one cell a place as two do. The
sum must go to a register then: the slice has one way out for sum and majority (Xilinx UG474; Simkins and Philofsky, US
patent 7,274,211, describe the structure).

ECP5: a first carry, even a constant one, is led into a chain by two cells. A chain that makes its own takes one at most
(Lattice TN-02032).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import C, Cat, Module, Signal, Value

from hwgen.rtl.carry_cells import ecp5_carries, ecp5_cell, majority, parity, two_outputs, xilinx_carries


@dataclass(frozen=True)
class Operand:
    """Of a sum; its shape says whether it is signed."""

    value: Value
    negate: bool = False


def sum_of(m: Module, operands: Sequence[Operand], width: int, family: str | None) -> Value:
    """The low `width` bits of the sum of up to three operands, of which at most two are negated.

    Args:
        family: of the part; its own cells are placed where they do better than synthesis by itself.
    """
    negated = sum(operand.negate for operand in operands)
    assert negated < 3, "of three operands one is added"
    if family == "xilinx" and (len(operands) == 3 or negated == 2):
        return _xilinx(m, [*operands, Operand(C(0, 1))][:3], width)
    if family == "ecp5" and len(operands) == 2 and negated < 2 and width > 1:
        return _ecp5(m, operands, width)
    total: Value = C(0)
    for operand in sorted(operands, key=lambda operand: operand.negate):
        total = total - operand.value if operand.negate else total + operand.value
    result = Signal(width)
    m.d.comb += result.eq(total)
    return result


def _xilinx(m: Module, operands: Sequence[Operand], width: int) -> Value:
    """A carry chain whose tables add three bits; subtracting is adding the complement and one."""
    ones = sum(operand.negate for operand in operands)
    columns = zip(*(_extended(operand.value, width) for operand in operands), strict=True)
    signs = [operand.negate for operand in operands]
    upper: Value = C(ones > 1, 1)  # the majority of the place below, and there the second one
    cells = []
    for column in columns:
        total, both = two_outputs(
            m,
            lambda *bits: parity(*(bit ^ sign for bit, sign in zip(bits, [*signs, False], strict=True))),
            lambda *bits: majority(*(bit ^ sign for bit, sign in zip(bits, signs, strict=False))),
            [*column, upper],
        )
        cells.append((total, upper))
        upper = both
    return Cat(xilinx_carries(m, cells, C(ones > 0, 1))[:width])


def _ecp5(m: Module, operands: Sequence[Operand], width: int) -> Value:
    """A carry chain that makes its first carry itself, in a cell before the first place or in that place's stead.

    Cells come in pairs, so it is whichever leaves no half over; the sum of the lowest place is then one more table.
    """
    added, other = sorted(operands, key=lambda operand: operand.negate)
    minus = int(other.negate)
    places = list(zip(_extended(added.value, width), _extended(other.value, width), strict=True))
    low = places[0]
    cells = [ecp5_cell(lambda x, y: x ^ y ^ minus, lambda x, _: x, *place) for place in places]
    if width % 2:
        begin = ecp5_cell(lambda *_: 0, lambda *_: minus, C(0, 1), C(0, 1))
        return Cat(ecp5_carries(m, [begin, *cells], None)[1:])
    begin = ecp5_cell(lambda *_: 0, lambda x, y: x | (1 - y) if minus else x & y, *low)
    return Cat(low[0] ^ low[1], ecp5_carries(m, [begin, *cells[1:]], None)[1:])


def _extended(value: Value, width: int) -> list[Value]:
    """`width` bits of `value`."""
    shape = value.shape()
    above = value[-1] if shape.signed else C(0, 1)
    return [value[place] if place < shape.width else above for place in range(width)]
