"""The command line's root; the commands of each group register themselves here."""

from __future__ import annotations

from importlib import metadata
from typing import Annotated

import typer

app = typer.Typer(
    name="hwgen",
    help="Labelled text in, a compressed classifier on a cheap FPGA out.",
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)
bench = typer.Typer(help="Measure, and draw what was measured.", rich_markup_mode="rich")
app.add_typer(bench, name="bench")


def _show_version(asked: bool) -> None:
    if asked:
        print(f"hwgen {metadata.version('hwgen')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Labelled text in, a compressed classifier on a cheap FPGA out."""
