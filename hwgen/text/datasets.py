"""Labelled text: from a folder of files, from a public set by name, or from the built-in demo grammar."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hwgen.documents import is_folder
from hwgen.errors import HwgenError
from hwgen.text import demo, hub
from hwgen.text.hub import Row
from hwgen.text.rows import check_labels, read
from hwgen.text.shown import listed
from hwgen.text.splits import ALL, SPLITS, files
from hwgen.text.words import tokenise


@dataclass(frozen=True)
class Dataset:
    """(label, text) rows in three splits.

    Attributes:
        name: the folder's or the set's name.
        train, dev, test: what to learn from, to choose by, and to report. Rows of dev and test may have labels that
            train has not: no answer to them is right.
        toy: made up by the package; its accuracy says nothing about real text.
    """

    name: str
    train: tuple[Row, ...]
    dev: tuple[Row, ...]
    test: tuple[Row, ...]
    toy: bool = False

    def __post_init__(self) -> None:
        for split in SPLITS:
            object.__setattr__(self, split, tuple(getattr(self, split)))
            if not getattr(self, split):
                raise HwgenError(f"data {self.name}: the {split} split is empty")
        if len(self.labels) < 2:
            raise HwgenError(f"data {self.name}: only the label {self.labels[0]!r}; a classifier needs at least 2")
        if not any(tokenise(text) for _, text in self.train):
            raise HwgenError(f"data {self.name}: no text of the train split has a word")
        for split in ("dev", "test"):
            labels = {label for label, _ in getattr(self, split)}
            if labels.isdisjoint(self.labels):
                raise HwgenError(
                    f"data {self.name}: no label of the {split} split is in train ({listed(sorted(labels))} there, "
                    f"{listed(list(self.labels))} in train); name the classes alike in both"
                )

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Label names of the train split, sorted."""
        return tuple(sorted({label for label, _ in self.train}))


FOLDS = 10
CROSS_VALIDATED = ("mr", "cr", "subj", "mpqa")
"""Public sets that papers report by 10-fold cross-validation: the splits of their public copies are joined again."""
NAMES = ("demo", *hub.NAMES)
HOLDOUT = 0.1
"""Of the training rows, what becomes dev where a set has none."""


def load(source: str | Path, seed: int = 0, fold: int | None = None, holdout: float = HOLDOUT) -> Dataset:
    """The data set in folder `source`, or the set of that name.

    Args:
        source: a folder with train/dev/test or all (`splits.NAMES`), as ``.tsv`` (label TAB text) or ``.csv`` (header
            ``label,text``); or ``demo``, or a public set's name.
        seed: of the hold-out, where a split is missing.
        fold: 0..9, of a set without splits: its test split is that tenth of the rows; otherwise a random tenth is,
            by `seed`. The ten tenths do not depend on `seed`.
        holdout: share of the training rows that become dev, where there is no dev split.

    Raises:
        HwgenError: when there is no such folder or name, no network, a bad row (file and line are named), or `fold`
            is given for a set that has a test split.
    """
    if fold is not None and not 0 <= fold < FOLDS:
        raise HwgenError(f"fold: {fold} is outside 0..{FOLDS - 1}")
    require(source)
    folder = Path(source)
    if is_folder(folder):
        return _from_folder(folder, seed, fold, holdout)
    if str(source) in CROSS_VALIDATED and fold is not None:
        splits = hub.fetch(str(source))
        return _fold(str(source), [row for split in SPLITS for row in splits.get(split, ())], seed, fold, holdout)
    if fold is not None:
        raise HwgenError(f"--data {source}: has a test split of its own; folds are for sets without one")
    if str(source) == "demo":
        return Dataset("demo", *demo.corpus(), toy=True)
    return _with_dev(str(source), hub.fetch(str(source)), seed, holdout)


def require(source: str | Path) -> None:
    """Make sure, without reading it, that there is a folder `source` or a set of that name.

    Raises:
        HwgenError: when there is neither.
    """
    if not is_folder(source) and str(source) not in NAMES:
        raise HwgenError(f"--data {source}: neither a folder nor one of {', '.join(NAMES)}")


def has_folds(source: str | Path) -> bool:
    """Whether `source` is a set without a test split, to be cross-validated."""
    folder = Path(source)
    return ALL in files(folder) if folder.is_dir() else str(source) in CROSS_VALIDATED


def _fold(name: str, rows: Sequence[Row], seed: int, fold: int, holdout: float) -> Dataset:
    """Fold `fold` of ten, by a shuffle that is always the same."""
    order = random.Random("folds").sample(range(len(rows)), len(rows))
    test = set(order[fold::FOLDS])
    others = [row for number, row in enumerate(rows) if number not in test]
    dev, train = _hold_out(others, _count(others, holdout), seed)
    return Dataset(name, train, dev, tuple(rows[number] for number in sorted(test)))


def _from_folder(folder: Path, seed: int, fold: int | None, holdout: float) -> Dataset:
    name, here = folder.resolve().name, files(folder)
    if ALL in here:
        rows = _training_rows(here[ALL])
        if fold is not None:
            return _fold(name, rows, seed, fold, holdout)
        dev = _count(rows, holdout)
        held, kept = _hold_out(rows, dev + _count(rows, 1 / FOLDS), seed)
        return Dataset(name, kept, held[:dev], held[dev:])
    if fold is not None:
        raise HwgenError(f"{folder}: has a test split of its own; folds are for sets without one (all.tsv)")
    for split in ("train", "test"):
        if split not in here:
            raise HwgenError(f"{folder}: no {split}.tsv or {split}.csv (nor all.tsv); see `hwgen train --help`")
    return _with_dev(
        name,
        {split: _training_rows(path) if split == "train" else read(path) for split, path in here.items()},
        seed,
        holdout,
    )


def _training_rows(path: Path) -> list[Row]:
    rows = read(path)
    check_labels(path, rows)
    return rows


def _with_dev(name: str, rows: Mapping[str, Sequence[Row]], seed: int, holdout: float) -> Dataset:
    """Hold out a share of train where there is no dev split."""
    if "dev" not in rows:
        dev, train = _hold_out(rows["train"], _count(rows["train"], holdout), seed)
        rows = {**rows, "dev": dev, "train": train}
    return Dataset(name, tuple(rows["train"]), tuple(rows["dev"]), tuple(rows["test"]))


def _count(rows: Sequence[Row], share: float) -> int:
    return max(int(len(rows) * share), 1)


def _hold_out(rows: Sequence[Row], count: int, seed: int) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """`count` random rows (or fewer), and the others; every label keeps at least one row among the others."""
    left = Counter(label for label, _ in rows)
    held: list[Row] = []
    kept: list[Row] = []
    for row in random.Random(f"hold-out/{seed}").sample(rows, len(rows)):
        take = len(held) < count and left[row[0]] > 1
        left[row[0]] -= take
        (held if take else kept).append(row)
    return tuple(held), tuple(kept)
