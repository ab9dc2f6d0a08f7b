"""Whatever command a page shows is one that hwgen takes."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
import typer

from hwgen.cli import run  # noqa: F401  (registers the commands)
from hwgen.cli.app import app
from tests.commands import ROOT, commands

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
SHOWN = [
    pytest.param(words, id=f"{page.relative_to(ROOT)}: {' '.join(words)}")
    for page in PAGES
    for words in commands(page)
    if words[0].endswith("hwgen")
]


@pytest.mark.parametrize("words", SHOWN)
def test_a_command_of_a_page_is_one_that_hwgen_takes(words: list[str]) -> None:
    command: click.Command = typer.main.get_command(app)
    arguments = words[1:]
    if arguments[:1] == ["--version"]:
        return
    context = click.Context(command)
    while isinstance(command, click.Group):
        _, command, arguments = command.resolve_command(context, arguments)
        assert command is not None
    command.make_context("hwgen", list(arguments))


def test_pages_show_commands(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('```sh\n# first\nhwgen classify "a  b" < file  # read\n\n```\n\n```text\n$ hwgen none\n```\n')
    assert commands(page) == [["hwgen", "classify", "a  b"]]
    assert len(SHOWN) > 10
