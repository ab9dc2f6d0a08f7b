"""Labelled text: from a folder of files, from a public set by name, or from the built-in demo grammar."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.text import demo, hub
from hwgen.text.hub import Row

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class Dataset:
    """(label, text) rows in three splits.

    Attributes:
        name: the folder's or the set's name.
        train, dev, test: what to learn from, to choose by, and to report.
        labels: label names, sorted.
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
        for split in ("dev", "test"):
            unseen = {label for label, _ in getattr(self, split)} - set(self.labels)
            if unseen:
                raise HwgenError(f"data {self.name}: label {min(unseen)!r} of the {split} split is not in train")

    @property
    def labels(self) -> tuple[str, ...]:
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
        source: a folder with train/dev/test or all, as ``.tsv`` (label TAB text, no header) or ``.csv`` (header
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
    folder = Path(source)
    if folder.is_dir():
        return _from_folder(folder, seed, fold, holdout)
    if str(source) not in NAMES:
        raise HwgenError(f"--data {source}: neither a folder nor one of {', '.join(NAMES)}")
    if str(source) in CROSS_VALIDATED and fold is not None:
        splits = hub.fetch(str(source))
        return _fold(str(source), [row for split in SPLITS for row in splits.get(split, ())], seed, fold, holdout)
    if fold is not None:
        raise HwgenError(f"--data {source}: has a test split of its own; folds are for sets without one")
    if str(source) == "demo":
        return Dataset("demo", *demo.corpus(), toy=True)
    return _with_dev(str(source), hub.fetch(str(source)), seed, holdout)


def has_folds(source: str | Path) -> bool:
    """Whether `source` is a set without a test split, to be cross-validated."""
    folder = Path(source)
    return _file(folder, "all") is not None if folder.is_dir() else str(source) in CROSS_VALIDATED


def _fold(name: str, rows: Sequence[Row], seed: int, fold: int, holdout: float) -> Dataset:
    """Fold `fold` of ten, by a shuffle that is always the same."""
    order = random.Random("folds").sample(range(len(rows)), len(rows))
    test = set(order[fold::FOLDS])
    others = [row for number, row in enumerate(rows) if number not in test]
    dev, train = _hold_out(others, _count(others, holdout), seed)
    return Dataset(name, train, dev, tuple(rows[number] for number in sorted(test)))


def _from_folder(folder: Path, seed: int, fold: int | None, holdout: float) -> Dataset:
    name = folder.resolve().name
    whole = _file(folder, "all")
    if whole is not None:
        if any(_file(folder, split) for split in SPLITS):
            raise HwgenError(f"{folder}: holds {whole.name} and split files; keep one or the other")
        rows = _read(whole)
        if fold is not None:
            return _fold(name, rows, seed, fold, holdout)
        dev = _count(rows, holdout)
        held, kept = _hold_out(rows, dev + _count(rows, 1 / FOLDS), seed)
        return Dataset(name, kept, held[:dev], held[dev:])
    if fold is not None:
        raise HwgenError(f"{folder}: has a test split of its own; folds are for sets without one (all.tsv)")
    found = {split: _file(folder, split) for split in SPLITS}
    for split in ("train", "test"):
        if found[split] is None:
            raise HwgenError(f"{folder}: no {split}.tsv or {split}.csv (nor all.tsv); see `hwgen train --help`")
    return _with_dev(name, {split: _read(path) for split, path in found.items() if path is not None}, seed, holdout)


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


def _file(folder: Path, split: str) -> Path | None:
    candidates = [path for path in (folder / f"{split}.tsv", folder / f"{split}.csv") if path.is_file()]
    if len(candidates) > 1:
        raise HwgenError(f"{folder}: holds both {split}.tsv and {split}.csv; keep one")
    return candidates[0] if candidates else None


def _read(path: Path) -> list[Row]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise HwgenError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise HwgenError(f"{path}:{line}: not UTF-8; convert the file to UTF-8") from None
    rows = list(_csv(path, text) if path.suffix == ".csv" else _tsv(path, text))
    if not rows:
        raise HwgenError(f"{path}: no rows")
    return rows


def _tsv(path: Path, text: str) -> Iterable[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        if not line:
            continue
        label, tab, sentence = line.partition("\t")
        if not tab or not label.strip():
            raise HwgenError(f"{path}:{number}: expected label TAB text")
        yield label.strip(), sentence


def _csv(path: Path, text: str) -> Iterable[Row]:
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if "label" not in header or "text" not in header:
            raise HwgenError(f"{path}:1: expected the header label,text")
        label, sentence = header.index("label"), header.index("text")
        for row in reader:
            if not row:
                continue
            if len(row) != len(header) or not row[label].strip():
                raise HwgenError(f"{path}:{reader.line_num}: expected {len(header)} fields with a label")
            yield row[label].strip(), row[sentence]
    except csv.Error as error:
        raise HwgenError(f"{path}:{reader.line_num}: not CSV ({error})") from None
