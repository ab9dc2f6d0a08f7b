"""Graphs of either kind: their order, storage and explanation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.graph import golden, storage
from hwgen.graph.ensemble import EnsembleGraph, Vote
from hwgen.graph.explain import explain
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.graph.hypervector import BOUNDARY, BinaryDense, Hypervector
from hwgen.graph.nodes import Dense, Embedding
from tests.random_graph import random_ensemble, random_graph, random_hypervector_graph, random_sentences

SPACE = ord(" ")


def graphs(seed: int) -> tuple[Graph, ...]:
    random = np.random.default_rng(seed)
    plain = (random_graph(random), random_graph(random, bits=1), random_hypervector_graph(random))
    return *plain, *(random_ensemble(random, kind) for kind in ("convolution", "hypervector"))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_storage_gives_the_same_graph_back(seed: int) -> None:
    for graph in graphs(seed):
        again = storage.from_arrays(*storage.to_arrays(graph))
        assert type(again) is type(graph)
        assert (again.classes, again.head.channels) == (graph.classes, graph.head.channels)
        sentences = random_sentences(np.random.default_rng(seed), graph, 20)
        assert np.array_equal(golden.scores(graph, sentences), golden.scores(again, sentences))


def test_damaged_bits_are_refused() -> None:
    arrays, attributes = storage.to_arrays(graphs(0)[2])
    with pytest.raises(HwgenError, match="dimension differ"):
        storage.from_arrays({**arrays, "hypervector.seeds": arrays["hypervector.seeds"][:, :-1]}, attributes)
    with pytest.raises(HwgenError, match="malformed"):
        storage.from_arrays({**arrays, "binary_dense.weights": arrays["binary_dense.weights"][:, :-1]}, attributes)
    with pytest.raises(HwgenError, match="binary_dense"):
        storage.from_arrays(arrays, {"hypervector": attributes["hypervector"]})
    with pytest.raises(HwgenError, match="bias"):
        storage.from_arrays({**arrays, "binary_dense.bias": np.zeros(7, np.int32)}, attributes)


def test_nodes_of_another_kind_are_refused() -> None:
    convolution, _, hypervector, *_ = graphs(0)
    with pytest.raises(HwgenError, match="expected hypervector, binary_dense; found embedding"):
        HypervectorGraph(convolution.nodes)
    with pytest.raises(HwgenError, match="expected embedding"):
        ConvolutionGraph(hypervector.nodes)
    other = BinaryDense(np.zeros((2, 5), int), np.zeros(2, int))
    with pytest.raises(HwgenError, match=r"dimension differ \(5 and 12\)"):
        HypervectorGraph((hypervector.nodes[0], other))


def test_one_bit_has_no_zero() -> None:
    with pytest.raises(HwgenError, match="holds a zero"):
        Embedding(np.array([[1, 1], [1, 0]]), 1, 0)
    with pytest.raises(HwgenError, match=r"do not fit 1 bits \(-1\.\.1\)"):
        Dense(np.array([[1, 2], [1, -1]]), np.array([0, 0]), 1, 0)


def spoken(*words: str) -> list[int]:
    return list(" ".join(words).encode())


def test_a_hypervector_names_the_words_that_decided() -> None:
    """A class made of one text's own vector is decided by that text's words."""
    random = np.random.default_rng(0)
    symbols = np.arange(256) * (np.arange(256) > SPACE)
    node = Hypervector(symbols, random.integers(1, 1 << 16, (256, 16)), (3,), True, 64, 32)
    told = golden.apply(node, np.array(spoken("jazz")), Sentences.of([spoken("jazz")]))[0]
    graph = HypervectorGraph((node, BinaryDense(np.array([told, 1 - told]), np.zeros(2, int))))
    tokens = spoken("play", "some", "jazz")
    found = explain(graph, tokens)
    best = found.evidence[0]
    assert found.label == 0 and bytes(tokens[best.start : best.end]) == b"jazz" and best.weight > 0
    assert found.margin == float(np.diff(golden.scores(graph, Sentences.of([tokens]))[0][::-1])[0])
    assert explain(graph, []).evidence == () and symbols[0] == BOUNDARY


def test_the_heavier_side_wins_the_vote() -> None:
    random = np.random.default_rng(1)
    graph = random_ensemble(random, "convolution", members=2)
    sentences = random_sentences(random, graph, 60)
    own = [golden.classes(golden.scores(member, sentences)) for member in graph.vote.members]
    heavy = EnsembleGraph((Vote(graph.vote.members, np.array([2, 3])),))
    found = golden.scores(heavy, sentences)
    assert np.array_equal(golden.classes(found), own[1]) and set(found.sum(axis=1)) == {5}
    told = explain(heavy, sentences.tokens[: sentences.lengths[0]].tolist())
    assert told.label == own[1][0]


@pytest.mark.parametrize(
    ("votes", "message"), [([1, 2, 3], "3 numbers for 2 members"), ([0, 1], "must all be at least 1")]
)
def test_malformed_votes(votes: list[int], message: str) -> None:
    members = random_ensemble(np.random.default_rng(0), "convolution", members=2).vote.members
    with pytest.raises(HwgenError, match=message):
        Vote(members, np.array(votes))
    with pytest.raises(HwgenError, match="differ in their tokens"):
        Vote((members[0], random_graph(np.random.default_rng(0), vocabulary=7)), np.array([1, 1]))
