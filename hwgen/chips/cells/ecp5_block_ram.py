"""ECP5's block RAM as a ROM whose data leave by its own output register.

Synthesis does not use that register, and without it data come 5.6 ns after the clock (Lattice TN-02204).
"""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import C, Cat, ClockSignal, Instance, Module, Signal, Value

from hwgen.chips.cells.tables import transposed

COLUMNS = (1, 2, 4, 9, 18)
"""Bits of a row that a block RAM can be set to; of rows, as many as fit 16 kbit, or 18 kbit with a ninth bit."""
_ADDRESS_BITS = 14
_SLICES, _WORDS, _WORD = 64, 16, 20
"""Contents come in slices of words of 18 bits, kept in 20; a byte of a word is 9 bits apart from the other."""


def rows_of(columns: int) -> int:
    """Of a block RAM with rows of so many bits."""
    return (1 << _ADDRESS_BITS) // _unit(columns)


def ecp5_block_ram(m: Module, columns: int, rows: Sequence[int], readers: Sequence[tuple[Value, Value]]) -> list[Value]:
    """One block RAM; latency 2 cycles, of those in which it is enabled.

    Args:
        columns: of `COLUMNS`.
        rows: contents, at most `rows_of(columns)`.
        readers: address and enable, of one or both ports.

    Returns:
        for each reader the row.
    """
    unit = _unit(columns)
    contents = 0
    for number, row in enumerate(rows):
        at = number * unit
        contents |= row << (at >> 4) * _WORD + (at >> 3 & 1) * 9 + (at & 7)
    slices = _WORDS * _WORD
    pins: dict[str, object] = {
        f"p_INITVAL_{number:02X}": C(contents >> number * slices & (1 << slices) - 1, slices)
        for number in range(_SLICES)
    }
    outputs: list[Value] = []
    idle = (C(0, _ADDRESS_BITS), C(0, 1))
    for port, (address, enable) in zip("AB", [*readers, idle][:2], strict=True):
        padded = Cat(C(0, unit.bit_length() - 1), address, C(0, _ADDRESS_BITS))
        pins |= {f"i_AD{port}{bit}": padded[bit] for bit in range(_ADDRESS_BITS)}
        pins |= {f"p_DATA_WIDTH_{port}": columns, f"p_REGMODE_{port}": "OUTREG", f"p_CLK{port}MUX": f"CLK{port}"}
        pins |= {f"i_CLK{port}": ClockSignal(), f"i_CE{port}": enable, f"i_OCE{port}": enable}
        pins |= {f"i_{pin}{port}": C(0, 1) for pin in ("WE", "RST")}
        pins |= {f"i_CS{port}{bit}": C(0, 1) for bit in range(3)}
        output = Signal(columns)
        if len(outputs) < len(readers):
            pins |= {f"o_DO{port}{bit}": output[bit] for bit in range(columns)}
            outputs.append(output)
    m.submodules += Instance("DP16KD", p_CSDECODE_A="0b000", p_CSDECODE_B="0b000", p_GSR="AUTO", **pins)
    return outputs


def _unit(columns: int) -> int:
    """Addresses of a row, a ninth bit not counted."""
    return 1 << columns.bit_length() - 1


ROWS = 2048
"""Most rows of `ecp5_row_rom`."""
_HALF = 512


def row_rom_columns(rows: int) -> int:
    """Bits that a block RAM gives to each of up to `ROWS` rows in `ecp5_row_rom`."""
    return next(columns for most, columns in ((_HALF, 36), (2 * _HALF, 18), (ROWS, 9)) if rows <= most)


def ecp5_row_rom(m: Module, columns: Sequence[int], rows: int, address: Value, enable: Value) -> Value:
    """A ROM that is read one row after the other, latency 2 cycles of those in which it is enabled.

    Up to 512 rows, the two ports read one half each; up to 1024, and to 2048 at 9 bits, one port is enough.
    """
    block = row_rom_columns(rows)
    width = min(block, COLUMNS[-1])
    outputs: list[Value] = []
    if rows > _HALF:
        for first in range(0, len(columns), block):
            contents = transposed(columns[first : first + width], rows)
            outputs += ecp5_block_ram(m, width, contents, [(address, enable)])
    else:
        low = Cat(address, C(0, _HALF.bit_length() - 1))[: _HALF.bit_length() - 1]
        for first in range(0, len(columns), block):
            contents = transposed(columns[first : first + width], _HALF)
            contents += transposed(columns[first + width : first + block], _HALF)
            readers = [(Cat(low, C(half, 1)), enable) for half in range(2)]
            outputs += ecp5_block_ram(m, width, contents, readers)
    return Cat(outputs)
