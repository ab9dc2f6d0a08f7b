"""The binary sentence CNN beside the five-bit one on the same boards; writes docs/results/widths.md and .svg.

    python scripts/widths.py [--board BOARD]

Builds are those of scripts/hardware.py, in the same work folder: what stands there is taken as it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import builds
import common
import matplotlib
from hardware import clock, speed

from hwgen.errors import HwgenError
from hwgen.model import Model
from hwgen.shipped import shipped

PAGE = common.RESULTS / "widths.md"
PICTURE = PAGE.with_suffix(".svg")
BOARDS = ("icebreaker", "tang_nano_9k", "arty_a7")
WIDTHS = (5, 1)
MARKERS = {5: "o", 1: "s"}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--board", action="append", choices=BOARDS, help="default: all")
    parser.add_argument("--work", type=Path, default=Path("build"), help="folder of the builds")
    arguments = parser.parse_args()
    return common.guarded(lambda: run(arguments.board or BOARDS, arguments.work))


def run(names: Sequence[str], work: Path) -> None:
    """Build `names` at both widths, and write the page and its picture."""
    rows = []
    for name in names:
        for bits in WIDTHS:
            try:
                builds.build(name, bits, work)
            except HwgenError as error:
                common.console.print(f"{name}: {error}", style="red", markup=False)
                continue
            rows.append(builds.report(builds.folder(name, bits, work)))
    PAGE.write_text(page(rows), encoding="utf-8")
    draw(rows)


def page(rows: list[dict[str, Any]]) -> str:
    """The table."""
    text = """# One bit beside five, on the same boards

`hwgen build --bits 5` and `--bits 1` for each board, engine and lanes chosen by hwgen. The one-bit models make up in
number for what their weights lack: sst2-full has 32 filters of each width over 16 values a word at five bits, 96 over
64 at one; sst2-small 16 over 4, and 32 over 24. Figures are of the whole design; Fmax is nextpnr's; a sentence has 20
tokens. For Artix-7 the figures are yosys's, and the speed is that at the board's clock (in brackets).

| board | model | test % | engine | LUT | BRAM | DSP | Fmax MHz | sentences/s | kB |
|---|---|---:|---|---:|---:|---:|---:|---:|---:|
"""
    for row in rows:
        text += (
            f"| {row['board']} | {row['model']} | {100 * row['test_accuracy']:.1f} | {row['engine']} "
            f"| {row['luts'][0]:,g} | {row['brams'][0]:g} | {row['dsps'][0]:g} | {clock(row)} | {speed(row):,} "
            f"| {kilobytes(row):.1f} |\n"
        )
    return text + f"\n![Look-up tables and speed]({PICTURE.name})\n\nRegenerate: `python scripts/widths.py`.\n"


def kilobytes(row: dict[str, Any]) -> float:
    """Storage of the model."""
    record = Model.load(shipped(*size_and_bits(row["model"]))).record
    return float(record["memory_bits"]["total"]) / 8000


def size_and_bits(name: str) -> tuple[str, int]:
    """Size and bits of a shipped model, by its name."""
    _, size, bits = name.split("-")
    return size, int(bits.removesuffix("bit"))


def draw(rows: list[dict[str, Any]]) -> None:
    """Look-up tables against sentences a second, a line from five bits to one on each board."""
    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
    for board in dict.fromkeys(row["board"] for row in rows):
        own = [row for row in rows if row["board"] == board]
        points = [(row["luts"][0], speed(row)) for row in own]
        (line,) = axis.plot(*zip(*points, strict=True), linewidth=1, label=board)
        for row, point in zip(own, points, strict=True):
            bits = size_and_bits(row["model"])[1]
            axis.plot(*point, marker=MARKERS[bits], color=line.get_color(), linestyle="none")
            axis.annotate(
                f"{bits} bit, {100 * row['test_accuracy']:.1f} %",
                point,
                xytext=(6, 5),
                textcoords="offset points",
                fontsize=8,
            )
    axis.set(xscale="log", yscale="log", xlabel="look-up tables", ylabel="sentences per second")
    axis.grid(alpha=0.3, which="both")
    axis.legend(title="circle: 5 bits, square: 1 bit", fontsize=8)
    figure.savefig(PICTURE, metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    raise SystemExit(main())
