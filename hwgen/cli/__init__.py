"""The command line: thin commands around the packages that do the work, a file a group."""

from __future__ import annotations

import os
import signal
import sys

__all__ = ["main"]


def main() -> None:
    """Entry point; the exit status is 2 after one line on what the user can mend."""
    # Before anything that takes time to import, where a signal would be a traceback.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, frame: os._exit(128 + number))
    from hwgen.cli import signals

    signals.install()
    with signals.nothing_begun():
        _open_standard_streams()
        from hwgen.cli.run import run
    try:
        run()
    finally:
        signals.nothing_left()


def _open_standard_streams() -> None:
    """Put the null device in the place of closed standard streams, or the first file opened would get their numbers.

    A closed standard input stays None, so that a command that reads it can say so.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)
