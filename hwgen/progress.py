"""How work says how it stands: bars on a terminal, plain lines in a log, or nothing.

There is one interface for everything that takes time: golden check, synthesis, placement, routing, search, training.
Work takes a `Progress`, or a plain ``say(line)`` that `of` makes one of; a command makes it by `shown`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from rich.table import Column

Say = Callable[[str], None]
"""What hears one line at a time; a `Progress` is one too."""

EVERY = 10.0
"""Seconds between two details of a step in a log."""


class Progress:
    """What work calls as it goes on. This one is silent, and what others are made from."""

    def step(self, name: str, total: int | None = None) -> None:
        """Begin a step, which ends the one before.

        Args:
            name: one line.
            total: what `advance` adds up to; None where nobody knows.
        """

    def advance(self, count: int = 1) -> None:
        """Count `count` more of the step's total as done."""

    def detail(self, note: str, share: float | None = None) -> None:
        """Say where the step stands.

        Args:
            note: replaces the last one; a log shows one every `EVERY` seconds.
            share: of the step that is done, 0..1; None where nobody knows.
        """

    def finish(self, note: str = "") -> None:
        """End the step, with its result."""

    def say(self, line: str) -> None:
        """Remark something that stays to be read."""

    def __call__(self, line: str) -> None:
        self.step(line)


SILENT = Progress()


class Plain(Progress):
    """Hands steps and remarks to a plain callable, and drops what happens within a step."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def step(self, name: str, total: int | None = None) -> None:
        self._say(name)

    def say(self, line: str) -> None:
        self._say(line)


def of(say: Say) -> Progress:
    """The progress that `say` is, or one that tells it."""
    return say if isinstance(say, Progress) else Plain(say)


class Lines(Progress):
    """Lines of a log.

    Args:
        console: where they go.
        clock: seconds that pass.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._step = ""
        self._spoken = clock()

    def step(self, name: str, total: int | None = None) -> None:
        self._step = name
        self.say(name)

    def detail(self, note: str, share: float | None = None) -> None:
        if self._clock() - self._spoken >= EVERY:
            self.say(f"{self._step}: {note}" + ("" if share is None else f" ({share:.0%})"))

    def finish(self, note: str = "") -> None:
        if note:
            self.say(f"{self._step}: {note}")

    def say(self, line: str) -> None:
        self._spoken = self._clock()
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)


class Bars(Progress):
    """A line of a terminal for each step, with its time and a bar."""

    def __init__(self, bars: RichProgress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def step(self, name: str, total: int | None = None) -> None:
        self._complete()
        self._task = self._bars.add_task(name, total=total, note="")

    def advance(self, count: int = 1) -> None:
        if self._task is not None:
            self._bars.advance(self._task, count)

    def detail(self, note: str, share: float | None = None) -> None:
        if self._task is not None:
            self._bars.update(self._task, note=note)
            if share is not None:
                self._bars.update(self._task, total=1, completed=share)

    def finish(self, note: str = "") -> None:
        if self._task is not None and note:
            self._bars.update(self._task, note=note)
        self._complete()

    def say(self, line: str) -> None:
        self._bars.console.print(line, highlight=False, markup=False)

    def _complete(self) -> None:
        """Fill the bar, and stop its clock."""
        if self._task is not None:
            total = self._bars.tasks[self._bars.task_ids.index(self._task)].total or 1
            self._bars.update(self._task, total=total, completed=total)
            self._task = None


@contextmanager
def shown(console: Console, *, quiet: bool = False) -> Iterator[Progress]:
    """Bars when `console` is a terminal, lines when it is not, nothing when `quiet`.

    A step is left unfinished on the terminal when the block fails.
    """
    if quiet:
        yield SILENT
    elif not console.is_terminal:
        yield Lines(console)
    else:
        columns = (
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
        )
        with RichProgress(*columns, console=console) as bars:
            progress = Bars(bars)
            yield progress
            progress.finish()
