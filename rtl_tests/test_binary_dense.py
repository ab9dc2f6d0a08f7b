from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.hypervector import BinaryDense
from hwgen.rtl.binary.binary_dense import FoldedBinaryDense
from rtl_tests.stream_bench import beat, run
from rtl_tests.test_hypervector import pieces


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("lanes", [1, 6, 24])
@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_scores(classes: int, lanes: int, stall: float, tmp_path: Path) -> None:
    random = np.random.default_rng(classes + lanes)
    node = BinaryDense(random.integers(0, 2, (classes, 24)), random.integers(-30, 31, classes))
    vectors = random.integers(0, 2, (30, 24))
    vectors[0], vectors[1] = node.weights[0], 1 - node.weights[0]  # full agreement, and none
    scores = golden.apply(node, vectors, Sentences.of([[1]] * len(vectors)))
    dense = FoldedBinaryDense(node, lanes=lanes)
    expected = [beat(dense.scores, values=row, first=1, last=1) for row in scores.tolist()]
    run(
        tmp_path,
        dense,
        "vectors",
        pieces(dense.vectors, vectors, lanes),
        "scores",
        expected,
        stall=stall,
    )


def test_refuses_lanes() -> None:
    node = BinaryDense(np.zeros((2, 24), dtype=int), np.zeros(2, dtype=int))
    with pytest.raises(HwgenError, match="lanes: 5 must divide the 24 channels"):
        FoldedBinaryDense(node, lanes=5)
