"""Which of two numbers is the greater."""

from __future__ import annotations

from amaranth.hdl import Value


def exceeds(one: Value, other: Value, family: str | None) -> Value:
    """Whether `one` is greater.

    Where tables have four inputs, the sign of the difference takes a carry chain and nothing else; synthesis makes
    twice as much of a comparison. With six inputs, a table compares two places, and the comparison is smaller.

    Args:
        family: of the part; None for any.
    """
    if family in (None, "xilinx"):
        return one > other
    return (other - one)[-1]  # one bit wider than either, and signed
