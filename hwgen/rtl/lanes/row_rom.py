"""The rows of a schedule, one after the other, from a ROM that is read ahead."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.chips.cells.tables import transposed
from hwgen.chips.family import GENERIC, Family

LOGIC_ROWS = 16
"""Up to so many rows, a bit of them is one look-up table of the row's number; more go to block RAMs, in whose place
synthesis would still spend hundreds of tables on 40 rows."""


class RowRom(wiring.Component):
    """Shows row 0, and the next one after each `advance`, over and over again.

    Reading goes ahead, so that a block RAM's data pass a register of their own and there is no idle cycle between the
    last row and the first; `ready` comes after that has been filled, two cycles behind a reset. Bits that never change,
    and bits that are equal in all rows (or each other's opposite), are stored once. One row takes wires only. On ECP5
    the register is the block RAM's own: without it, data leave 5.6 ns after the clock.

    Ports:
        advance: show the next row.
        row: its bits.
        ready: `row` is valid.
    """

    def __init__(self, columns: Sequence[int], rows: int, family: Family = GENERIC) -> None:
        """`columns`: a bit of all rows each, row 0 the lowest; `family`: of the part, None for any."""
        self.columns, self.rows, self.family = tuple(columns), rows, family
        self._full = full = (1 << rows) - 1
        self._stored: dict[int, int] = {}
        for column in self.columns:
            if column not in (0, full) and full ^ column not in self._stored:
                self._stored.setdefault(column, len(self._stored))
        super().__init__({"advance": In(1), "row": Out(len(columns)), "ready": Out(1)})

    @property
    def width(self) -> int:
        """Bits of a row as it is stored."""
        return len(self._stored)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        full, stored = self._full, self._stored
        placed = platform is not None and LOGIC_ROWS < self.rows <= self.family.row_rom_rows
        bits = self._read(m, list(stored), placed)
        for place, column in enumerate(self.columns):
            if column in stored:
                bit: Value = bits[stored[column]]
            elif full ^ column in stored:
                bit = ~bits[stored[full ^ column]]
            else:
                bit = Const(column & 1, 1)
            m.d.comb += self.row[place].eq(bit)
        return m

    def _read(self, m: Module, columns: list[int], placed: bool) -> Value:
        """The stored bits of the row that is shown."""
        if not columns:
            m.d.comb += self.ready.eq(1)
            return Const(0, 1)
        in_logic = self.rows <= LOGIC_ROWS
        address = Signal(range(self.rows))
        filled = Signal(1 if in_logic else 2)
        move = Signal()
        m.d.comb += [self.ready.eq(filled[-1]), move.eq(self.advance | ~self.ready)]
        m.d.sync += filled.eq(Cat(Const(1, 1), filled))
        with m.If(move):
            m.d.sync += address.eq(Mux(address == self.rows - 1, 0, address + 1))
        if placed:
            return self.family.row_rom(m, columns, self.rows, address, move)
        m.submodules.memory = memory = Memory(
            shape=len(columns),
            depth=self.rows,
            init=transposed(columns, self.rows),
            attrs={"rom_style": "logic" if in_logic else "block"},
        )
        port = memory.read_port()
        m.d.comb += [port.addr.eq(address), port.en.eq(move)]
        if in_logic:
            return port.data
        shown = Signal(len(columns), reset_less=True)
        with m.If(move):
            m.d.sync += shown.eq(port.data)
        return shown
