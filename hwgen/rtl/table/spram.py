"""The large single-port memories of iCE40UP5K."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Array, ClockSignal, Instance, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hwgen.errors import HwgenError

BLOCKS, ROWS, WORD = 4, 1 << 14, 16
"""How many there are, and the rows and bits of each: 256 kbit."""


@dataclass(frozen=True)
class SpramLayout:
    """How the rows of a table lie in SPRAM.

    A row is read in `reads` pieces, each of as many words as blocks lie side by side. Piece p of row r is at address
    ``p * rows + r``.

    Attributes:
        rows, words: of the table; a word has 16 bits.
        wide: blocks side by side.
        deep: such groups, one behind another.
    """

    rows: int
    words: int
    wide: int
    deep: int

    @property
    def reads(self) -> int:
        """Cycles that a row takes."""
        return -(-self.words // self.wide)

    @property
    def blocks(self) -> int:
        return self.wide * self.deep

    @classmethod
    def of(cls, rows: int, row_bits: int) -> SpramLayout:
        """The layout of fewest reads, and of these the one of fewest blocks.

        Raises:
            HwgenError: when the table does not fit.
        """
        words = -(-row_bits // WORD)
        wides = range(1, BLOCKS + 1)
        layouts = [cls(rows, words, wide, -(-(-(-words // wide) * rows) // ROWS)) for wide in wides]
        fitting = [layout for layout in layouts if layout.blocks <= BLOCKS]
        if not fitting:
            raise HwgenError(
                f"the embedding ({rows} rows of {row_bits} bits) does not fit the {BLOCKS} SPRAMs of "
                f"{ROWS * WORD >> 10} kbit; train with a smaller vocabulary.size"
            )
        return min(fitting, key=lambda layout: (layout.reads, layout.blocks))


class Spram(wiring.Component):
    """Blocks of SPRAM as one memory of ``deep x 16,384`` rows of ``wide x 16`` bits.

    Reads 1 cycle later, and keeps what was read until the next read or write. Costs ``wide x deep`` SPRAMs, and a
    multiplexer where it is deep. Nothing is in it at first. On hardware a write leaves `data` undefined.

    Ports:
        address: of the row.
        read: `data` shows the row from the next cycle on.
        write: of each word of the row, whether `word` goes there; not together with `read`.
    """

    def __init__(self, wide: int, deep: int, rows: int = ROWS) -> None:
        """
        Args:
            rows: of a block that are used at most; a simulator keeps few others.
        """
        self.wide, self.deep, self.rows = wide, deep, rows
        super().__init__(
            {
                "address": In(range(deep * ROWS)),
                "read": In(1),
                "data": Out(wide * WORD),
                "write": In(wide),
                "word": In(WORD),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        group, shown = self.address[14:], Signal(range(self.deep))
        with m.If(self.read):
            m.d.sync += shown.eq(group)
        for place in range(self.wide):
            outputs = []
            for number in range(self.deep):
                m.submodules[f"block_{place}_{number}"] = block = _Block(self.rows)
                chosen = group == number if self.deep > 1 else 1
                m.d.comb += [
                    block.address.eq(self.address[:14]),
                    block.read.eq(self.read & chosen),
                    block.write.eq(self.write[place] & chosen),
                    block.word.eq(self.word),
                ]
                outputs.append(block.data)
            m.d.comb += self.data.word_select(place, WORD).eq(Array(outputs)[shown])
        return m


class _Block(wiring.Component):
    """One SPRAM; where there is no part, a memory that behaves alike."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        super().__init__({"address": In(14), "read": In(1), "write": In(1), "word": In(WORD), "data": Out(WORD)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if platform is None:
            m.submodules.memory = memory = Memory(shape=WORD, depth=1 << bits_for(self.rows - 1), init=[])
            reader, writer = memory.read_port(), memory.write_port()
            m.d.comb += [
                reader.addr.eq(self.address),
                reader.en.eq(self.read & ~self.write),
                self.data.eq(reader.data),
                writer.addr.eq(self.address),
                writer.en.eq(self.write),
                writer.data.eq(self.word),
            ]
        else:
            m.submodules.spram = Instance(
                "SB_SPRAM256KA",
                i_CLOCK=ClockSignal(),
                i_ADDRESS=self.address,
                i_DATAIN=self.word,
                i_MASKWREN=0b1111,
                i_WREN=self.write,
                i_CHIPSELECT=self.read | self.write,
                i_STANDBY=0,
                i_SLEEP=0,
                i_POWEROFF=1,  # active low
                o_DATAOUT=self.data,
            )
        return m
