"""Whatever command a page shows is one that hwgen takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import commands as reference
import pytest
import typer

from hwgen.cli import run  # noqa: F401  (registers the commands)
from hwgen.cli.app import app
from tests.pages import ROOT, commands

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
SHOWN = [
    pytest.param(words, id=f"{page.relative_to(ROOT)}: {' '.join(words)}")
    for page in PAGES
    for words in commands(page)
    if words[0].endswith("hwgen")
]


@pytest.mark.parametrize("words", SHOWN)
def test_a_command_of_a_page_is_one_that_hwgen_takes(words: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    arguments = words[1:]
    if arguments == ["--version"]:
        return
    while children := getattr(command, "commands", None):
        assert arguments[0] in children
        command, arguments = children[arguments[0]], arguments[1:]
    command.make_context("hwgen", arguments)


def test_a_command_that_hwgen_does_not_take_is_noticed() -> None:
    for words in (["hwgen", "explode"], ["hwgen", "explore", "--bord", "ulx3s"], ["hwgen", "explore"]):
        with pytest.raises(Exception, match=r"explode|--bord|board"):
            test_a_command_of_a_page_is_one_that_hwgen_takes(words)


def test_the_reference_of_commands_is_as_the_program_says() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), "run python scripts/commands.py"


def test_pages_show_commands(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('```sh\n# first\nhwgen classify "a  b" < file  # read\n\n```\n\n```text\n$ hwgen none\n```\n')
    assert commands(page) == [["hwgen", "classify", "a  b"]]
    assert len(SHOWN) > 10
