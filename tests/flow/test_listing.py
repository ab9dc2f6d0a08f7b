"""The list of boards can be read and typed from, however narrow the terminal."""

import io

import pytest
from rich.console import Console

from hwgen.flow import board as boards
from hwgen.flow import doctor, listing


@pytest.mark.parametrize("width", [80, 60])
def test_names_are_whole_on_a_narrow_terminal(width: int) -> None:
    console = Console(file=io.StringIO(), width=width)
    console.print(listing.table(listing.rows()))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    words = {line.split("│")[1].strip() for line in text.splitlines() if line.startswith("│")}
    assert set(boards.names()) <= words
    assert max(map(len, text.splitlines())) <= width


def test_a_board_whose_tools_are_missing_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.tools, "find", lambda tool: None)
    console = Console(file=io.StringIO(), width=160)
    console.print(listing.table(listing.rows()))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "needs Vivado or openXC7" in text and "needs yosys, nextpnr-ecp5" in text and "[red]" not in text
