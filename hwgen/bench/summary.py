"""Runs grouped over their seeds or folds: means, spreads and what was compared."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from hwgen.bench.ledger import Run


@dataclass(frozen=True)
class Figure:
    """A mean over runs.

    Attributes:
        mean: in percent.
        deviation: sample standard deviation, in points; 0 for one run.
        runs: how many.
    """

    mean: float
    deviation: float
    runs: int

    @classmethod
    def of(cls, shares: Iterable[float]) -> Figure:
        values = [100 * share for share in shares]
        return cls(statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0, len(values))

    @property
    def error(self) -> float:
        """Standard error of the mean, in points."""
        return self.deviation / math.sqrt(self.runs)

    def __str__(self) -> str:
        return f"{self.mean:.2f} ± {self.deviation:.2f}" if self.runs > 1 else f"{self.mean:.2f}"


@dataclass(frozen=True, eq=False)
class Group:
    """The runs that differ only in seed or fold."""

    dataset: str
    recipe: str
    settings: tuple[str, ...]
    bits: int
    runs: tuple[Run, ...]

    @property
    def name(self) -> str:
        """The recipe with what was changed in it."""
        return " ".join([self.recipe, *self.settings])

    def figure(self, split: str = "test") -> Figure:
        return Figure.of(run[split] for run in self.runs)

    def stage(self, index: int, split: str = "test") -> Figure:
        """Of a stage, 0 being the float network; the last is the model itself."""
        return Figure.of(run["stages"][index][split] for run in self.runs)

    def drop(self) -> Figure:
        """Float network minus model on test, pair by pair; positive where the model is worse."""
        return Figure.of(run["stages"][0]["test"] - run["test"] for run in self.runs)

    @property
    def kilobytes(self) -> float:
        return statistics.mean(run["stages"][-1]["kilobytes"] for run in self.runs)

    @property
    def reduction(self) -> float:
        """Share of memory saved against the float network it came from."""
        return statistics.mean(run["reduction"]["parent"] for run in self.runs)

    @property
    def sparsity(self) -> float:
        """Share of convolution weights that are zero; 0 for a model that has none to count."""
        memory = [run["memory_bits"] for run in self.runs]
        return statistics.mean(
            1 - bits.get("convolution_nonzero", 0) / bits["convolution"] if bits.get("convolution") else 0.0
            for bits in memory
        )

    @property
    def confusion(self) -> np.ndarray:
        """``[expected][found]`` counts over all runs."""
        labels = len(self.runs[0]["labels"])
        table = np.zeros((labels, labels), dtype=np.int64)
        for run in self.runs:
            for expected, answer, count in run["confusion"]:
                table[expected, answer] += count
        return table


def groups(runs: Sequence[Run]) -> list[Group]:
    """Runs by set, recipe, settings and bits, in the order in which they first appear."""
    by_key: dict[tuple[str, str, tuple[str, ...], int], list[Run]] = {}
    for run in runs:
        key = (run["set"], run["recipe"], tuple(run["settings"]), run["bits"])
        by_key.setdefault(key, []).append(run)
    return [Group(*key, tuple(members)) for key, members in by_key.items()]


def pareto(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the points (cost, gain) that no other beats at both, cheapest first."""
    order = sorted(range(len(points)), key=lambda index: (points[index][0], -points[index][1]))
    front: list[int] = []
    for index in order:
        if not front or points[index][1] > points[front[-1]][1]:
            front.append(index)
    return front


HEADINGS = ("set", "recipe", "bits", "runs", "float test %", "dev %", "test %", "drop", "kB", "saved", "kernel zeros")


def _cells(group: Group) -> list[str]:
    return [
        group.dataset,
        group.name,
        str(group.bits),
        str(len(group.runs)),
        str(group.stage(0)),
        str(group.figure("dev")),
        str(group.figure()),
        str(group.drop()),
        f"{group.kilobytes:,.1f}",
        f"{group.reduction:.1%}",
        f"{group.sparsity:.1%}",
    ]


def table(measured: Sequence[Group]) -> str:
    """One Markdown row a group."""
    lines = [HEADINGS, ("---", "---", *["---:"] * (len(HEADINGS) - 2)), *map(_cells, measured)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def rich_table(measured: Sequence[Group]) -> Table:
    """The same for a terminal."""
    shown = Table()
    for index, heading in enumerate(HEADINGS):
        shown.add_column(heading, justify="right" if index > 1 else "left")
    for group in measured:
        shown.add_row(*_cells(group))
    return shown
