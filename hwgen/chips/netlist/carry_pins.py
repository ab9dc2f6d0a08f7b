"""Spreads the inputs of ECP5's adders over all pins of their look-up tables.

Pins A and B of a table are reached from the odd tracks of the wires beside it alone, C and D from the even ones. An
adder whose operands all lie on A and B, as synthesis leaves them, can use half of the chip's wires, and a router that
has to fit thousands of them into a dense corner takes up and lays down the same nets for ever.

Half a CCU2C makes its sum of A, B, C and D, but the carry that it generates of A and B alone. That carry matters only
where the sum of the operands is 0, and there one operand tells it: this one stays on A or B, the other is free to go.
"""

from __future__ import annotations

from typing import Any

Cell = dict[str, Any]
_HALVES = "01"
_PINS = "ABCD"
_TIED = "1"
"""What unused pins are tied to, for nothing: nextpnr leads a net to those that are 0 beside a 0."""
_PAIRS = (("A", "C"), ("B", "D"), ("A", "D"), ("B", "C"))
"""Pins of the operand that tells the carry, and of the other, in turn along the chains."""


def spread_pins(cells: list[Cell]) -> int:
    """Move operands of CCU2C cells; every sum and carry stays what it is.

    Args:
        cells: of a module of yosys's JSON, changed in place.

    Returns:
        how many halves of a cell were changed.
    """
    turn = 0
    for cell in cells:
        if cell["type"] != "CCU2C":
            continue
        for half in _HALVES:
            turn += _spread(cell, half, turn)
    return turn


def _spread(cell: Cell, half: str, turn: int) -> bool:
    """Move the operands of one half, where it has two and one tells its carry."""
    pins, parameters = cell["connections"], cell["parameters"]
    levels = {pin: pins[pin + half][0] for pin in _PINS}
    used = [pin for pin in _PINS if isinstance(levels[pin], int)]
    # "x" may be anything, so what it is now is not known.
    known = all(isinstance(level, int) or level in ("0", "1") for level in levels.values())
    if parameters.get(f"INJECT1_{half}") != "NO" or not known or len({levels[pin] for pin in used}) != 2:
        return False
    if len(used) != 2:
        return False
    table = int(parameters[f"INIT{half}"], 2)
    sums, carries = _functions(table, levels, used)
    tellers = [place for place in (0, 1) if (_told(sums, carries, place)) is not None]
    if not tellers:
        return False
    teller = tellers[turn // len(_PAIRS) % len(tellers)]
    carry = _told(sums, carries, teller)
    assert carry is not None
    pin, other = _PAIRS[turn % len(_PAIRS)]
    parameters[f"INIT{half}"] = format(_table(sums, carry, teller, _PINS.index(pin), _PINS.index(other)), "016b")
    for each in _PINS:
        pins[each + half] = [_TIED]
    pins[pin + half], pins[other + half] = [levels[used[teller]]], [levels[used[1 - teller]]]
    return True


Function = dict[tuple[int, int], int]


def _functions(table: int, levels: dict[str, int | str], used: list[str]) -> tuple[Function, Function]:
    """Sum and generated carry of a half, by the values of its two operands."""
    sums: Function = {}
    carries: Function = {}
    for values in ((0, 0), (0, 1), (1, 0), (1, 1)):
        row = 0
        for place, pin in enumerate(_PINS):
            level = values[used.index(pin)] if pin in used else int(levels[pin])
            row |= level << place
        sums[values], carries[values] = table >> row & 1, table >> (row & 3) & 1
    return sums, carries


def _told(sums: Function, carries: Function, operand: int) -> list[int] | None:
    """The carry by the value of one operand, None where the other one matters."""
    by_value: dict[int, int] = {}
    for values, total in sums.items():
        if not total and by_value.setdefault(values[operand], carries[values]) != carries[values]:
            return None
    return [by_value.get(value, 0) for value in (0, 1)]


def _table(sums: Function, carry: list[int], teller: int, pin: int, other: int) -> int:
    """The table with the telling operand on `pin`; its first four rows, where C and D are 0, make the carry."""
    table = 0
    for row in range(16):
        first, second = row >> pin & 1, row >> other & 1
        value = carry[first] if row < 4 else sums[(first, second) if teller == 0 else (second, first)]
        table |= value << row
    return table
