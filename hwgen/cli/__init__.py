"""The command line: thin commands around the packages that do the work, a file a group."""

from __future__ import annotations

import io
import sys
import warnings

import typer
from amaranth.hdl import UnusedElaboratable

from hwgen.cli import board, check, evaluate, measure, training  # noqa: F401  (each registers its commands)
from hwgen.cli.app import app
from hwgen.cli.common import complain
from hwgen.errors import HwgenError


def main() -> None:
    """Entry point: one line and exit code 2 for what the user can mend."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A class name that the locale's encoding lacks is shown as an escape.
            stream.reconfigure(errors="backslashreplace")
    # Estimates make components that are never elaborated.
    warnings.simplefilter("ignore", UnusedElaboratable)
    try:
        sys.exit(app(sys.argv[1:] or ["--help"], standalone_mode=False))
    except HwgenError as error:
        complain(str(error))
    except typer.TyperException as error:
        complain(f"{error.format_message().rstrip('.')}; see hwgen --help, or hwgen COMMAND --help")
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
