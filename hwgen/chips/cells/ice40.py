"""iCE40's tables and carries (Lattice's iCE technology library)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amaranth.hdl import C, Instance, Module, Signal, Value

from hwgen.chips.cells.adders import ZERO
from hwgen.chips.cells.lines import ChainCell
from hwgen.chips.cells.tables import parity, table_of, widened


def ice40_lut(m: Module, function: Callable[..., int], inputs: Sequence[Value]) -> Value:
    """A table of up to four inputs."""
    output = Signal()
    count = len(inputs)
    pins = {f"i_I{place}": value for place, value in enumerate([*inputs, *[ZERO] * (4 - count)])}
    m.submodules += Instance("SB_LUT4", p_LUT_INIT=C(widened(function, count, 4), 16), **pins, o_O=output)
    return output


def ice40_line(m: Module, cells: Sequence[ChainCell]) -> list[Value]:
    """A carry chain, and its sums."""
    sums: list[Value] = []
    carry: Value = ZERO
    for place, cell in enumerate(cells):
        x, y = cell.operands
        total = Signal()
        if cell.output is not None:
            table = C(table_of(lambda _, x, y, carry: parity(x, y, carry), 4), 16)
            pins = {"i_I0": ZERO, "i_I1": x, "i_I2": y, "i_I3": carry}
            m.submodules += Instance("SB_LUT4", p_LUT_INIT=table, **pins, o_O=total)
        sums.append(total)
        if place < len(cells) - 1:
            following = Signal()
            m.submodules += Instance("SB_CARRY", i_I0=x, i_I1=y, i_CI=carry, o_CO=following)
            carry = following
    return sums
