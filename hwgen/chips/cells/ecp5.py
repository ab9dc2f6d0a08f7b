"""ECP5's tables and carry chains (Lattice TN-02032)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amaranth.hdl import C, Cat, Instance, Module, Signal, Value

from hwgen.chips.cells.adders import ZERO, Operand, extended
from hwgen.chips.cells.lines import ChainCell
from hwgen.chips.cells.tables import parity, table_of, widened

Ecp5Cell = tuple[int, tuple[Value, ...]]
"""Half of a CCU2C: its table, and what is on A, B, C and D."""


def ecp5_lut(m: Module, function: Callable[..., int], inputs: Sequence[Value]) -> Value:
    """A table of up to four inputs."""
    output = Signal()
    count = len(inputs)
    pins = {f"i_{name}": value for name, value in zip("ABCD", [*inputs, *[ZERO] * (4 - count)], strict=True)}
    m.submodules += Instance("LUT4", p_INIT=C(widened(function, count, 4), 16), **pins, o_Z=output)
    return output


def ecp5_line(m: Module, cells: Sequence[ChainCell]) -> list[Value]:
    """A carry chain, and its sums."""
    return ecp5_carries(m, [_chain_cell(cell) for cell in cells], ZERO)


def ecp5_carries(m: Module, cells: Sequence[Ecp5Cell], start: Value | None) -> list[Value]:
    """An ECP5 carry chain: sum = table ^ carry, next carry = table ? carry : the table of A and B at C = D = 0.

    Args:
        start: the first carry. None where the first cell makes the second by itself and nobody wants its sum; place
            and route spends two cells on any other, constants included, and two where a last carry has a wire.

    Returns:
        The sums.
    """
    sums: list[Value] = []
    carry = start
    idle = (0, (ZERO,) * 4)
    for first in range(0, len(cells), 2):
        pins: dict[str, object] = {} if carry is None else {"i_CIN": carry}
        for half, (table, inputs) in enumerate([*cells[first : first + 2], idle][:2]):
            pins |= {f"p_INIT{half}": C(table, 16), f"p_INJECT1_{half}": "NO"}
            pins |= {f"i_{name}{half}": value for name, value in zip("ABCD", inputs, strict=True)}
        total = Signal(2)
        if first + 2 < len(cells):
            carry = Signal()
            pins["o_COUT"] = carry
        m.submodules += Instance("CCU2C", **pins, o_S0=total[0], o_S1=total[1])
        sums += list(total)
    return sums[: len(cells)]


def ecp5_cell(adds: Callable[[int, int], int], carries: Callable[[int, int], int], x: Value, y: Value) -> Ecp5Cell:
    """Of two bits: what it adds to the carry, and the carry it makes where that is 0.

    D, which is 1, tells the two functions apart.
    """
    return table_of(lambda x, y, _, d: adds(x, y) if d else carries(x, y), 4), (x, y, ZERO, C(1, 1))


def _chain_cell(cell: ChainCell) -> Ecp5Cell:
    if len(cell.operands) == 2:
        return ecp5_cell(lambda x, y: x ^ y, lambda x, _: x, *cell.operands)
    # With C = D = 0 the second operand is 0, and the table shows the first: just the carry where both are equal.
    if cell.both:
        return table_of(lambda a, b, c, d: (a & b) ^ (c & d), 4), cell.operands
    return table_of(parity, 4), cell.operands


def ecp5_sum(m: Module, operands: Sequence[Operand], width: int) -> Value:
    """The low `width` bits of a sum of two, of which one may be negated.

    A carry chain that makes its first carry itself, in a cell before the first place or in that place's stead.

    A first carry, even a constant one, is led into a chain by two cells; a chain that makes its own takes one at most.
    Cells come in pairs, so it is whichever leaves no half over; the sum of the lowest place is then one more table.
    """
    added, other = sorted(operands, key=lambda operand: operand.negate)
    minus = int(other.negate)
    places = list(zip(extended(added.value, width), extended(other.value, width), strict=True))
    low = places[0]
    cells = [ecp5_cell(lambda x, y: x ^ y ^ minus, lambda x, _: x, *place) for place in places]
    if width % 2:
        begin = ecp5_cell(lambda *_: 0, lambda *_: minus, C(0, 1), C(0, 1))
        return Cat(ecp5_carries(m, [begin, *cells], None)[1:])
    begin = ecp5_cell(lambda *_: 0, lambda x, y: x | (1 - y) if minus else x & y, *low)
    return Cat(low[0] ^ low[1], ecp5_carries(m, [begin, *cells[1:]], None)[1:])
