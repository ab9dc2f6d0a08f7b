"""What an adder of ECP5 computes is the same wherever its operands lie."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.chips.netlist.carry_pins import spread_pins

ADDER = 0b1001_0110_1010_1010


def half(init: int, a: Any, b: Any, c: Any = "0", d: Any = "1", inject: str = "NO") -> dict[str, Any]:
    """A CCU2C whose halves are alike."""
    pins = {f"{pin}{half}": [value] for half in "01" for pin, value in zip("ABCD", (a, b, c, d), strict=True)}
    tables = {f"INIT{half}": format(init, "016b") for half in "01"}
    return {
        "type": "CCU2C",
        "parameters": tables | {f"INJECT1_{half}": inject for half in "01"},
        "connections": pins | {"CIN": [9], "COUT": [8], "S0": [6], "S1": [7]},
    }


def computes(cell: dict[str, Any], which: str) -> list[tuple[int, int]]:
    """Sum and carry out of a half for every value of nets 2, 3 and the carry in, as the vendor's model has them."""
    table, answers = int(cell["parameters"][f"INIT{which}"], 2), []
    for two, three, carry in product((0, 1), repeat=3):
        nets = {2: two, 3: three, "0": 0, "1": 1}
        row = sum(nets[cell["connections"][pin + which][0]] << place for place, pin in enumerate("ABCD"))
        total, generated = table >> row & 1, table >> (row & 3) & 1
        answers.append((total ^ carry, carry if total else generated))
    return answers


@given(st.integers(0, 0xFFFF), st.sampled_from(["0", "1"]), st.sampled_from(["0", "1"]), st.permutations([2, 3]))
def test_every_sum_and_carry_stays(init: int, c: str, d: str, operands: list[int]) -> None:
    cells = [half(init, *operands, c, d) for _ in range(8)]
    spread_pins(cells)
    before = computes(half(init, *operands, c, d), "0")
    assert all(computes(cell, which) == before for cell in cells for which in "01")


def test_the_operands_of_adders_use_all_four_pins_alike() -> None:
    cells = [half(ADDER, 2, 3) for _ in range(8)]
    assert spread_pins(cells) == 16
    lying = [pin[0] for cell in cells for pin, (net,) in cell["connections"].items() if net in (2, 3)]
    assert {pin: lying.count(pin) for pin in "ABCD"} == dict.fromkeys("ABCD", 8)


@pytest.mark.parametrize(
    "cell",
    [
        half(ADDER, 2, 3, inject="YES"),
        half(ADDER, 2, 2),
        half(ADDER, 2, "0"),
        half(ADDER, 2, 3, "x"),
        half(ADDER, 2, 3, 4),
        half(0b0000_0000_0000_1000, 2, 3),
    ],
    ids=["injected", "one net twice", "one operand", "unknown", "three operands", "both tell the carry"],
)
def test_what_cannot_move_stays(cell: dict[str, Any]) -> None:
    before = repr(cell)
    assert spread_pins([cell]) == 0 and repr(cell) == before
