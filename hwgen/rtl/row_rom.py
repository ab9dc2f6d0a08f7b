"""The rows of a schedule, one after the other, from a ROM that is read ahead."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import C, Cat, ClockSignal, Const, Instance, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

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

    def __init__(self, columns: Sequence[int], rows: int, family: str | None = None) -> None:
        """`columns`: a bit of all rows each, row 0 the lowest; `family`: of the part, None for any."""
        self.columns, self.rows, self.family = tuple(columns), rows, family
        super().__init__({"advance": In(1), "row": Out(len(columns)), "ready": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        full = (1 << self.rows) - 1
        stored: dict[int, int] = {}
        for column in self.columns:
            if column not in (0, full) and full ^ column not in stored:
                stored.setdefault(column, len(stored))
        placed = self.family == "ecp5" and platform is not None and LOGIC_ROWS < self.rows <= _ECP5_ROWS
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
            return _ecp5_rom(m, columns, self.rows, address, move)
        rows = [sum((column >> row & 1) << place for place, column in enumerate(columns)) for row in range(self.rows)]
        m.submodules.memory = memory = Memory(
            shape=len(columns), depth=self.rows, init=rows, attrs={"rom_style": "logic" if in_logic else "block"}
        )
        port = memory.read_port()
        m.d.comb += [port.addr.eq(address), port.en.eq(move)]
        if in_logic:
            return port.data
        shown = Signal(len(columns), reset_less=True)
        with m.If(move):
            m.d.sync += shown.eq(port.data)
        return shown


_ECP5_ROWS = 2048
_ECP5_WORD, _ECP5_BITS = 18, 14
"""Bits of a word as a block RAM keeps it, and of the address of a single bit."""


def _ecp5_rom(m: Module, columns: list[int], rows: int, address: Value, enable: Value) -> Value:
    """Block RAMs with their output registers (Lattice TN-02204).

    Up to 512 rows, the two ports read one half each; up to 1024, and to 2048 at 9 bits, one port is enough.
    """
    width = _ECP5_WORD if rows <= 1024 else _ECP5_WORD // 2
    ports = 2 if rows <= 512 else 1
    outputs = []
    for first in range(0, len(columns), width * ports):
        words = [0] * ((1 << 10) * _ECP5_WORD // width)
        half = len(words) // 2
        for place, column in enumerate(columns[first : first + width * ports]):
            for row in range(rows):
                words[place // width * half + row] |= (column >> row & 1) << place % width
        contents = sum(word << place * width for place, word in enumerate(words))
        pins: dict[str, object] = {}
        for number, port in enumerate("AB"):
            own = Cat(address, C(0, _ECP5_BITS))[: 10 if width == _ECP5_WORD else 11]
            if ports == 2:
                own = Cat(own[:9], C(number, 1))
            padded = Cat(C(0, _ECP5_BITS - len(own)), own)
            pins |= {f"i_AD{port}{bit}": padded[bit] for bit in range(_ECP5_BITS)}
            pins |= {f"p_DATA_WIDTH_{port}": width, f"p_REGMODE_{port}": "OUTREG", f"p_CLK{port}MUX": f"CLK{port}"}
            pins |= {f"i_CLK{port}": ClockSignal(), f"i_CE{port}": enable, f"i_OCE{port}": enable}
            pins |= {f"i_{pin}{port}": C(0, 1) for pin in ("WE", "RST")}
            pins |= {f"i_CS{port}{bit}": C(0, 1) for bit in range(3)}
            output = Signal(width)
            if number < ports:
                pins |= {f"o_DO{port}{bit}": output[bit] for bit in range(width)}
                outputs.append(output)
        for slice_ in range(64):
            below = [contents >> (16 * slice_ + word) * _ECP5_WORD & (1 << _ECP5_WORD) - 1 for word in range(16)]
            pins[f"p_INITVAL_{slice_:02X}"] = C(sum(word << 20 * place for place, word in enumerate(below)), 320)
        m.submodules += Instance("DP16KD", p_CSDECODE_A="0b000", p_CSDECODE_B="0b000", p_GSR="AUTO", **pins)
    return Cat(outputs)
