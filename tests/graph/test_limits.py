"""Every interval fits the arithmetic that evaluates it, or the node or graph is refused when it is made."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.graph.ensemble import EnsembleGraph, Vote
from hwgen.graph.graph import ConvolutionGraph
from hwgen.graph.nodes import EXACT_SUM, Convolution, Requantise
from hwgen.graph.tensor import TensorType
from tests.random_graph import random_ensemble, random_graph, random_hypervector, random_sentences

GRAPH = random_graph(np.random.default_rng(0))


def test_a_bias_that_leaves_64_bits_when_shifted_is_refused() -> None:
    size = GRAPH.convolution.filters
    with pytest.raises(HwgenError, match=r"Requantise\.bias: .* is outside"):
        Requantise(np.full(size, -(1 << 62)), np.full(size, -16), 5, -3)


def test_a_sum_that_leaves_64_bits_when_shifted_is_refused() -> None:
    node = Requantise(np.zeros(1, int), np.array([-16]), 8, 0)
    largest = (1 << 47) - 1
    assert node.output_type(TensorType(np.array([-largest]), np.array([largest]), per_token=True)).high[0] == 255
    with pytest.raises(HwgenError, match="shifted to the left can leave 64 bits"):
        node.output_type(TensorType(np.array([0]), np.array([largest + 1]), per_token=True))


@given(st.integers(-(1 << 31), (1 << 31) - 1), st.integers(-16, 31), st.integers(-EXACT_SUM + 1, EXACT_SUM - 1))
def test_what_is_not_refused_is_what_whole_numbers_give(bias: int, shift: int, value: int) -> None:
    node = Requantise(np.array([bias]), np.array([shift]), 8, 0)
    source = TensorType(np.array([min(value, 0)]), np.array([max(value, 0)]), per_token=True)
    try:
        node.output_type(source)
    except HwgenError:
        assert shift < 0
        return
    half = 1 << (shift - 1) if shift > 0 else 0
    moved = (value + bias + half) >> shift if shift >= 0 else (value + bias) << -shift
    assert node.apply(np.array([value]))[0] == min(max(moved, 0), 255)


def test_a_convolution_beyond_exact_floats_is_refused() -> None:
    node = Convolution((np.ones((1, 1, 1), int),), 2, np.zeros(1, int))
    node.output_type(TensorType(np.array([0]), np.array([EXACT_SUM - 1]), per_token=True))
    with pytest.raises(HwgenError, match="exact integers of float64"):
        node.output_type(TensorType(np.array([0]), np.array([EXACT_SUM]), per_token=True))


@pytest.mark.parametrize(
    ("place", "change", "message"),
    [
        (0, {"exponent": 2000}, r"Embedding\.exponent: 2000 is outside"),
        (0, {"exponent": 1 << 70}, r"Embedding\.exponent"),
        (0, {"exponent": float("inf")}, r"Embedding\.exponent: inf"),
        (0, {"bits": float("nan")}, r"Embedding\.bits: nan"),
        (0, {"bits": True}, r"Embedding\.bits: True"),
        (1, {"exponents": np.full(12, 64)}, r"Convolution\.exponents: 64\.\.64 is outside"),
        (2, {"shift": np.full(12, 32)}, r"Requantise\.shift: 32\.\.32 is outside"),
        (2, {"exponent": -65}, r"Requantise\.exponent"),
        (4, {"bias": np.array([0, 0, 1 << 63], dtype=np.uint64)}, r"Dense\.bias: 0\.\.9223372036854775808"),
        (4, {"exponent": "1"}, r"Dense\.exponent: '1'"),
    ],
)
def test_numbers_of_nodes_are_bounded(place: int, change: dict[str, Any], message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        replace(GRAPH.nodes[place], **change)  # type: ignore[type-var]


def test_scores_beyond_32_bits_are_exact() -> None:
    dense = replace(GRAPH.dense, bias=np.array([(1 << 31) - 1, -(1 << 31), 0]))
    graph = ConvolutionGraph((*GRAPH.nodes[:4], dense))
    sentences = random_sentences(np.random.default_rng(1), graph, 20)
    assert np.array_equal(
        golden.scores(graph, sentences) - dense.bias, golden.scores(GRAPH, sentences) - GRAPH.dense.bias
    )


def test_a_vote_of_votes_is_refused() -> None:
    ensemble = random_ensemble(np.random.default_rng(0), "convolution", members=2)
    with pytest.raises(HwgenError, match="a vote of votes"):
        EnsembleGraph((Vote((ensemble, ensemble), np.array([1, 1])),))


@pytest.mark.parametrize("block", [0, 1 << 40])
def test_a_hypervector_has_a_limit(block: int) -> None:
    with pytest.raises(HwgenError, match=r"Hypervector\."):
        replace(random_hypervector(np.random.default_rng(0)), block=block)
