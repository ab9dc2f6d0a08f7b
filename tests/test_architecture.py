"""Imports go one way: every package and module of hwgen imports what its row of a table says, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.pages import ROOT

MAY_IMPORT = {
    "errors": "",
    "cuts": "",
    "garbage": "",
    "markdown": "",
    "progress": "",
    "wire": "",
    "caches": "errors",
    "documents": "errors",
    "orphans": "errors",
    "tables": "errors",
    "arrays": "documents errors tables",
    "record": "errors tables",
    "report_file": "documents errors tables",
    "shipped": "documents errors",
    "tools": "caches errors orphans",
    "files": "documents errors tables",
    "text": "documents errors",
    "graph": "cuts errors tables",
    "chips": "errors",
    "host": "errors report_file wire",
    "model": "arrays documents errors files graph record tables text",
    "rtl": "chips errors files garbage graph tools wire",
    "sim": "caches chips errors files garbage graph progress rtl tools",
    "places": "errors host model progress rtl sim text",
    "classify": "graph model places progress text",
    "inspection": "graph model record text",
    "export": "errors files graph markdown model progress rtl sim tables text tools",
    "flow": """
        chips documents errors files garbage graph model orphans progress report_file rtl shipped sim tables text tools
        wire
    """,
    "page": "chips classify errors flow graph model places record rtl text",
    "evaluate": "errors files graph model page places progress text",
    "nn": "errors",
    "compress": "arrays cuts documents errors graph markdown model nn progress record shipped tables text",
    "bench": "compress documents errors files model progress record tables text",
    "cli": """
        bench classify compress documents errors evaluate export files flow graph inspection model orphans page places
        progress rtl shipped sim text
    """,
}
"""Every package and single module of `hwgen`, from the ground up: each imports from rows above its own alone."""

MAY_IMPORT_IN_RTL = {
    "chain": "",
    "stream_register": "",
    "verilog": "",
    "pipeline": "",
    "streams": "",
    "admission": "streams",
    "max_over_time": "pipeline streams",
    "requantise": "pipeline streams",
    "decision": "chain pipeline streams",
    "line": "streams",
    "sums": "pipeline streams",
    "table": "pipeline streams",
    "binary": "pipeline streams sums",
    "hypervector": "binary pipeline streams",
    "lanes": "decision requantise streams sums",
    "plan": "sums",
    "stages": "binary chain decision hypervector lanes max_over_time plan requantise sums table",
    "core": "admission chain plan stages streams table",
    "shell": "core line stream_register streams table",
}
"""The same for the folders and files of `hwgen/rtl`, among each other."""

EXCEPTIONS = {
    ("hwgen.flow.design", "page"): "a build draws its page when all is done, and the page reads the build's report",
}
"""Modules that import from a row below their own, and why."""

TORCH = {"brevitas", "torch", "transformers"}
"""What takes seconds to import, and comes with `hwgen[train]` alone."""

TRAINS = {"nn", "compress", "bench", "cli"}
"""The packages that reach torch; the command line does inside its commands."""


@cache
def modules() -> dict[str, Path]:
    """The file of every module and package, by its dotted name."""
    files: dict[str, Path] = {}
    for path in (ROOT / "hwgen").rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return files


def imported(source: str, known: Mapping[str, Path]) -> Iterator[str]:
    """What a file imports, wherever in the file it does: inside functions and for type checkers, too."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names):
                yield from (name.name for name in names)
            case ast.ImportFrom(str(module), names, 0):
                for name in names:
                    inner = f"{module}.{name.name}"
                    yield inner if inner in known else module
            case ast.ImportFrom():
                raise AssertionError(f"line {node.lineno}: a relative import, which this test does not follow")


@cache
def imports() -> dict[str, frozenset[str]]:
    """What every module of hwgen imports; whoever imports a module runs the packages around it, too."""
    targets: dict[str, frozenset[str]] = {}
    for module, path in modules().items():
        named = set(imported(path.read_text(encoding="utf-8"), modules()))
        around = {".".join(target.split(".")[:depth]) for target in named for depth in range(1, target.count(".") + 1)}
        targets[module] = frozenset(named | around)
    return targets


