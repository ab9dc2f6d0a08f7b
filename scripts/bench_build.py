"""Builds the shipped model for every board and tabulates what came out: docs/results/hardware.md.

Each build is `hwgen build --bits BITS --board BOARD`. One that stands in the work folder and was made by the same code
and tools from the same model and board file is taken as it is, so the script can be stopped and started again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import warnings
from pathlib import Path
from typing import Any

from amaranth.hdl import UnusedElaboratable
from rich.console import Console

import hwgen
from hwgen import tools
from hwgen.errors import HwgenError
from hwgen.flow import board as boards
from hwgen.flow.board import Board
from hwgen.flow.design import PACKAGES, build_design
from hwgen.model import Model
from hwgen.shipped import model_name, shipped

KEY = "built-from"
RESULTS = Path(__file__).resolve().parent.parent / "docs" / "results"
console = Console(width=None if Console().is_terminal else 120)


def main() -> int:
    warnings.simplefilter("ignore", UnusedElaboratable)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bits", type=int, default=5)
    parser.add_argument("--board", action="append", help="default: every listed one")
    parser.add_argument("--work", type=Path, default=Path("build"), help="folder of the builds")
    arguments = parser.parse_args()
    for name in arguments.board or boards.names():
        try:
            build(name, arguments.bits, arguments.work)
        except HwgenError as error:
            console.print(f"{name}: {error}", style="red")
    rows = [
        json.loads((folder(name, arguments.bits, arguments.work) / "report.json").read_text())
        for name in boards.names()
        if is_built(name, arguments.bits, arguments.work)
    ]
    (RESULTS / "hardware.json").write_text(json.dumps(rows, indent=1) + "\n")
    (RESULTS / "hardware.md").write_text(page(rows))
    return 0


def folder(name: str, bits: int, work: Path) -> Path:
    """Where `hwgen build` puts it."""
    return work / f"{name}-{model_name(boards.load(name).size(bits), bits)}"


def is_built(name: str, bits: int, work: Path) -> bool:
    """Whether the work folder holds what these sources, tools, model and board give."""
    board = boards.load(name)
    key = folder(name, bits, work) / KEY
    return key.is_file() and key.read_text() == built_from(Model.load(shipped(board.size(bits), bits)), board)


def build(name: str, bits: int, work: Path) -> None:
    """Build one board, unless the same build is there."""
    if is_built(name, bits, work):
        console.print(f"{name}: already built")
        return
    console.print(f"{name}: building")
    board = boards.load(name)
    size = board.size(bits)
    model, target = Model.load(shipped(size, bits)), folder(name, bits, work)
    made = build_design(model, model_name(size, bits), board, target, say=lambda line: console.print(f"  {line}"))
    (target / KEY).write_text(built_from(model, board))
    console.print(made.table(target))


def built_from(model: Model, board: Board) -> str:
    """A hash of all that decides what a build gives: model, board, sources and tools."""
    package = Path(hwgen.__file__).parent
    folders = (package / name for name in ("graph", "rtl", "flow"))
    sources = sorted((package / "wire.py", *(path for folder in folders for path in folder.rglob("*.py"))))
    parts = [model.digest.hex(), repr(board), platform.python_version(), *(path.read_text() for path in sources)]
    parts += [f"{name} {tools.package_version(name)}" for name in PACKAGES]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def speed(row: dict[str, Any]) -> int:
    """Sentences a second: at the routed clock, or at the board's where there is no open place and route."""
    routed = row["fmax"] is not None
    return int(row["sentences_per_second_at_fmax" if routed else "sentences_per_second_at_board_clock"])


def clock(row: dict[str, Any]) -> str:
    """The routed clock in MHz, or the board's in brackets."""
    return f"{row['fmax'] / 1e6:.1f}" if row["fmax"] is not None else f"({row['clock'] / 1e6:g})"


def page(rows: list[dict[str, Any]]) -> str:
    """The table as Markdown."""
    lines = [
        "# The shipped models on every board",
        "",
        "One line per `hwgen build --bits 5 --board BOARD`. LUT, FF, DSP and BRAM are those of the whole design with",
        "UART and protocol, as placed. Fmax is nextpnr's after routing; a sentence has 20 tokens; throughput is",
        "that of the circuit at Fmax (the serial line is slower). Artix-7 parts have no open place and route here:",
        "their figures are yosys's, and their speeds are those at the board's clock (in brackets).",
        "",
        "| board | model | test % | engine | LUT | FF | DSP | BRAM | Fmax MHz | sentences/s | last token to class |"
        " build s | peak MB |",
        "|---|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        used = [f"{row[kind][0]:g} ({row[kind][0] / row[kind][1]:.0%})" for kind in ("luts", "ffs", "dsps", "brams")]
        latency = f"{row['last_token_cycles']} cycles, {row['last_token_latency_ns'] / 1000:.2f} µs"
        seconds = sum(row["seconds"].values())
        lines.append(
            f"| {row['board']} | {row['model']} | {100 * row['test_accuracy']:.1f} | {row['engine']} | {used[0]} |"
            f" {used[1]} | {used[2]} | {used[3]} | {clock(row)} | {speed(row):,} | {latency} | {seconds:.0f} |"
            f" {row['peak_megabytes']} |"
        )
    tools = ", ".join(f"{name} {version}" for name, version in rows[0]["tools"].items()) if rows else ""
    lines += ["", "Bitstreams of ECP5, iCE40 and Gowin boards are made by pip-installed tools alone.", ""]
    lines += [f"Tools: {tools}.", "", "Regenerate: `python scripts/bench_build.py`.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
