"""What is odd about a data set is said once, with its count; a sound one raises no word."""

from __future__ import annotations

import pytest

from hwgen.errors import HwgenError
from hwgen.text import datasets
from hwgen.text.audit import warnings
from hwgen.text.datasets import Dataset

TRAIN = [("ab"[i % 2], f"text {i}") for i in range(20)]
TEST = [("a", "other"), ("b", "another")]


def test_a_sound_set_raises_no_word() -> None:
    assert not list(warnings(Dataset("set", TRAIN, TEST, TEST))) and not list(warnings(datasets.load("demo")))


@pytest.mark.parametrize(
    ("train", "dev", "test", "message"),
    [
        (
            TRAIN,
            TEST,
            [*TEST, ("c", "x"), ("d\n", "y")],
            "test rows with a label that train has not: 2 of 4 ('c', 'd\\n')",
        ),
        (TRAIN, [*TEST, ("c", "x")], TEST, "dev rows with a label that train has not: 1 of 3 ('c')"),
        (TRAIN, TEST, [*TEST, ("b", "text 2")], "test rows that are in train, too: 1 of 3"),
        (
            [*TRAIN, ("b", "text 2")],
            TEST,
            TEST,
            "texts of train with more than one label: 1, such as 'text 2' ('a', 'b')",
        ),
        ([("a", f"text {i}") for i in range(400)] + [("b", "x")], TEST, TEST, "train has 400 rows of 'a' and 1 of 'b'"),
    ],
)
def test_what_is_odd_is_counted(train: list, dev: list, test: list, message: str) -> None:
    (line,) = warnings(Dataset("set", train, dev, test))
    assert line.startswith("data set: ") and message in line and "\n" not in line


def test_what_cannot_be_learnt_is_refused() -> None:
    for train, dev, message in (
        ([("a", ""), ("b", " \t")], TEST, "no text of the train split has a word"),
        (TRAIN, [("A", "x")], r"no label of the dev split is in train \('A' there, 'a', 'b' in train\)"),
        (TRAIN[:1], TEST, "only the label 'a'"),
        (TRAIN, [], "the dev split is empty"),
    ):
        with pytest.raises(HwgenError, match=message):
            Dataset("set", train, dev, TEST)
