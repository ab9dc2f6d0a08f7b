"""The list of boards: what each has, and whether its bitstreams can be made here."""

from __future__ import annotations

import dataclasses
from typing import Any

from rich.table import Table
from rich.text import Text

from hwgen.flow import board as boards
from hwgen.flow import doctor
from hwgen.flow.choose import fitting_model
from hwgen.flow.target import Target


def rows() -> list[dict[str, Any]]:
    """One dictionary a listed board, as JSON has it."""
    return [_row(name) for name in boards.every()]


def table(listed: list[dict[str, Any]]) -> Table:
    """The boards for people; names are whole on any terminal, since they are there to be typed."""
    shown = Table()
    shown.add_column("board", no_wrap=True, min_width=max(len(row["board"]) for row in listed))
    for heading in ("part", "LUT/FF/DSP", "BRAM", "clock", "model", "toolchain"):
        shown.add_column(heading, overflow="fold")
    for row in listed:
        budget, tools = row["budget"], row["toolchain"]
        shown.add_row(
            row["board"],
            row["part"],
            f"{budget['luts']}/{budget['ffs']}/{budget['dsps']}",
            f"{budget['brams']} x {budget['bram_kbit']}k",
            f"{row['clock'] / 1e6:g} MHz",
            row["model"] or "none that ships",
            tools if row["bitstream_here"] else Text(f"needs {tools}", "red"),
        )
    return shown


def _row(name: str) -> dict[str, Any]:
    board = boards.load(name)
    target = Target.of(board)
    toolchain, usable = doctor.toolchain(target.family)
    return {
        "board": name,
        "title": board.title,
        "part": target.part,
        "budget": dataclasses.asdict(board.budget),
        "clock": float(target.run_at.reference),
        "line": {"baud": board.uart.baud, "bridge": board.uart.bridge, "tx": board.uart.tx, "rx": board.uart.rx},
        "model": fitting_model(board, 5),
        "toolchain": toolchain,
        "bitstream_here": usable,
    }
