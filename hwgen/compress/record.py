"""What a model's record says, whatever its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hwgen.graph import golden
from hwgen.graph.tensor import Integers
from hwgen.record import Stage
from hwgen.text.datasets import Dataset
from hwgen.text.labels import UNKNOWN
from hwgen.text.splits import SPLITS


def describe(
    plan: dict[str, Any],
    dataset: Dataset,
    seed: int,
    bits: int,
    stages: Sequence[Stage],
    scores: Mapping[str, Integers],
    labels: Mapping[str, Integers],
    memory: dict[str, int],
    reduction: dict[str, float],
) -> dict[str, Any]:
    """Plain JSON values.

    Args:
        plan: the recipe.
        scores, labels: golden scores and true classes of dev and test (`UNKNOWN`: a label that train has not).
        memory: bits of each part, and of all (`total`).
        reduction: share of memory saved against other networks.
    """
    answers = {split: golden.classes(values) for split, values in scores.items()}
    return {
        "recipe": plan,
        "seed": seed,
        "bits": bits,
        "data": {
            "name": dataset.name,
            "toy": dataset.toy,
            "rows": {split: len(getattr(dataset, split)) for split in SPLITS},
        },
        "stages": [stage.as_dict() for stage in stages],
        "accuracy": {split: float((classes == labels[split]).mean()) for split, classes in answers.items()},
        "confusion": _confusion(answers["test"], labels["test"], len(dataset.labels)),
        "memory_bits": memory,
        "reduction": reduction,
    }


def _confusion(answers: Integers, expected: Integers, classes: int) -> list[list[int]]:
    """``[expected][found]`` counts of the rows whose label is a class."""
    known = expected != UNKNOWN
    table = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(table, (expected[known], answers[known]), 1)
    return table.tolist()
