"""What a record says of rows whose label train has not: they are wrong, and in no class's line."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("brevitas")

from hwgen.compress.card import render
from hwgen.compress.record import describe
from hwgen.model import Model
from hwgen.record import Stage
from hwgen.text.datasets import Dataset
from hwgen.text.labels import UNKNOWN, numbers
from hwgen.text.vocabulary import Vocabulary
from tests.random_graph import random_graph

TEST = [("a", "w1"), ("b", "w2"), ("c", "w3"), ("b", "w4")]
DATA = Dataset("set", [("a", "w1 w2"), ("b", "w3")] * 4, [("a", "w5"), ("b", "w6")], TEST)


def test_unknown_labels_are_wrong_and_left_out_of_the_confusion() -> None:
    scores = {"dev": np.array([[1, 0], [0, 1]]), "test": np.array([[1, 0], [0, 1], [0, 1], [1, 0]])}
    labels = {split: np.array(numbers(getattr(DATA, split), DATA.labels)) for split in scores}
    assert labels["test"].tolist() == [0, 1, UNKNOWN, 1]
    stage = Stage("float", 1.0, 0.5, 1, 1, 32, 1.0)
    memory = {"embedding": 1, "convolution": 1, "convolution_nonzero": 1, "dense": 1, "biases": 1, "total": 5}
    plan = {"name": "x", "network": {"embedding": 8}}
    reduction = {"parent": 0.5, "same_shape": 0.5, "kim": 0.5}
    record = describe(plan, DATA, 0, 5, [stage], scores, labels, memory, reduction)
    assert record["accuracy"] == {"dev": 1.0, "test": 0.5}
    assert record["confusion"] == [[1, 0], [1, 1]]
    graph = random_graph(np.random.default_rng(0), vocabulary=20, classes=2)
    model = Model(graph, Vocabulary(tuple(f"w{i}" for i in range(16)), 3), DATA.labels, record)
    assert "counted as wrong: 1 with a label that train has not" in render(model, "title", "hwgen train x")
    plain = Model(graph, model.vocabulary, DATA.labels, record | {"confusion": [[1, 0], [1, 2]]})
    assert "counted as wrong" not in render(plain, "title", "hwgen train x")
