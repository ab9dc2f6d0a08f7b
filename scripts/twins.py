"""Memory and training time of binary hypervectors beside float ones and the five-bit CNN; writes docs/results/twins.*.

    python scripts/twins.py --data DIR

All in one run, one after the other on one core, so that the times can be compared.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import common
import matplotlib

from hwgen import shipped
from hwgen.compress import recipes
from hwgen.compress.run import run
from hwgen.text import datasets

PAGE = common.RESULTS / "twins.md"
PICTURE = PAGE.with_suffix(".svg")
# Of each set: recipe of its hypervectors, of the CNN.
SETS = {
    "chatbot": ("intents-tiny-hd", "intents-tiny"),
    "askubuntu": ("intents-tiny-hd", "intents-tiny"),
    "webapplication": ("intents-tiny-hd", "intents-tiny"),
    "snips": ("intents-hd", "intents"),
}
CONVOLUTION = [
    "head.kind=convolution",
    "head.filters=8",
    "head.patch=4",
    "head.epochs=10",
    "head.learning_rate=0.003",
    "head.dropout=0.5",
]
CLAIM = (20, 40)
"""Percent of memory and training time saved, by Jain et al. (2020)."""


@dataclass(frozen=True)
class Cost:
    """Of one classifier on one set: kilobytes, seconds of training, test accuracy 0..1."""

    kilobytes: float
    seconds: float
    test: float


@dataclass(frozen=True)
class Row:
    """A set and head: binary, its float twin of the same shape, and the five-bit CNN."""

    dataset: str
    head: str
    binary: Cost
    twin: Cost
    network: Cost


def main() -> int:
    arguments = common.parser(__doc__).parse_args()

    def work() -> None:
        rows = []
        for name, (hypervectors, network) in SETS.items():
            beside = cnn(network, arguments.data / name)
            own = recipes.load(shipped.recipe_path(hypervectors))
            for recipe in (own, recipes.override(own, CONVOLUTION)):
                rows.append(row(recipe, arguments.data / name, beside))
                common.console.print(line(rows[-1]).strip(), highlight=False)
        PAGE.write_text(page(rows), encoding="utf-8")
        draw(rows)

    return common.guarded(work)


def cnn(name: str, source: Path) -> Cost:
    """The sentence CNN at five bits."""
    recipe = recipes.load(shipped.recipe_path(name))
    data = datasets.load(source, holdout=recipe.data.holdout)
    began = time.monotonic()
    record = run(recipe, data, 5).record
    seconds = time.monotonic() - began
    return Cost(record["memory_bits"]["total"] / 8000, seconds, record["accuracy"]["test"])


def row(recipe: recipes.AnyRecipe, source: Path, network: Cost) -> Row:
    """A hypervector recipe, whose record holds both twins."""
    record = run(recipe, datasets.load(source, holdout=recipe.data.holdout), 1).record
    stages = {stage["name"]: stage for stage in record["stages"]}
    seconds = record["seconds"]
    binary, twin = (
        Cost(stages[name]["kilobytes"], seconds["encoding"] + seconds[name], stages[name]["test"])
        for name in ("binary", "real")
    )
    return Row(source.name, recipe.as_dict()["head"]["kind"], binary, twin, network)


def line(row: Row) -> str:
    """Of the table."""
    cells = (
        f"{cost.kilobytes:,.1f} | {cost.seconds:.1f} | {cost.test:.1%}" for cost in (row.binary, row.twin, row.network)
    )
    return f"| {row.dataset} | {row.head} | {' | '.join(cells)} |\n"


def page(rows: Sequence[Row]) -> str:
    """The table and the picture."""
    return f"""# Binary hypervectors, their float twin, and the five-bit CNN

Kilobytes of the model, seconds of training on one core and test accuracy, seed 0, one after the other in one run. The
float twin has the same items and shapes, but real vectors, class vectors and filters. The encoding of the texts counts
as training of both.

| set | head | binary kB | s | test | twin kB | s | test | CNN kB | s | test |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
{"".join(map(line, rows))}
![What is saved]({PICTURE.name})

The box is what Jain et al. (2020) claim, {CLAIM[0]} to {CLAIM[1]} % less memory and training time. Below zero is what
costs more.

Regenerate: `python scripts/twins.py --data DIR`.
"""


def draw(rows: Sequence[Row]) -> None:
    """Memory saved against training time saved, a panel for each of the two that it is saved against."""
    matplotlib.use("svg")
    from matplotlib import pyplot
    from matplotlib.patches import Rectangle

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for axis, other in zip(axes, ("twin", "network"), strict=True):
        low, high = CLAIM
        axis.add_patch(Rectangle((low, low), high - low, high - low, color="0.8", label="Jain et al. (2020)"))
        for each in rows:
            against = getattr(each, other)
            saved = [
                100 * (1 - getattr(each.binary, kind) / getattr(against, kind)) for kind in ("kilobytes", "seconds")
            ]
            axis.plot(*saved, marker="s" if each.head == "convolution" else "o", linestyle="none")
            axis.annotate(f"{each.dataset}, {each.head}", saved, xytext=(4, 4), textcoords="offset points", fontsize=7)
        axis.axhline(0, color="0.5", linewidth=0.5)
        axis.axvline(0, color="0.5", linewidth=0.5)
        axis.set(
            title="against the float twin" if other == "twin" else "against the five-bit CNN",
            xlabel="memory saved, %",
            ylabel="training time saved, %",
        )
        axis.legend(fontsize=7, loc="lower left")
    figure.savefig(PICTURE, metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    raise SystemExit(main())
