"""Builds the shipped model for every board and tabulates what came out: docs/results/hardware.md.

Each build is `hwgen build --bits BITS --board BOARD`. One that stands in the work folder and was made by the same code
and tools from the same model and board file is taken as it is, so the script can be stopped and started again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import builds
import common

from hwgen.errors import HwgenError
from hwgen.files import write_whole
from hwgen.flow import board as boards


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bits", type=int, default=5)
    parser.add_argument("--board", action="append", help="default: every listed one")
    parser.add_argument("--work", type=Path, default=Path("build"), help="folder of the builds")
    arguments = parser.parse_args()
    return common.guarded(lambda: run(arguments.board or boards.names(), arguments.bits, arguments.work))


def run(names: list[str], bits: int, work: Path) -> None:
    """Build `names`, and write the page of all boards whose builds stand."""
    for name in names:
        try:
            builds.build(name, bits, work)
        except HwgenError as error:
            common.console.print(f"{name}: {error}", style="red", markup=False)
    rows = [
        builds.report(builds.folder(name, bits, work)) for name in boards.names() if builds.is_built(name, bits, work)
    ]
    write_whole(common.RESULTS / "hardware.json", json.dumps(rows, indent=1) + "\n")
    write_whole(common.RESULTS / "hardware.md", page(rows))


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
    lines += [f"Tools: {tools}.", "", "Regenerate: `python scripts/hardware.py`.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
