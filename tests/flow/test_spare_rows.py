"""Every other row of a large ECP5 design is left to wires."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hwgen.flow.spare_rows import DIES, FILL, LEAST, leave_rows
from hwgen.flow.utilisation import Utilisation, of_netlist


def netlist(folder: Path) -> Path:
    path = folder / "top.json"
    cell = {"type": "LUT4", "attributes": {}, "connections": {}}
    path.write_text(json.dumps({"modules": {"top": {"attributes": {"top": "1"}, "cells": {"own": cell}}}}))
    return path


@pytest.mark.parametrize(("size", "tables"), [("12f", 24_288), ("25f", 24_288), ("45f", 43_848), ("85f", 83_640)])
def test_the_rows_of_a_die_hold_its_tables(size: str, tables: int) -> None:
    """The data sheets' numbers."""
    die = DIES[size]
    assert die.tables + 8 * len(die.spare) * (die.columns - 1) == tables


def test_a_large_design_on_a_larger_part(tmp_path: Path) -> None:
    path = netlist(tmp_path)
    spare = leave_rows(path, "lfe5u-85f-bg381", Utilisation(15_000, 0, 0, 0))
    assert spare == len(DIES["85f"].spare) * 123 * 8
    assert of_netlist(path, "ecp5").luts == 1 + spare
    places = {
        cell["attributes"].get("BEL") for cell in json.loads(path.read_text())["modules"]["top"]["cells"].values()
    }
    assert {"X2/Y2/SLICEA.K0", "X124/Y92/SLICED.K1"} <= places
    assert not [place for place in places if place and "/Y10/" in place], "a row of block RAMs"


@pytest.mark.parametrize(
    ("part", "luts"),
    [
        ("lfe5u-85f-bg381", LEAST - 1),
        ("lfe5u-25f-mg285", 15_000),
        ("lfe5u-85f-bg381", round(FILL * DIES["85f"].tables) + 1),
    ],
)
def test_others_are_left_alone(tmp_path: Path, part: str, luts: int) -> None:
    path = netlist(tmp_path)
    before = path.read_text()
    assert leave_rows(path, part, Utilisation(luts, 0, 0, 0)) == 0
    assert path.read_text() == before
