"""Labelled text: from a folder of files, from a public set by name, or from the built-in demo grammar."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.text import demo

Row = tuple[str, str]
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


@dataclass(frozen=True)
class _Public:
    """Where a set lives on the Hugging Face hub and which columns to take."""

    path: str
    config: str | None = None
    text: str = "text"
    label: str = "label"
    splits: tuple[str, ...] = SPLITS
    revision: str | None = None
    leave_out: str | None = None


# Sets whose home is a loading script are taken from the hub's own conversion to Parquet.
_PARQUET = "refs/convert/parquet"
# GLUE publishes no test labels: its validation split is SST-2's own dev split, and the test sentences come from the
# treebank's two-class set.
PUBLIC = {
    "sst2": _Public("SetFit/sst2", label="label", splits=("train", "validation", "test")),
    "trec": _Public("CogComp/trec", label="coarse_label", splits=("train", "test"), revision=_PARQUET),
    "mr": _Public("cornell-movie-review-data/rotten_tomatoes", splits=("train", "validation", "test")),
    "subj": _Public("SetFit/subj", label="label_text", splits=("train", "test")),
    "cr": _Public("SetFit/CR", label="label_text", splits=("train", "test")),
    "sst5": _Public("SetFit/sst5", label="label_text", splits=("train", "validation", "test")),
    "banking77": _Public("mteb/banking77", label="label_text", splits=("train", "test")),
    "clinc150": _Public(
        "clinc/clinc_oos", "plus", label="intent", splits=("train", "validation", "test"), leave_out="oos"
    ),
    "snips": _Public("benayas/snips", label="category", splits=("train", "test")),
}
NAMES = ("demo", "glue_sst2", *PUBLIC)


def load(source: str | Path, seed: int = 0) -> Dataset:
    """The data set in folder `source`, or the set of that name.

    Args:
        source: a folder with train/dev/test or all, as ``.tsv`` (label TAB text, no header) or ``.csv`` (header
            ``label,text``); or ``demo``, or a public set's name.
        seed: of the hold-out, where a split is missing: 10 % of train for dev, and 80/10/10 of ``all``.

    Raises:
        HwgenError: when there is no such folder or name, no network, or a bad row (file and line are named).
    """
    folder = Path(source)
    if folder.is_dir():
        return _from_folder(folder, seed)
    if str(source) == "demo":
        return Dataset("demo", *demo.corpus(), toy=True)
    if str(source) in NAMES:
        return _from_hub(str(source), seed)
    raise HwgenError(f"--data {source}: neither a folder nor one of {', '.join(NAMES)}")


def _from_folder(folder: Path, seed: int) -> Dataset:
    name = folder.resolve().name
    whole = _file(folder, "all")
    if whole is not None:
        if any(_file(folder, split) for split in SPLITS):
            raise HwgenError(f"{folder}: holds {whole.name} and split files; keep one or the other")
        rows = _read(whole)
        tenth = max(len(rows) // 10, 1)
        held, kept = _hold_out(rows, 2 * tenth, seed)
        return Dataset(name, kept, held[:tenth], held[tenth:])
    found = {split: _file(folder, split) for split in SPLITS}
    for split in ("train", "test"):
        if found[split] is None:
            raise HwgenError(f"{folder}: no {split}.tsv or {split}.csv (nor all.tsv); see `hwgen train --help`")
    return _with_dev(name, {split: _read(path) for split, path in found.items() if path is not None}, seed)


def _with_dev(name: str, rows: Mapping[str, Sequence[Row]], seed: int) -> Dataset:
    """Hold out a tenth of train where there is no dev split."""
    if "dev" not in rows:
        dev, train = _hold_out(rows["train"], max(len(rows["train"]) // 10, 1), seed)
        rows = {**rows, "dev": dev, "train": train}
    return Dataset(name, tuple(rows["train"]), tuple(rows["dev"]), tuple(rows["test"]))


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


def _from_hub(name: str, seed: int) -> Dataset:
    try:
        from datasets import load_dataset
    except ImportError:
        raise HwgenError(
            f"--data {name}: fetching public sets needs the package `datasets` (pip install datasets); "
            "or give a folder with train.tsv, dev.tsv, test.tsv"
        ) from None
    try:
        if name == "glue_sst2":
            treebank = _fetch(load_dataset, PUBLIC["sst2"])
            phrases = _Public("nyu-mll/glue", "sst2", text="sentence", splits=("train", "validation"))
            rows = {**_fetch(load_dataset, phrases), "test": treebank["test"]}
        else:
            rows = _fetch(load_dataset, PUBLIC[name])
    except HwgenError:
        raise
    except Exception as error:  # the package raises many kinds for "no network" and "no such set"
        raise HwgenError(
            f"--data {name}: could not be fetched ({type(error).__name__}); is there a network? "
            "A folder with train.tsv, dev.tsv, test.tsv works without one"
        ) from None
    return _with_dev(name, rows, seed)


def _fetch(load_dataset: Callable[..., object], public: _Public) -> dict[str, list[Row]]:
    arguments = (public.path,) if public.config is None else (public.path, public.config)
    splits: dict[str, list[Row]] = {}
    for split in public.splits:
        table = load_dataset(*arguments, split=split, revision=public.revision)
        labels = table.features[public.label]  # type: ignore[attr-defined]
        names = labels.int2str if hasattr(labels, "int2str") and public.path != "nyu-mll/glue" else str
        rows = zip(table[public.label], table[public.text], strict=True)  # type: ignore[index]
        named = [(str(names(label)), str(text).strip()) for label, text in rows]
        splits["dev" if split == "validation" else split] = [row for row in named if row[0] != public.leave_out]
    return splits
