"""7-series tables and carry chains (Xilinx UG474): sum = S ^ carry, next carry = S ? carry : DI."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amaranth.hdl import C, Cat, Instance, Module, Signal, Value

from hwgen.chips.cells.adders import ZERO, Adder, Atom, Operand, Wires, extended
from hwgen.chips.cells.tables import majority, parity, table_of, widened


def _lut(m: Module, function: Callable[..., int], inputs: Sequence[Value]) -> Value:
    """A table with one output."""
    output = Signal()
    count = len(inputs)
    pins = {f"i_I{place}": value for place, value in enumerate(inputs)}
    m.submodules += Instance(f"LUT{count}", p_INIT=C(table_of(function, count), 1 << count), **pins, o_O=output)
    return output


def two_outputs(
    m: Module, upper: Callable[..., int], lower: Callable[..., int], inputs: Sequence[Value]
) -> tuple[Value, Value]:
    """A 7-series table of up to five inputs with both its outputs, O6 and O5."""
    upper_output, lower_output = Signal(), Signal()
    count = len(inputs)
    padded = [*inputs, *[ZERO] * (5 - count), C(1, 1)]
    init = C(widened(upper, count, 5) << 32 | widened(lower, count, 5), 64)
    pins = {f"i_I{place}": value for place, value in enumerate(padded)}
    m.submodules += Instance("LUT6_2", p_INIT=init, **pins, o_O6=upper_output, o_O5=lower_output)
    return upper_output, lower_output


def seven_series_count(m: Module, adder: Adder, wires: Wires) -> list[Value]:
    """The outputs of an adder made of a carry chain."""
    cells: list[tuple[Value, Value]] = []
    for atom in adder.atoms:
        # The slice has one pin for the first DI and a carry in from the fabric; with both, DI comes from the table.
        cells += _atom(m, atom, wires, crowded=not cells and adder.carry_in is not None)
    return seven_series_carries(m, cells, wires[adder.carry_in] if adder.carry_in is not None else ZERO)


def seven_series_carries(m: Module, cells: Sequence[tuple[Value, Value]], start: Value) -> list[Value]:
    """A 7-series carry chain over `cells`, S and DI of each; their sums, and the last carry.

    Args:
        start: the first carry.
    """
    sums: list[Value] = []
    carry: Value = ZERO
    for first in range(0, len(cells), 4):
        part = [*cells[first : first + 4]]
        part += [(ZERO, ZERO)] * (4 - len(part))
        carries, outputs = Signal(4), Signal(4)
        m.submodules += Instance(
            "CARRY4",
            i_CI=carry,
            i_CYINIT=ZERO if first else start,
            i_S=Cat(propagate for propagate, _ in part),
            i_DI=Cat(generate for _, generate in part),
            o_CO=carries,
            o_O=outputs,
        )
        sums += list(outputs)
        carry = carries[3]
        last = carries[(len(cells) - 1) % 4]
    return [*sums[: len(cells)], last]


def _atom(m: Module, atom: Atom, wires: Wires, *, crowded: bool) -> list[tuple[Value, Value]]:
    low, high = [wires[bit] for bit in atom.low], [wires[bit] for bit in atom.high]
    if atom.cells == 1:
        if len(low) < 2:
            return [(low[0] if low else ZERO, ZERO)]
        if crowded:
            return [two_outputs(m, parity, lambda x, y: x, low)]
        return [(_lut(m, parity, low), low[0])]
    total = _lut(m, parity, low)
    if high:  # the pairs among the first three, and one more
        return [
            (total, low[3]),
            (_lut(m, lambda x, y, z, more: more ^ majority(x, y, z), [*low[:3], *high]), high[0]),
        ]
    pairs = two_outputs(m, lambda *bits: sum(bits) // 2 == 1, lambda *bits: sum(bits) // 2 == 2, low[:5])
    return [(total, low[5]), pairs]


def seven_series_sum(m: Module, operands: Sequence[Operand], width: int) -> Value:
    """The low `width` bits of a sum of three, of which at most two are negated.

    A carry chain whose tables add three bits; subtracting is adding the complement and one. A table has room for more:
    beside the parity of three bits and a carry it makes their majority, which enters the next place, so that three
    operands take one cell a place as two do. The sum must go to a register then: the slice has one way out for sum and
    majority (UG474; Simkins and Philofsky, US patent 7,274,211, describe the structure).
    """
    ones = sum(operand.negate for operand in operands)
    columns = zip(*(extended(operand.value, width) for operand in operands), strict=True)
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
    return Cat(seven_series_carries(m, cells, C(ones > 0, 1))[:width])
