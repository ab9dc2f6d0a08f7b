"""One of many values, in the multiplexers of a part's slices where it has some that synthesis does not use well."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Value

from hwgen.chips.family import GENERIC, Family
from hwgen.rtl.decision.folded_argmax import chosen


def multiplex(m: Module, values: Sequence[Value], number: Value, family: Family = GENERIC) -> Value:
    """``values[number]``, all of one shape; anything for a number that has no value.

    By halving, and of as many at a time as the multiplexers of a family's slices join.
    """
    if len(values) == 1:
        return values[0]
    group = family.select_group
    if group is None:
        return chosen(values, number)
    outputs = []
    for start in range(0, len(values), group):
        part = values[start : start + group]
        outputs.append(Cat(family.select(m, [value[bit] for value in part], number) for bit in range(len(values[0]))))
    joined = chosen(outputs, number[group.bit_length() - 1 :])
    return joined.as_signed() if values[0].shape().signed else joined
