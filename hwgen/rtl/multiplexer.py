"""One of many values, in the multiplexers of a part's slices where it has some that synthesis does not use well."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import C, Cat, Const, Instance, Module, Signal, Value

from hwgen.rtl.folded_argmax import chosen

_HALVES = {"ecp5": 16}
"""Values that the multiplexers of a slice join, where a table takes two."""

_SELECT_LAST = 0xCACA
"""Table of ``I2 ? I1 : I0``."""


def multiplex(m: Module, values: Sequence[Value], number: Value, family: str | None = None) -> Value:
    """``values[number]``, all of one shape; anything for a number that has no value.

    By halving. On ECP5 a bit of a group of 16 takes 8 look-up tables: PFUMX and L6MUX21 join any two tables' outputs,
    while synthesis knows them for wide tables with common inputs only and takes twice as many (20 values of 5 bits:
    60 look-up tables, by synthesis 130; Lattice TN-02032).

    Args:
        family: of the part; None for plain logic, as in simulation.
    """
    if len(values) == 1:
        return values[0]
    if family not in _HALVES:
        return chosen(values, number)
    group = _HALVES[family]
    low = min(len(number), group.bit_length() - 1)
    groups = [values[start : start + group] for start in range(0, len(values), group)]
    outputs = []
    for part in groups:
        bits = [_tree(m, [value[bit] for value in part], number[:low]) for bit in range(len(values[0]))]
        outputs.append(Cat(bits))
    joined = chosen(outputs, number[low:])
    return joined.as_signed() if values[0].shape().signed else joined


def _tree(m: Module, bits: Sequence[Value], number: Value) -> Value:
    level = [_table(m, bits[place : place + 2], number[0]) for place in range(0, len(bits), 2)]
    for height, select in enumerate(number[1:]):
        kind, pins = ("PFUMX", ("BLUT", "ALUT", "C0")) if height == 0 else ("L6MUX21", ("D0", "D1", "SD"))
        level = [_join(m, kind, pins, level[place : place + 2], select) for place in range(0, len(level), 2)]
    return level[0]


def _table(m: Module, bits: Sequence[Value], select: Value) -> Value:
    """A table by itself, even of one value: the multiplexer behind it takes nothing else."""
    output = Signal()
    last = bits[1] if len(bits) == 2 else bits[0]
    m.submodules += Instance(
        "LUT4", p_INIT=C(_SELECT_LAST, 16), i_A=bits[0], i_B=last, i_C=select, i_D=Const(0, 1), o_Z=output
    )
    return output


def _join(m: Module, kind: str, pins: tuple[str, str, str], pair: Sequence[Value], select: Value) -> Value:
    if len(pair) == 1:
        return pair[0]
    output = Signal()
    ports = {f"i_{pin}": value for pin, value in zip(pins, (*pair, select), strict=True)}
    m.submodules += Instance(kind, **ports, o_Z=output)
    return output
