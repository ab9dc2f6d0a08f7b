"""Runs the command that the user typed; whatever goes wrong outside of hwgen is one line."""

from __future__ import annotations

import errno
import io
import os
import sys
import warnings
from contextlib import suppress

import typer
from amaranth.hdl import UnusedElaboratable

# Each registers its commands.
from hwgen.cli import board, check, demo, evaluate, export, measure, signals, training  # noqa: F401
from hwgen.cli.app import app
from hwgen.cli.common import complain
from hwgen.errors import HwgenError


def run() -> None:
    """Run a command and exit: 0, 2 after one line on what the user can mend, 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A class name that the locale's encoding lacks is shown as an escape.
            stream.reconfigure(errors="backslashreplace")
    # Estimates make components that are never elaborated.
    warnings.simplefilter("ignore", UnusedElaboratable)
    # A picture shows a box for what its font has not.
    warnings.filterwarnings("ignore", r"Glyph \d+ ")
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        sys.stdout.flush()
        sys.exit(status)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except Exception as error:
        # An interrupt within an import or a callback may come out as anything.
        if (status := signals.ended()) is not None:
            sys.exit(status)
        _explain(error)


def _explain(error: Exception) -> None:
    """Exit after one line on what the user can mend; anything else is a fault of hwgen and raised again."""
    if isinstance(error, HwgenError):
        _end(str(error))
    if isinstance(error, typer.TyperException):
        _end(f"{error.format_message().rstrip('.')}; see hwgen --help, or hwgen COMMAND --help")
    if isinstance(error, BrokenPipeError):
        # The reader, such as `head`, has seen enough.
        _drop_output()
        sys.exit(1)
    if isinstance(error, OSError):
        _end(_system(error))
    if isinstance(error, MemoryError):
        _end("memory is exhausted; free some, or take a smaller model or fewer sentences")
    raise error


def _end(problem: str) -> None:
    """Complain, even where nobody can hear it."""
    with suppress(OSError):
        complain(problem)
    _drop_output()
    sys.exit(2)


def _drop_output() -> None:
    """Send what is still buffered nowhere, or Python would fail on it once more as it ends."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(null, stream)


def _system(error: OSError) -> str:
    """What the operating system refused, in one line."""
    reason = error.strerror or str(error) or type(error).__name__
    where = error.filename
    if isinstance(where, bytes):
        where = os.fsdecode(where)
    if not isinstance(where, str):
        where = "standard output" if error.errno in (errno.ENOSPC, errno.EIO) else "the system"
    return f"{where}: {reason}"
