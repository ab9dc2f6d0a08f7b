"""Work says how it stands in one way, whoever listens."""

import io

import pytest
from rich.console import Console

from hwgen import progress
from hwgen.progress import SILENT, Lines, Progress


def work(said: Progress) -> None:
    said.step("synthesis", 3)
    said.advance(2)
    said.detail("pass [abc]", share=0.5)
    said.say("a remark [/red]")
    said.finish("3 cells")


def test_a_terminal_shows_bars_and_every_text_as_it_is() -> None:
    text = io.StringIO()
    with progress.shown(Console(file=text, force_terminal=True, width=100)) as shown:
        work(shown)
        shown.step("routing")
    assert all(part in text.getvalue() for part in ("\x1b[", "synthesis", "3 cells", "a remark [/red]", "routing"))


def test_a_log_has_a_line_for_each_step_remark_and_result() -> None:
    text = io.StringIO()
    with progress.shown(Console(file=text, width=20)) as shown:
        work(shown)
        shown.say("a line longer than the twenty columns")
    assert text.getvalue().splitlines() == [
        "synthesis",
        "a remark [/red]",
        "synthesis: 3 cells",
        "a line longer than the twenty columns",
    ]


def test_a_log_shows_details_now_and_then_only() -> None:
    text, now = io.StringIO(), [0.0]
    lines = Lines(Console(file=text), clock=lambda: now[0])
    lines.step("routing")
    for second in range(31):
        now[0] = second
        lines.detail(f"{100 - second} arcs left", share=second / 100)
    assert text.getvalue().splitlines() == [
        "routing",
        *(f"routing: {100 - second} arcs left ({second}%)" for second in (10, 20, 30)),
    ]


def test_a_plain_callable_hears_steps_and_remarks() -> None:
    said: list[str] = []
    work(progress.of(said.append))
    assert said == ["synthesis", "a remark [/red]"]
    assert progress.of(SILENT) is SILENT


def test_quiet_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with progress.shown(Console(stderr=True), quiet=True) as shown:
        work(shown)
        shown("a step")
    assert capfd.readouterr() == ("", "")
