"""How long work reports itself: a bar on a terminal, plain lines in a log, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Reporter(Protocol):
    """What the training loop calls; any object with these three methods will do."""

    def start(self, stage: str, steps: int) -> None:
        """A stage of at most `steps` batches begins."""

    def advance(self, steps: int, note: str = "") -> None:
        """`steps` more batches are done; `note` says how it stands."""

    def finish(self, note: str) -> None:
        """The stage is over."""


class Silent:
    """Reports nothing."""

    def start(self, stage: str, steps: int) -> None: ...

    def advance(self, steps: int, note: str = "") -> None: ...

    def finish(self, note: str) -> None: ...


class Lines:
    """One line per note, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage = ""

    def start(self, stage: str, steps: int) -> None:
        self._stage = stage

    def advance(self, steps: int, note: str = "") -> None:
        if note:
            self._console.print(f"{self._stage}: {note}", highlight=False)

    def finish(self, note: str) -> None:
        self._console.print(f"{self._stage}: {note}", highlight=False)


class Bars:
    """One bar per stage."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def start(self, stage: str, steps: int) -> None:
        self._task = self._bars.add_task(stage, total=steps, note="")

    def advance(self, steps: int, note: str = "") -> None:
        if self._task is not None:
            self._bars.update(self._task, advance=steps)
            if note:
                self._bars.update(self._task, note=note)

    def finish(self, note: str) -> None:
        if self._task is not None:
            total = self._bars.tasks[self._bars.task_ids.index(self._task)].total
            self._bars.update(self._task, completed=total, note=note)


@contextmanager
def reporter(console: Console) -> Iterator[Reporter]:
    """Bars when `console` is a terminal, lines when it is not."""
    if not console.is_terminal:
        yield Lines(console)
        return
    name, note = TextColumn("{task.description:<12}", markup=False), TextColumn("{task.fields[note]}", markup=False)
    with Progress(name, BarColumn(), TimeElapsedColumn(), note, console=console) as bars:
        yield Bars(bars)
