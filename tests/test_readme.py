"""The README is short, and its figures are those of the pages that it names."""

from __future__ import annotations

from tests.pages import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_it_is_read_in_a_few_minutes() -> None:
    assert len(README.encode()) <= 8000


def test_its_table_is_of_the_page_of_sets() -> None:
    page = (ROOT / "docs" / "results" / "sets" / "README.md").read_text(encoding="utf-8").splitlines()
    measured = [cells(line) for line in page if line.startswith("|")]
    rows = [cells(line) for line in README.splitlines() if line.startswith("|")][2:]
    assert len(rows) >= 5
    for row in rows:
        assert any(row[:2] == other[:2] and set(row) <= set(other) for other in measured), row
