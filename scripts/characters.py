"""Hypervector classifiers at one character a clock, all test texts held against golden: docs/results/characters.md.

    python scripts/characters.py --data DIR

Trains one of each set, checks the circuit that takes a character each cycle on all test texts, and builds the largest
set's for ULX3S. A build that stands in the work folder and is of the same sources and model is taken as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import builds
import common

from hwgen import shipped
from hwgen.compress import recipes
from hwgen.compress.run import run
from hwgen.flow import board as boards
from hwgen.flow.aim import Aim
from hwgen.flow.design import build_design, check
from hwgen.graph.golden import Sentences
from hwgen.model import Model
from hwgen.rtl.core import Core
from hwgen.rtl.plan import spatial
from hwgen.sim.cxxrtl import compile_core
from hwgen.text import datasets

PAGE = common.RESULTS / "characters.md"
BOARD = "ulx3s"
RECIPES = {"snips": "intents-hd", "chatbot": "intents-tiny-hd", "askubuntu": "intents-tiny-hd"}
"""Recipe of each set; the first one's circuit is built."""
SETTINGS = ["items.dimension=1024"]


@dataclass(frozen=True)
class Row:
    """A set: its model's test accuracy (0..1) and kilobytes, and how many test texts came out equal."""

    dataset: str
    test: float
    kilobytes: float
    texts: int


def main() -> int:
    parser = common.parser(__doc__)
    parser.add_argument("--work", type=Path, default=Path("build"), help="folder of the build")
    arguments = parser.parse_args()

    def work() -> None:
        rows, report = [], None
        for name, recipe in RECIPES.items():
            model, sentences = train(name, recipe, arguments.data)
            if report is None:
                report = built(model, name, sentences, arguments.work)
            check(compile_core(Core(model.graph, spatial(model.graph))), sentences, model.vocabulary.USUAL)
            record = model.record
            kilobytes = record["memory_bits"]["total"] / 8000
            rows.append(Row(name, record["accuracy"]["test"], kilobytes, len(sentences)))
            common.console.print(line(rows[-1]).strip(), highlight=False)
        assert report is not None
        PAGE.write_text(page(rows, report), encoding="utf-8")

    return common.guarded(work)


def train(name: str, recipe: str, folder: Path) -> tuple[Model, Sentences]:
    """A model and the test texts as it sees them."""
    chosen = recipes.override(recipes.load(shipped.recipe_path(recipe)), SETTINGS)
    data = datasets.load(folder / name, holdout=chosen.data.holdout)
    model = run(chosen, data, 1)
    return model, model.encode([text for _, text in data.test])


def built(model: Model, name: str, sentences: Sentences, work: Path) -> dict[str, Any]:
    """The report of its build."""
    board, folder = boards.load(BOARD), work / f"{BOARD}-{name}-characters"
    if not builds.stands(folder, model, board):
        say = common.console.print
        build_design(model, f"{name}-hd", board, folder, Aim(engine="spatial"), sentences=sentences, say=say)
        builds.mark(folder, model, board)
    return builds.report(folder)


def line(row: Row) -> str:
    """Row of the table."""
    return f"| {row.dataset} | {row.test:.1%} | {row.kilobytes:.1f} | {row.texts} |\n"


def page(rows: list[Row], report: dict[str, Any]) -> str:
    """The tables."""
    text = f"""# Hypervectors at one character a clock

Of each set, one model with {SETTINGS[0].split("=")[1]} values (seed 0). Its circuit takes a character every cycle; all
texts of the test split went through it, with and without stalls, and every score was that of the golden model.

| set | test | kB | texts, all equal |
|---|---:|---:|---:|
"""
    text += "".join(line(row) for row in rows)
    used = ", ".join(
        f"{report[kind][0]:,g} of {report[kind][1]:,g} {title}"
        for kind, title in (("luts", "LUTs"), ("ffs", "flip-flops"), ("dsps", "multipliers"), ("brams", "block RAMs"))
    )
    return (
        text
        + f"""
`hwgen build --board {BOARD} --engine spatial` of the first: {used}; {report["fmax"] / 1e6:.1f} MHz routed, a character
each cycle; class out {report["last_token_cycles"]} cycles after the last character.

Regenerate: `python scripts/characters.py --data DIR`.
"""
    )


if __name__ == "__main__":
    raise SystemExit(main())
