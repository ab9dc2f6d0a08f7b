"""Truth tables, and tables of a memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def table_of(function: Callable[..., int], inputs: int) -> int:
    """The truth table of `function`, its first argument counting fastest."""
    return sum(bool(function(*(row >> place & 1 for place in range(inputs)))) << row for row in range(1 << inputs))


def widened(function: Callable[..., int], count: int, inputs: int) -> int:
    """`function` of `count` arguments as a table of more `inputs`, the rest of which do not matter."""
    return table_of(lambda *bits: function(*bits[:count]), inputs)


def parity(*bits: int) -> int:
    """The sum's lowest bit."""
    return sum(bits) & 1


def majority(*bits: int) -> int:
    """Whether two or more are 1."""
    return int(sum(bits) >= 2)


def transposed(columns: Sequence[int], rows: int) -> list[int]:
    """A bit of all rows each, as a row of all bits each."""
    return [sum((column >> row & 1) << place for place, column in enumerate(columns)) for row in range(rows)]
