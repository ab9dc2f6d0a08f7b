"""The golden model against its definition, written out naively."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.graph.explain import explain
from hwgen.graph.golden import Sentences
from hwgen.graph.nodes import Convolution, Dense, Embedding, Requantise
from hwgen.graph.tensor import TensorType, width_of
from tests.random_graph import random_graph, random_sentences

seeds = st.integers(0, 2**32 - 1)
widths = st.integers(1, 8)


@settings(max_examples=30, deadline=None)
@given(seeds, widths)
def test_convolution_is_its_definition(seed: int, bits: int) -> None:
    random = np.random.default_rng(seed)
    graph = random_graph(random, bits=bits, widths=(1, 2, 5), filters=2, rank=3)
    sentences = random_sentences(random, graph, 4, longest=7)
    values = graph.embedding.table[sentences.tokens]
    found = golden.apply(graph.convolution, values, sentences)
    for start, length in zip(sentences.starts, sentences.lengths, strict=True):
        x = values[start : start + length]
        for t in range(length):
            expected = []
            for kernel in graph.convolution.kernels:
                for weights in kernel:
                    reach = [(j, t - (len(weights) - 1) + j) for j in range(len(weights))]
                    expected.append(sum(int(weights[j] @ x[place]) for j, place in reach if place >= 0))
            assert found[start + t].tolist() == expected


@given(st.integers(-(2**20), 2**20), st.integers(-100, 100), st.integers(-4, 12), widths)
def test_requantise_rounds_half_up_and_clips(value: int, bias: int, shift: int, bits: int) -> None:
    node = Requantise(np.array([bias]), np.array([shift]), bits, 0)
    exact = Fraction(value + bias) / Fraction(2) ** shift
    rounded = floor(exact + Fraction(1, 2))
    assert node.apply(np.array([[value]])).item() == min(max(rounded, 0), 2**bits - 1)


@settings(max_examples=30, deadline=None)
@given(seeds, widths)
def test_intervals_hold_every_value_and_are_reached(seed: int, bits: int) -> None:
    random = np.random.default_rng(seed)
    graph = random_graph(random, bits=bits)
    sentences = random_sentences(random, graph, 20)
    for kind, values in zip(graph.types(), golden.trace(graph, sentences), strict=True):
        assert kind.contains(values)
    # Tight: the worst input of the first filter reaches its bound.
    source, convolution = graph.types()[0], graph.convolution
    weights = convolution.kernels[0][0]
    worst = np.where(weights > 0, np.maximum(source.high, 0), np.minimum(source.low, 0))
    assert convolution.output_type(source).high[0] == (weights * worst).sum()


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_sentences_do_not_touch_each_other(seed: int) -> None:
    random = np.random.default_rng(seed)
    graph = random_graph(random)
    lists = [random.integers(0, 50, length).tolist() for length in random.integers(0, 8, 6)]
    together = golden.scores(graph, Sentences.of(lists))
    alone = [golden.scores(graph, Sentences.of([each]))[0] for each in lists]
    assert np.array_equal(together, alone)
    assert np.array_equal(golden.scores(graph, Sentences.of([[]])), golden.scores(graph, Sentences.of([[0]])))


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_evidence_adds_up_to_the_margin(seed: int) -> None:
    random = np.random.default_rng(seed)
    graph = random_graph(random)
    tokens = random.integers(0, 50, random.integers(0, 12)).tolist()
    told = explain(graph, tokens)
    bias = (graph.dense.bias[told.label] - graph.dense.bias[told.runner_up]) * 2.0**graph.score_exponent
    assert sum(each.weight for each in told.evidence) + bias == told.margin >= 0
    assert all(0 <= each.start < each.end <= max(len(tokens), 1) for each in told.evidence)


@given(st.integers(-300, 300), st.integers(0, 600))
def test_widths_are_the_smallest_that_hold_both_ends(low: int, span: int) -> None:
    high = low + span
    bits, signed = width_of(low, high)
    ends = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    assert ends[0] <= low and high <= ends[1] and signed == (low < 0)
    smaller = (-(1 << (bits - 2)), (1 << (bits - 2)) - 1) if signed and bits > 1 else (0, (1 << (bits - 1)) - 1)
    assert bits == 1 or not (smaller[0] <= low and high <= smaller[1])


def test_a_token_outside_the_vocabulary_is_named() -> None:
    graph = random_graph(np.random.default_rng(0))
    with pytest.raises(HwgenError, match=r"token 50 is outside the vocabulary 0\.\.49"):
        golden.scores(graph, Sentences.of([[1, 50]]))


def test_nodes_name_the_field_the_value_and_the_way_out() -> None:
    table = np.array([[0, 0], [1, 2]])
    for build, message in (
        (lambda: Embedding(table + 1, 5, 0), "row 0 is the padding token"),
        (lambda: Embedding(table * 10, 5, 0), r"values 0\.\.20 do not fit 5 bits \(-15\.\.15\)"),
        (lambda: Embedding(table, 9, 0), r"bits: 9 is outside 1\.\.8"),
        (lambda: Embedding(table * 0.5, 5, 0), "integer array"),
        (lambda: Convolution((), 5, np.array([0])), "at least one branch"),
        (lambda: Convolution((np.ones((2, 3, 4), dtype=int),), 5, np.array([0])), "1 values for 2 filters"),
        (lambda: Requantise(np.array([0]), np.array([40]), 5, 0), r"shift: 40\.\.40 is outside"),
        (lambda: Dense(np.array([[1, 1]]), np.array([0]), 5, 0), "at least 2 classes"),
    ):
        with pytest.raises(HwgenError, match=message):
            build()
    with pytest.raises(ValueError, match="low > high"):
        TensorType(np.array([1]), np.array([0]), per_token=True)


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(1, 40))
def test_pieces_are_the_sentences_in_their_order(seed: int, most: int) -> None:
    random = np.random.default_rng(seed)
    graph = random_graph(random)
    sentences = random_sentences(random, graph, 9)
    pieces = list(sentences.pieces(most))
    assert sum(map(len, pieces)) == 9 and len(pieces) > (most == 1)
    assert np.array_equal(np.concatenate([piece.tokens for piece in pieces]), sentences.tokens)
    scores = [golden.trace(graph, piece)[-1] for piece in pieces]
    assert np.array_equal(np.concatenate(scores), golden.scores(graph, sentences))
    assert golden.scores(graph, Sentences.of([])).shape == (0, graph.classes)
