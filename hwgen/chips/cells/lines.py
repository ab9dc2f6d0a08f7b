"""Carry chains where tables have four inputs.

The chains of a level stand in one line: a cell whose two operands are the same bit z hands the carry of the chain below
it out as its sum, and z up as the carry in of the chain above. So a chain costs its own cells and one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from amaranth.hdl import Module, Value

from hwgen.chips.cells.adders import ZERO, Adder, Wires

LONGEST_LINE = 64
"""Cells of a line; a timing analyser sees a path along the whole of it."""


@dataclass(frozen=True)
class ChainCell:
    """Adds two operands and the carry: two bits, or on ECP5 a function each of ``(a, b)`` and ``(c, d)``.

    Attributes:
        operands: two bits, or four.
        both: of four: whether an operand is the conjunction of its two bits, or else their parity.
        output: the bit of the plan that is its sum; None when nobody wants it.
    """

    operands: tuple[Value, ...]
    output: int | None
    both: bool = False


def lines_of(chains: Sequence[Adder]) -> list[list[Adder]]:
    """The chains of a level, as many to a line as it may hold."""
    lines: list[list[Adder]] = []
    room = 0
    for chain in chains:
        if chain.cells + 1 > room or not lines:
            lines.append([])
            room = LONGEST_LINE
        lines[-1].append(chain)
        room -= chain.cells + 1
    return lines


def place_line(
    m: Module,
    chains: Sequence[Adder],
    wires: Wires,
    cells_of: Callable[[Module, Sequence[ChainCell]], list[Value]],
) -> None:
    """Place the chains of a line.

    Args:
        cells_of: makes the cells, the lowest first, and returns their sums.
    """
    cells: list[ChainCell] = []
    pending: int | None = None  # the bit that is the carry of the chain before
    carried = False
    for chain in chains:
        carry_in = wires[chain.carry_in] if chain.carry_in is not None else ZERO
        if carried or chain.carry_in is not None:
            cells.append(ChainCell((carry_in, carry_in), pending))
        place = 0
        for atom in chain.atoms:
            operands = tuple(wires[bit] for bit in atom.low)
            if atom.cells == 2:
                cells.append(ChainCell(operands, chain.outputs[place]))
                cells.append(ChainCell(operands, chain.outputs[place + 1], both=True))
            else:
                cells.append(ChainCell((*operands, *[ZERO] * (2 - len(operands))), chain.outputs[place]))
            place += atom.cells
        carried, pending = chain.ends_in_carry, chain.outputs[-1] if chain.ends_in_carry else None
    if carried:
        cells.append(ChainCell((ZERO, ZERO), pending))
    outputs = cells_of(m, cells)
    wires.update({cell.output: value for cell, value in zip(cells, outputs, strict=True) if cell.output is not None})
