"""The rows to test a model on: one file, one split of a folder, or the test split of a public set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.text import datasets
from hwgen.text.hub import Row
from hwgen.text.rows import read
from hwgen.text.shown import listed
from hwgen.text.splits import ALL, SPLITS, files


@dataclass(frozen=True)
class Part:
    """Labelled rows and where they come from.

    Attributes:
        name: the file, or the set and its split.
        rows: at least one.
        note: how they were chosen, where that needs saying; or empty.
    """

    name: str
    rows: tuple[Row, ...]
    note: str = ""

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.rows]


def part(source: str | Path, split: str | None = None, seed: int = 0, holdout: float = datasets.HOLDOUT) -> Part:
    """One split of `source`; nothing else has to be there.

    Args:
        source: a file of rows, a folder of splits, or a set's name.
        split: train, dev or test; by default test, or the only split there is.
        seed, holdout: of the training whose hold-out is meant, where a split is no file of its own; see
            `datasets.load`.

    Raises:
        HwgenError: when there is no such source or split, or a row is bad.
    """
    if split is not None and split not in SPLITS:
        raise HwgenError(f"--split {split}: not one of {', '.join(SPLITS)}")
    path = Path(source)
    if path.is_file() or path.is_fifo():
        if split is not None:
            raise HwgenError(f"--split {split}: {path} is one file; give a folder of splits, or leave out --split")
        return Part(path.name, tuple(read(path)))
    if not path.is_dir():
        if str(source) not in datasets.NAMES:
            raise HwgenError(f"--data {source}: no such file or folder, and not one of {', '.join(datasets.NAMES)}")
        return _held_out(source, split or "test", seed, holdout)
    here = files(path)
    if ALL in here:
        chosen = split or "test"
        return _held_out(source, chosen, seed, holdout, f"what seed {seed} holds out of {here[ALL].name}")
    if split is None and "test" not in here and len(here) == 1:
        (split,) = here
        return Part(_named(here[split]), tuple(read(here[split])), f"no test split there, so {here[split].name}")
    split = split or "test"
    if {"train", "test"} <= here.keys() and "dev" not in here and split != "test":
        return _held_out(source, split, seed, holdout, f"dev is what seed {seed} holds out of {here['train'].name}")
    if split not in here:
        names = listed([each.name for each in here.values()]) or "no file of rows"
        raise HwgenError(f"{path}: no {split}.tsv or {split}.csv there ({names}); give --split, or a file")
    return Part(_named(here[split]), tuple(read(here[split])))


def _held_out(source: str | Path, split: str, seed: int, holdout: float, note: str = "") -> Part:
    """The split as training has it."""
    data = datasets.load(source, seed, holdout=holdout)
    return Part(f"{data.name} {split}", getattr(data, split), note)


def _named(path: Path) -> str:
    return f"{path.resolve().parent.name}/{path.name}"
