"""Text from outside is printed as it is: never read as markup, never more than a line of complaint."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hwgen import progress
from hwgen.classify import Answer
from hwgen.cli import common

MARKUP = "x[/red] [bold] :smile: [link=y]"


def test_markup_in_a_line_and_in_every_part_of_a_table_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(title=MARKUP, caption=MARKUP)
    table.add_column(MARKUP)
    table.add_row(MARKUP)
    console = common.console()
    console.print(MARKUP)
    console.print(table)
    assert capsys.readouterr().out.count(MARKUP) == 5


def test_an_answer_shows_markup_in_words_and_labels(capsys: pytest.CaptureFixture[str]) -> None:
    common.console().print(Answer(MARKUP, "b", 1.0, (1, 0), ((MARKUP, 0.5),)).line())
    assert capsys.readouterr().out.count(MARKUP) == 2


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_shows_markup_as_it_is(terminal: bool) -> None:
    page = io.StringIO()
    console = Console(file=page, force_terminal=terminal, width=200, markup=False, emoji=False)
    with progress.shown(console) as shown:
        shown.step(MARKUP)
        shown.say(MARKUP)
        shown.finish(MARKUP)
    assert Text.from_ansi(page.getvalue()).plain.count(MARKUP) >= 2


@pytest.mark.parametrize("name", ["x[/red]", "a\nb", "\x1b[31mred"])
def test_a_complaint_is_one_line_that_shows_the_name(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hwgen.cli", "export", name, "-o", str(tmp_path / "x")], capture_output=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1 and b"\x1b" not in done.stderr
    assert name.encode("unicode_escape") in done.stderr


def test_a_name_outside_the_locales_encoding_is_shown_as_an_escape() -> None:
    environment = os.environ | {"PYTHONIOENCODING": "iso-8859-1"}
    done = subprocess.run(
        [sys.executable, "-m", "hwgen.cli", "export", "łódź", "-o", "x"],
        capture_output=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and rb"\u0142\xf3d\u017a" in done.stderr.replace("ó".encode("latin-1"), rb"\xf3")


def test_a_line_stays_one_whatever_the_path(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("a\nb\x1b", "c" * 2 * common.LOG_WIDTH)
    common.print_line(f"model: {path}")
    common.warn([f"{path}: odd"])
    printed = capsys.readouterr()
    shown = rf"a\nb\x1b/{path.name}"
    assert printed.out == f"model: {shown}\n" and printed.err == f"warning: {shown}: odd\n"


def test_no_control_character_reaches_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(title="\x1b[31m", caption="\x1b[31m")
    table.add_column("\x1b[31m")
    table.add_row("\x1b[31m\x07\u202e")
    console = common.console()
    console.print("\x1b[31m\r\x9b")
    console.print(table)
    printed = capsys.readouterr().out
    assert printed.count(r"\x1b[31m") == 5 and r"\x07\u202e" in printed and r"\x1b[31m\r\x9b" in printed
    assert not set(printed) & set("\x1b\x07\r\x9b\u202e")
