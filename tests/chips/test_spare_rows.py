"""Every other row of a large ECP5 design is left to wires."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hwgen.chips.ecp5 import ECP5
from hwgen.chips.netlist.spare_rows import DIES, FILL, LEAST, leave_rows
from hwgen.flow.utilisation import of_design


def module() -> dict[str, Any]:
    return {"attributes": {"top": "1"}, "cells": {"own": {"type": "LUT4", "attributes": {}, "connections": {}}}}


@pytest.mark.parametrize(("size", "tables"), [("12f", 24_288), ("25f", 24_288), ("45f", 43_848), ("85f", 83_640)])
def test_the_rows_of_a_die_hold_its_tables(size: str, tables: int) -> None:
    """The data sheets' numbers."""
    die = DIES[size]
    assert die.tables + 8 * len(die.spare) * (die.columns - 1) == tables


def test_every_other_row_is_occupied() -> None:
    occupied, die = module(), DIES["85f"]
    assert leave_rows(occupied, die) == len(occupied["cells"]) - 1 == len(die.spare) * 123 * 8
    places = {cell["attributes"].get("BEL") for cell in occupied["cells"].values()} - {None}
    assert {"X2/Y2/SLICEA.K0", "X124/Y92/SLICED.K1"} <= places
    rows = {int(place.split("/")[1][1:]) for place in places}
    assert not [row for row in rows if row % 2 or row in die.others], "an odd row, or one of block RAMs"


@pytest.mark.parametrize(
    ("part", "luts", "room"),
    [
        ("lfe5u-85f-bg381", 15_000, True),
        ("lfe5u-85f-bg381", LEAST - 1, False),
        ("lfe5u-25f-mg285", 15_000, False),
        ("lfe5u-85f-bg381", round(FILL * DIES["85f"].tables) + 1, False),
        ("lfe5u-65f-bg381", 15_000, False),
    ],
)
def test_only_large_designs_that_leave_room_are_spread(part: str, luts: int, room: bool) -> None:
    design = {"modules": {"top": module() | {"netnames": {}}}}
    before = json.dumps(design)
    spare = ECP5.spread(design, part, luts)
    assert (spare > 0) == room
    assert of_design(design, ECP5).luts == 1 + spare
    assert room or json.dumps(design) == before