def room(module: str, house: str) -> str | None:
    """The part of `house`, a package, that `module` belongs to; None outside of it."""
    return module.removeprefix(f"{house}.").split(".")[0] if module.startswith(f"{house}.") else None


def arrows(house: str) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Which part of `house` imports which other one, with the modules that do."""
    between: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for module, targets in imports().items():
        for target in targets:
            start, end = room(module, house), room(target, house)
            if start and end and start != end and (module, end) not in EXCEPTIONS:
                between.setdefault((start, end), []).append((module, target))
    return between


def judge(house: str, table: Mapping[str, str]) -> None:
    """Hold the imports between the parts of `house` against `table`."""
    allowed = {(name, target) for name, targets in table.items() for target in targets.split()}
    actual = arrows(house)
    against = sorted(pair for ends, pairs in actual.items() if ends not in allowed for pair in pairs)
    assert not against, "not in the table: " + ", ".join(f"{module} imports {target}" for module, target in against)
    unused = sorted(allowed - actual.keys())
    assert not unused, "in the table for nothing: " + ", ".join(f"{name} imports {target}" for name, target in unused)


def test_packages_import_what_their_row_says() -> None:
    judge("hwgen", MAY_IMPORT)


def test_folders_of_the_circuit_import_what_their_row_says() -> None:
    judge("hwgen.rtl", MAY_IMPORT_IN_RTL)


def test_every_row_imports_from_rows_above_it_and_none_is_missing() -> None:
    for house, table in (("hwgen", MAY_IMPORT), ("hwgen.rtl", MAY_IMPORT_IN_RTL)):
        assert table.keys() == {room(module, house) for module in modules()} - {None}
        above: set[str] = set()
        for name, targets in table.items():
            assert above.issuperset(targets.split()), f"{name} imports from below: {set(targets.split()) - above}"
            above.add(name)


def test_every_exception_is_needed() -> None:
    for module, part in EXCEPTIONS:
        assert part in {room(target, "hwgen") for target in imports()[module]}, f"{module} imports {part} no longer"


def test_only_training_reaches_torch() -> None:
    assert MAY_IMPORT.keys() >= TRAINS
    ways = [way for module in modules() if room(module, "hwgen") not in TRAINS and (way := way_to_torch(module))]
    assert not ways, " -> ".join(min(ways, key=len))


def way_to_torch(module: str) -> list[str] | None:
    """From a module through what it imports to torch, or None where there is no way."""
    ways, seen = [[module]], {module}
    for way in ways:
        for target in sorted(imports()[way[-1]]):
            if target.split(".")[0] in TORCH:
                return [*way, target]
            if target in modules() and target not in seen:
                seen.add(target)
                ways.append([*way, target])
    return None


PATH = re.compile(r"`((?:[\w-]+/)*[\w-]+\.(?:py|toml|md|txt)|(?:[\w-]+/)+)`")
PAGE = ROOT / "docs" / "architecture.md"


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.stem
)
def test_pages_name_files_that_exist(page: Path) -> None:
    for path in PATH.findall(page.read_text(encoding="utf-8")):
        if path.startswith(("hwgen/", "tests/", "rtl_tests/", "scripts/")):
            assert (ROOT / path).exists(), path


def test_the_page_on_architecture_names_files_that_exist() -> None:
    homes = [ROOT, *(ROOT / "hwgen" / below for below in ("", "rtl", "chips"))]
    paths = [path for path in PATH.findall(PAGE.read_text(encoding="utf-8")) if "NAME" not in path]
    assert paths
    for path in paths:
        assert any((home / path).exists() for home in homes), path


def test_the_page_on_architecture_names_every_part() -> None:
    named = set(PATH.findall(PAGE.read_text(encoding="utf-8")))
    for name in [*MAY_IMPORT, *MAY_IMPORT_IN_RTL]:
        assert {f"{name}.py", f"{name}/"} & named, name
