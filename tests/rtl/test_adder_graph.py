"""Adder graphs compute exactly their matrix, in exactly the width they claim."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.graph.tensor import TensorType
from hwgen.rtl.adder_graph import AdderGraph


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 8), st.integers(1, 12), st.integers(1, 10))
def test_exact_for_any_matrix_and_any_input_range(seed: int, bits: int, rows: int, channels: int) -> None:
    random = np.random.default_rng(seed)
    limit = (1 << (bits - 1)) - 1
    matrix = random.integers(-limit, limit + 1, (rows, channels))
    matrix[random.random(matrix.shape) < random.random()] = 0
    # Some inputs are stuck at zero, some have one sign only.
    low, high = -random.integers(0, 16, channels), random.integers(0, 16, channels)
    source = TensorType(low, high, per_token=True)
    graph = AdderGraph.solve(matrix, source)
    inputs = random.integers(low, high + 1, (20, channels))
    assert np.array_equal(inputs @ graph.matrix.T, inputs @ matrix.T)
    least, greatest = graph.intervals(source)
    nodes = inputs @ graph.coefficients.T
    assert ((nodes >= least) & (nodes <= greatest)).all()
    # The extremes are reached, so no narrower register would do.
    worst = np.where(graph.coefficients > 0, high, low)
    assert np.array_equal((graph.coefficients * worst).sum(axis=1), greatest)


def test_rows_that_differ_by_shift_or_sign_are_one() -> None:
    source = TensorType(np.full(4, -15), np.full(4, 15), per_token=True)
    row = [3, 5, 0, 7]
    one = AdderGraph.solve(np.array([row]), source)
    many = AdderGraph.solve(np.array([row, [2 * w for w in row], [-w for w in row]]), source)
    assert len(many.adders) == len(one.adders)


def test_an_empty_row_has_no_node() -> None:
    source = TensorType(np.full(2, -3), np.full(2, 3), per_token=True)
    graph = AdderGraph.solve(np.array([[0, 0], [1, 0]]), source)
    assert graph.roots[0].node is None and graph.roots[1].node == 0 and graph.depth == 0
