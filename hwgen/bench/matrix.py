"""What to measure: every combination of sets, recipes, swept settings, seeds or folds, and bit widths."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hwgen.compress.recipes import AnyRecipe, override
from hwgen.errors import HwgenError
from hwgen.text import datasets
from hwgen.text.datasets import Dataset

BITS = tuple(range(1, 9))
MOST_SEEDS = 1000


@dataclass(frozen=True)
class Job:
    """One training of the float stages, and the bit widths to finish it at.

    Attributes:
        source: of the data: a folder or a public set's name.
        recipe: with every setting applied.
        settings: the swept ones, such as ``pruned.sparsity=0.9``.
        seed: of everything random, the hold-out included.
        fold: 0..9 of a cross-validated set, else None.
        bits: widths to quantise to.
    """

    source: str
    recipe: AnyRecipe
    settings: tuple[str, ...]
    seed: int
    fold: int | None
    bits: tuple[int, ...]

    @property
    def dataset(self) -> str:
        return Path(self.source).name

    @property
    def label(self) -> str:
        """For people: set, recipe, swept settings, and seed or fold."""
        place = f"seed {self.seed}" if self.fold is None else f"fold {self.fold}"
        return " ".join([self.dataset, self.recipe.name, *self.settings, place])

    def load(self) -> Dataset:
        """The rows it is trained and measured on."""
        return datasets.load(self.source, self.seed, self.fold, self.recipe.data.holdout)

    def key(self, bits: int) -> str:
        """Names one run: the same set, recipe, seed, fold and width give the same key, and the same result."""
        plan = {**self.recipe.as_dict(), "name": ""}
        facts = json.dumps([self.dataset, plan, self.seed, self.fold, bits], sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()[:16]


def jobs(
    sources: Sequence[str],
    recipes: Sequence[AnyRecipe],
    bits: Sequence[int] = (5,),
    seeds: int = 3,
    folds: int = datasets.FOLDS,
    sweeps: Sequence[str] = (),
) -> list[Job]:
    """Every combination; a set without a test split is measured over `folds` folds, the others over `seeds` seeds.

    Args:
        sweeps: each ``section.field=value,value,...``; all combinations are measured.

    Raises:
        HwgenError: on a bit width outside 1..8, a bad sweep, or a setting that a recipe refuses.
    """
    for width in bits:
        _check_width(width)
    if not 1 <= seeds <= MOST_SEEDS or not 1 <= folds <= datasets.FOLDS:
        raise HwgenError(f"--seeds {seeds}, --folds {folds}: need 1..{MOST_SEEDS} seeds, and 1..{datasets.FOLDS} folds")
    matrix = []
    for recipe, settings, source in itertools.product(recipes, combinations(sweeps), sources):
        plan = override(recipe, settings)
        crossed = datasets.has_folds(source)
        for number in range(folds if crossed else seeds):
            seed, fold = (0, number) if crossed else (number, None)
            matrix.append(Job(source, plan, settings, seed, fold, tuple(bits)))
    return matrix


def combinations(sweeps: Iterable[str]) -> list[tuple[str, ...]]:
    """``a.b=1,2`` and ``c.d=3`` -> ``("a.b=1", "c.d=3")`` and ``("a.b=2", "c.d=3")``."""
    axes = []
    for sweep in sweeps:
        key, equals, values = sweep.partition("=")
        if not equals or not all(values.split(",")):
            raise HwgenError(
                f"--sweep {sweep}: expected section.field=value,value,..., such as pruned.sparsity=0.5,0.8"
            )
        axes.append([f"{key}={value}" for value in values.split(",")])
    return list(itertools.product(*axes))


def parse_bits(text: str) -> tuple[int, ...]:
    """``2-8``, ``5`` or ``2,5,8`` -> widths.

    Raises:
        HwgenError: when it is none of these, or a width is outside 1..8.
    """
    widths: list[int] = []
    for part in text.split(","):
        low, dash, high = part.partition("-")
        try:
            first, last = int(low), int(high if dash else low)
        except ValueError:
            raise HwgenError(f"--bits {text}: expected widths such as 5, 2-8 or 3,5,8") from None
        for end in (first, last):  # before a range of them all fills the memory
            _check_width(end)
        widths += range(first, last + 1)
    if not widths:
        raise HwgenError(f"--bits {text}: no width is in it; the smaller one comes first, such as 2-8")
    return tuple(dict.fromkeys(widths))


def _check_width(width: int) -> None:
    if width not in BITS:
        raise HwgenError(f"--bits: {width} is outside {BITS[0]}..{BITS[-1]}")
