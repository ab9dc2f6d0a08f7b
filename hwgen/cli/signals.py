"""What ends a command from outside: Ctrl-C, SIGTERM, SIGHUP."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from hwgen.orphans import start_no_more

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CLEANING = 2.0
"""Seconds in which a second signal must not break what the first one has set off; `timeout` sends two at once."""
_at_once = 0
"""How many blocks of `nothing_begun` are open."""
_ended: tuple[int, float] | None = None
"""The last signal and when it came."""


def install() -> None:
    """Let every signal of `ENDING` unwind the command, so that half-done results and child processes go with it.

    The exit status is 128 and the signal's number. What the caller has set to be ignored stays so, as under nohup.
    """
    for number in ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _end)


@contextmanager
def nothing_begun() -> Iterator[None]:
    """End at once on a signal in the block: in the middle of an import an exception is swallowed or changed."""
    global _at_once
    _at_once += 1
    try:
        yield
    finally:
        _at_once -= 1


def nothing_left() -> None:
    """End at once on a signal from now on: the command is over, but with torch Python takes seconds to end."""
    global _at_once
    _at_once += 1


def ended() -> int | None:
    """The exit status that a signal has asked for; None where none came."""
    return _ended and 128 + _ended[0]


def _end(number: int, frame: FrameType | None) -> None:
    global _ended
    if _at_once:
        os._exit(128 + number)
    now = time.monotonic()
    if _ended and now - _ended[1] < CLEANING:
        return
    _ended = number, now
    start_no_more()
    _end_children()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)


def _end_children() -> None:
    """Ask the tools to end that are waited for in other threads."""
    for listed in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            for child in listed.read_text(encoding="ascii").split():
                os.kill(int(child), signal.SIGTERM)
