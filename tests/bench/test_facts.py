"""A run from a file is one that a summary can take, or named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hwgen.bench.facts import checked
from hwgen.bench.summary import groups, table
from hwgen.errors import HwgenError

STAGE = {"name": "float", "dev": 0.5, "test": 0.5, "weights": 9, "nonzero": 9, "bits": 32, "kilobytes": 1.5}
RUN: dict[str, Any] = {
    "key": "0123", "set": "x", "recipe": "demo", "settings": [], "seed": 0, "fold": None, "bits": 5, "dev": 0.5,
    "test": 0.5, "stages": [STAGE], "memory_bits": {"total": 9}, "reduction": {"parent": 0.5}, "labels": ["a", "b"],
    "confusion": [[0, 1, 3]],
}  # fmt: skip
PATH = Path("runs.jsonl")


def test_a_run_is_taken_as_it_is() -> None:
    assert checked(RUN, PATH) is RUN and "| x | demo | 5 | 1 |" in table(groups([RUN]))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("set", 5, "set: 5 is not a string"),
        ("test", "x", "test: 'x' is not a number"),
        ("test", float("nan"), "test: nan is not a number"),
        ("stages", [], "stages: there are none"),
        ("stages", [{}], r"stages\[0\]\.name: missing"),
        ("memory_bits", {"total": []}, r"memory_bits\.total: \[\] is not a whole number"),
        ("reduction", {}, r"reduction\.parent: missing"),
        ("labels", None, "labels: None is not a list"),
        ("confusion", [[0, 2, 1]], r"confusion: \[0, 2, 1\] is outside 2 classes"),
        ("confusion", [[-1, 0, 1]], r"confusion: \[-1, 0, 1\] is outside 2 classes"),
        ("confusion", [[0, 1]], r"confusion\[0\]: \[0, 1\] is not a list of 3"),
    ],
)
def test_what_is_no_run_is_named(field: str, value: object, message: str) -> None:
    with pytest.raises(HwgenError, match=rf"^runs\.jsonl: run '0123': ({message}); remove its line"):
        checked(RUN | {field: value}, PATH)
