"""One of many bits in the multiplexers of ECP5's slices (Lattice TN-02032).

PFUMX and L6MUX21 join any two tables' outputs: a bit of a group of 16 takes 8 look-up tables. Synthesis knows them for
wide tables with common inputs only and takes twice as many (20 values of 5 bits: 60 look-up tables, by synthesis 130).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from amaranth.hdl import C, Instance, Module, Mux, Signal, Value

GROUP = 16
"""Values that the multiplexers of a slice join, where a table takes two."""
_SECOND = 0xCACA
"""Table of ``C ? B : A``."""


def ecp5_select(m: Module, bits: Sequence[Value], number: Value) -> Value:
    """One of up to `GROUP` bits, in a whole tree, or in two and a table where the upper half has few."""
    if len(bits) == 1:
        return bits[0]
    height = (len(bits) - 1).bit_length()
    half = 1 << height - 1
    if len(bits) - half > half // 2:
        return _tree(m, [*bits, *[bits[-1]] * (2 * half - len(bits))], number)
    return Mux(number[height - 1], ecp5_select(m, bits[half:], number), _tree(m, bits[:half], number))


def _tree(m: Module, bits: Sequence[Value], number: Value) -> Value:
    """Of a power of two: the slices' multiplexers join nothing but each other's outputs, and tables'."""
    if len(bits) == 1:
        return bits[0]
    level = [_table(m, pair, number[0]) for pair in _pairs(bits)]
    height = 1
    while len(level) > 1:
        level = [_join(m, pair, number[height], height) for pair in _pairs(level)]
        height += 1
    return level[0]


def _pairs(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    return (values[place : place + 2] for place in range(0, len(values), 2))


def _table(m: Module, pair: Sequence[Value], select: Value) -> Value:
    output = Signal()
    m.submodules += Instance(
        "LUT4", p_INIT=C(_SECOND, 16), i_A=pair[0], i_B=pair[1], i_C=select, i_D=C(0, 1), o_Z=output
    )
    return output


def _join(m: Module, pair: Sequence[Value], select: Value, height: int) -> Value:
    output = Signal()
    if height == 1:
        m.submodules += Instance("PFUMX", i_BLUT=pair[0], i_ALUT=pair[1], i_C0=select, o_Z=output)
    else:
        m.submodules += Instance("L6MUX21", i_D0=pair[0], i_D1=pair[1], i_SD=select, o_Z=output)
    return output
