"""A family says everything that is asked of it, and nobody else knows its name."""

from __future__ import annotations

import ast
import copy
import pickle
from pathlib import Path

import pytest

import hwgen
from hwgen.chips.families import FAMILIES, family_of
from hwgen.chips.family import GENERIC, ChipFamily, Family
from hwgen.errors import HwgenError

PACKAGE = Path(hwgen.__file__).parent
MAY_IMPORT = ("hwgen.chips", "hwgen.errors", "amaranth")
"""Beside what comes with Python."""


@pytest.mark.parametrize("family", [GENERIC, *FAMILIES.values()], ids=str)
def test_a_copy_is_the_same_family(family: Family) -> None:
    """Plans are compared by their families, whatever process they come from."""
    assert copy.deepcopy(family) is family
    assert pickle.loads(pickle.dumps(family)) is family


@pytest.mark.parametrize("family", FAMILIES.values(), ids=str)
def test_a_family_is_that_of_its_platforms(family: ChipFamily) -> None:
    for name in family.parts:
        board = type("Board", (family.platforms,), {"device": name, "package": "", "part": name})
        assert family_of(board) is family and family.budget(family.part(board)) is family.parts[name]
    assert family.costs and family.block_ram_kbit and family.table_inputs
    assert all(budget.bram_kbit == family.block_ram_kbit for budget in family.parts.values())
    assert family.budget("another part") is None


def test_a_platform_of_no_family_is_refused() -> None:
    with pytest.raises(HwgenError, match="platform int: hwgen supports ecp5, "):
        family_of(int)


def test_what_a_family_does_not_say_is_an_error_where_it_is_defined() -> None:
    with pytest.raises(TypeError, match=r"cells.*fast|fast.*cells"):
        ChipFamily(name="nexus", block_ram_kbit=18)  # type: ignore[call-arg]


def test_no_other_file_knows_a_family_by_its_name() -> None:
    known = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if PACKAGE / "chips" not in path.parents:
            constants = (node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant))
            known += [(path.name, value) for value in constants if isinstance(value, str) and value in FAMILIES]
    assert not known


def test_chips_import_nothing_that_is_built_on_them() -> None:
    foreign = []
    for path in sorted((PACKAGE / "chips").rglob("*.py")):
        for node in ast.walk(tree(path)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            foreign += [(path.name, name) for name in names if "." in name and not name.startswith(MAY_IMPORT)]
    assert {name for _, name in foreign} <= {"collections.abc"}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
