"""Adder graphs compute exactly their matrix, in exactly the width they claim."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.graph.tensor import TensorType
from hwgen.rtl.sums.sharing import adder_graph, signed_digits


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    bits=st.integers(2, 8),
    rows=st.integers(1, 12),
    taps=st.integers(1, 4),
    channels=st.integers(1, 10),
    arity=st.integers(2, 3),
)
def test_exact_for_any_matrix_and_any_input_range(
    seed: int, bits: int, rows: int, taps: int, channels: int, arity: int
) -> None:
    random = np.random.default_rng(seed)
    limit = (1 << (bits - 1)) - 1
    matrix = random.integers(-limit, limit + 1, (rows, taps, channels))
    matrix[random.random(matrix.shape) < random.random()] = 0
    constants = random.integers(-99, 99, rows) * (random.random(rows) < 0.7)
    # Some inputs are stuck, at zero or elsewhere, some have one sign only, and of these some are never zero.
    low = random.integers(-16, 9, channels)
    high = low + random.integers(0, 20, channels) * (random.random(channels) < 0.8)
    source = TensorType(low, high, per_token=True)
    graph = adder_graph(matrix, constants, source, arity)
    windows = random.integers(low, high + 1, (20, taps, channels))
    windows[0, 1:] = 0  # the first token of a sentence
    wanted = np.einsum("ndc,rdc->nr", windows, matrix) + constants
    assert np.array_equal(np.einsum("ndc,rdc->nr", windows, graph.matrix) + graph.constants, wanted)
    least, greatest = graph.intervals(source)
    coefficients, added = graph.forms
    nodes = np.einsum("ndc,rdc->nr", windows, coefficients) + added
    assert ((nodes >= least) & (nodes <= greatest)).all()
    # The extremes are reached, so no narrower register would do.
    ends = np.where(coefficients > 0, high, low) * coefficients
    worst = ends[:, 0].sum(axis=1) + np.maximum(ends[:, 1:].sum(axis=2), 0).sum(axis=1) + added
    assert np.array_equal(worst, greatest)
    for each in graph.sums:
        assert 0 < len(each.operands) <= arity or not each.terms
        assert sum(negate for _, negate in each.operands) < arity
        assert all(shift >= each.start for shift, negate in each.operands if negate)
        assert sum(shift < each.start for shift, _ in each.operands) < 2


def test_rows_that_differ_by_shift_or_sign_or_delay_are_one() -> None:
    source = TensorType(np.full(4, -15), np.full(4, 15), per_token=True)
    row, nothing = np.array([3, 5, 0, 7]), np.zeros(4, dtype=int)
    one = adder_graph(np.array([[row, nothing]]), np.zeros(1), source)
    alike = np.array([[row, nothing], [2 * row, nothing], [nothing, row], [-row, nothing]])
    many = adder_graph(alike, np.array([0, 0, 0, 9]), source)
    assert len(many.sums) == len(one.sums) + 1  # nine less than the row


def test_an_empty_row_is_its_constant() -> None:
    source = TensorType(np.full(2, -3), np.full(2, 3), per_token=True)
    graph = adder_graph(np.array([[[0, 0]], [[1, 0]], [[0, 0]]]), np.array([0, 0, -5]), source)
    assert [graph.sums[graph.roots[row].node - 2].constant for row in (0, 2)] == [0, -5]
    assert graph.roots[1].node == 0 and graph.adder_bits(source) == 0


@pytest.mark.parametrize("value", range(-300, 300, 7))
def test_signed_digits(value: int) -> None:
    digits = signed_digits(value)
    assert sum((-1 if negate else 1) << shift for shift, negate in digits) == value
    shifts = [shift for shift, _ in digits]
    assert all(later - sooner > 1 for sooner, later in itertools.pairwise(shifts))
