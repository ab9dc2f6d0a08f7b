"""Gowin's tables and adders (UG288)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amaranth.hdl import C, Instance, Module, Signal, Value

from hwgen.chips.cells.adders import ZERO
from hwgen.chips.cells.lines import ChainCell
from hwgen.chips.cells.tables import table_of


def gowin_lut(m: Module, function: Callable[..., int], inputs: Sequence[Value]) -> Value:
    """A table of up to four inputs."""
    output = Signal()
    count = len(inputs)
    pins = {f"i_I{place}": value for place, value in enumerate(inputs)}
    init = C(table_of(function, count), 1 << count)
    m.submodules += Instance(f"LUT{count}", p_INIT=init, **pins, o_F=output)
    return output


def gowin_line(m: Module, cells: Sequence[ChainCell]) -> list[Value]:
    """A carry chain, and its sums."""
    sums: list[Value] = []
    carry: Value = ZERO
    for cell in cells:
        x, y = cell.operands
        total, following = Signal(), Signal()
        # Mode 2 adds or subtracts; I3 says which.
        pins = {"i_I0": x, "i_I1": y, "i_I3": C(1, 1), "i_CIN": carry}
        m.submodules += Instance("ALU", p_ALU_MODE=2, **pins, o_SUM=total, o_COUT=following)
        sums.append(total)
        carry = following
    return sums
