"""Sums of up to three operands, each added or subtracted.

Synthesis makes two adders of a sum of three. A 7-series table has room for more: beside the parity of three bits and a
carry it makes their majority, which enters the next place, so that three operands take one cell a place as two do. The
sum must go to a register then: the slice has one way out for sum and majority (Xilinx UG474; Simkins and Philofsky, US
patent 7,274,211, describe the structure).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import C, Cat, Module, Signal, Value

from hwgen.rtl.carry_cells import majority, parity, two_outputs, xilinx_carries


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


def _extended(value: Value, width: int) -> list[Value]:
    """`width` bits of `value`."""
    shape = value.shape()
    above = value[-1] if shape.signed else C(0, 1)
    return [value[place] if place < shape.width else above for place in range(width)]
