"""The rows to test a model on: whatever of a data set is there."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from hwgen.cuts import PIECE
from hwgen.errors import HwgenError
from hwgen.text import datasets, splits
from hwgen.text.audit import UNBALANCED
from hwgen.text.parts import part
from hwgen.text.rows import LABEL_NAMES, LONGEST, LONGEST_LABEL, TEXT_NAMES

ROWS = [("ab"[i % 2], f"text {i}") for i in range(60)]


def write(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{label}\t{text}\n" for label, text in rows), encoding="utf-8")
    return path


def test_a_file_is_taken_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.txt", ROWS[:5])
    assert part(path).rows == tuple(ROWS[:5]) and part(str(path)).texts == [text for _, text in ROWS[:5]]
    with pytest.raises(HwgenError, match=r"--split test: .*mine\.txt is one file"):
        part(path, "test")


def test_a_pipe_is_a_file_too(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=write, args=(tmp_path / "pipe", ROWS))
    writer.start()
    assert part(tmp_path / "pipe").rows == tuple(ROWS)
    writer.join()


def test_the_only_split_there_is_taken_and_named(tmp_path: Path) -> None:
    write(tmp_path / "set" / "test.tsv", ROWS[:3])
    alone = part(tmp_path / "set")
    assert (alone.name, alone.rows, alone.note) == ("set/test.tsv", tuple(ROWS[:3]), "")
    (tmp_path / "set" / "test.tsv").rename(tmp_path / "set" / "Valid.TSV")
    assert "no test split there" in part(tmp_path / "set").note and part(tmp_path / "set", "dev").rows == alone.rows
    write(tmp_path / "set" / "train.tsv", ROWS)
    with pytest.raises(HwgenError, match=r"no test\.tsv or test\.csv there \('train.tsv', 'Valid.TSV'\); give --split"):
        part(tmp_path / "set")
    assert part(tmp_path / "set", "train").rows == tuple(ROWS)


def test_what_training_holds_out_is_what_is_tested(tmp_path: Path) -> None:
    write(tmp_path / "all" / "all.tsv", ROWS)
    held = datasets.load(tmp_path / "all", 3, holdout=0.3)
    chosen = part(tmp_path / "all", seed=3, holdout=0.3)
    assert chosen.rows == held.test and "seed 3 holds out of all.tsv" in chosen.note
    assert part(tmp_path / "all", "dev", 3, 0.3).rows == held.dev
    write(tmp_path / "two" / "train.tsv", ROWS)
    write(tmp_path / "two" / "test.tsv", ROWS[:7])
    assert part(tmp_path / "two").rows == tuple(ROWS[:7]) and not part(tmp_path / "two").note
    two = datasets.load(tmp_path / "two", 3)
    assert (part(tmp_path / "two", "dev", 3).rows, part(tmp_path / "two", "train", 3).rows) == (two.dev, two.train)
    assert part("demo").rows == datasets.load("demo").test


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    for source, split, message in (
        (tmp_path / "nowhere", None, r"nowhere: no such file or folder, and not one of demo"),
        ("/dev/zero", None, r"no such file"),
        (tmp_path, None, r"no test\.tsv or test\.csv there \(no file of rows\)"),
        (tmp_path, "all", r"--split all: not one of train, dev, test"),
    ):
        with pytest.raises(HwgenError, match=message):
            part(source, split)


def test_the_page_on_data_names_every_split_column_and_set() -> None:
    content = (Path(__file__).resolve().parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    names = [name for names in splits.NAMES.values() for name in names]
    for name in (*names, *LABEL_NAMES, *TEXT_NAMES, *datasets.NAMES):
        assert name in content, name
    assert (
        f"{LONGEST:,} bytes" in content and f"{LONGEST_LABEL} characters" in content and f"{PIECE:,} tokens" in content
    )
    assert f"{UNBALANCED} rows or more" in content
