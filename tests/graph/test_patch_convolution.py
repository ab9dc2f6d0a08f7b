import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.patch_convolution import PatchConvolution
from hwgen.graph.tensor import TensorType
from tests.random_graph import random_patch_convolution


@given(st.integers(0, 1 << 32), st.integers(1, 5), st.integers(1, 9), st.integers(1, 4))
def test_golden_follows_the_definition(seed: int, filters: int, patch: int, patches: int) -> None:
    """One patch, one filter, one place at a time."""
    random = np.random.default_rng(seed)
    node = random_patch_convolution(random, filters, patch)
    vectors = random.integers(0, 2, (6, patch * patches))
    found = golden.apply(node, vectors, Sentences.of([[1]] * len(vectors)))
    expected = []
    for vector in vectors.tolist():
        row = []
        for first in range(0, len(vector), patch):
            for weights, threshold in zip(node.weights.tolist(), node.thresholds.tolist(), strict=True):
                agree = sum(vector[first + place] == weight for place, weight in enumerate(weights))
                row.append(0 if agree >= threshold else 1)
        expected.append(row)
    assert found.tolist() == expected
    assert found.dtype == np.int64 and node.output_type(TensorType.binary(patch * patches)).channels == len(expected[0])


def test_thresholds_at_the_ends() -> None:
    """Reached by every patch, and by none."""
    node = PatchConvolution(np.array([[0, 1], [0, 1], [0, 1]]), np.array([0, 3, 2]))
    every = np.array([[0, 0, 0, 1, 1, 0, 1, 1]])
    assert node.apply(every).reshape(4, 3).tolist() == [[0, 1, 1], [0, 1, 0], [0, 1, 1], [0, 1, 1]]


@pytest.mark.parametrize(
    ("weights", "thresholds", "message"),
    [
        ([[0, 2]], [1], "weights: values 0..2 are not bits"),
        ([[0, 1]], [1, 1], "thresholds: 2 values for 1 filters"),
        ([[0, 1]], [4], r"thresholds: 4..4 is outside 0..3"),
        ([[0, 1]], [-1], r"thresholds: -1..-1 is outside 0..3"),
        ([[0.5, 1]], [1], "weights: need a non-empty integer array with 2 axes"),
    ],
)
def test_refuses_nonsense(weights: list[list[float]], thresholds: list[int], message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        PatchConvolution(np.array(weights), np.array(thresholds))
