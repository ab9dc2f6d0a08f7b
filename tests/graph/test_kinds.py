"""Graphs of either kind: their order, storage and explanation."""

from dataclasses import replace

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
from hwgen.graph.patch_convolution import PatchConvolution
from tests.random_graph import random_ensemble, random_graph, random_hypervector_graph, random_sentences

SPACE = ord(" ")


def graphs(seed: int) -> tuple[Graph, ...]:
    random = np.random.default_rng(seed)
    plain = (random_graph(random), random_graph(random, bits=1), random_hypervector_graph(random))
    plain += (random_hypervector_graph(random, filters=3, patch=4),)
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
    with pytest.raises(HwgenError, match="bits a row do not fit"):
        storage.from_arrays({**arrays, "binary_dense.weights": arrays["binary_dense.weights"][:, :-1]}, attributes)
    with pytest.raises(HwgenError, match="binary_dense"):
        storage.from_arrays(arrays, {"hypervector": attributes["hypervector"]})
    with pytest.raises(HwgenError, match="bias"):
        storage.from_arrays({**arrays, "binary_dense.bias": np.zeros(7, np.int32)}, attributes)
    arrays, attributes = storage.to_arrays(graphs(0)[3])
    with pytest.raises(HwgenError, match="bits a row do not fit"):
        storage.from_arrays(arrays, attributes | {"patch_convolution": {"patch": 9}})
    with pytest.raises(HwgenError, match=r"channels and hypervector dimension differ"):
        storage.from_arrays(arrays, {name: attributes[name] for name in ("hypervector", "binary_dense")})
    del arrays["patch_convolution.thresholds"]
    with pytest.raises(HwgenError, match=r"patch_convolution\.thresholds is missing"):
        storage.from_arrays(arrays, attributes)


def test_nodes_of_another_kind_are_refused() -> None:
    convolution, _, hypervector, convolved, *_ = graphs(0)
    with pytest.raises(
        HwgenError, match=r"expected hypervector, patch_convolution \(or not\), binary_dense; found emb"
    ):
        HypervectorGraph(convolution.nodes)
    with pytest.raises(HwgenError, match="found patch_convolution, hypervector, binary_dense"):
        HypervectorGraph((convolved.nodes[1], convolved.nodes[0], convolved.nodes[2]))
    with pytest.raises(HwgenError, match="found hypervector, patch_convolution, patch_convolution, binary_dense"):
        HypervectorGraph((*convolved.nodes[:2], *convolved.nodes[1:]))
    with pytest.raises(HwgenError, match="expected embedding"):
        ConvolutionGraph(hypervector.nodes)
    other = BinaryDense(np.zeros((2, 5), int), np.zeros(2, int))
    with pytest.raises(HwgenError, match=r"dimension differ \(5 and 12\)"):
        HypervectorGraph((hypervector.nodes[0], other))
    with pytest.raises(HwgenError, match=r"patch convolution results differ \(12 and 9\)"):
        HypervectorGraph((*convolved.nodes[:2], hypervector.nodes[1]))
    wide = PatchConvolution(np.zeros((2, 3), int), np.zeros(2, int))
    with pytest.raises(HwgenError, match="a patch of 3 does not divide the hypervector's block of 4"):
        HypervectorGraph((hypervector.nodes[0], wide, BinaryDense(np.zeros((2, 8), int), np.zeros(2, int))))


def test_parts_of_a_hypervector_graph() -> None:
    _, _, plain, convolved, *_ = graphs(0)
    assert plain.convolution is None and plain.dense is plain.head is plain.nodes[1]
    assert convolved.convolution is convolved.nodes[1] and convolved.dense is convolved.head is convolved.nodes[2]
    assert [kind.channels for kind in convolved.types()] == [12, 9, 3]


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


@pytest.mark.parametrize("seed", range(5))
def test_a_word_weighs_what_the_margin_loses_without_it(seed: int) -> None:
    """Through a convolution, too, where the words' shares do not add up."""
    random = np.random.default_rng(seed)
    graph = random_hypervector_graph(random, dimension=256, block=16, longest=40, filters=6, patch=4)
    symbols = 1 + np.arange(256) % 4
    symbols[SPACE] = BOUNDARY
    graph = HypervectorGraph((replace(graph.hypervector, symbols=symbols), *graph.nodes[1:]))
    tokens = spoken("one", "two", "three")
    found = explain(graph, tokens)

    def margin(text: list[int]) -> int:
        (scores,) = golden.scores(graph, Sentences.of([text]))
        return int(scores[found.label] - scores[found.runner_up])

    blank = [SPACE]
    without = {
        (0, 3): blank * 3 + tokens[3:],
        (4, 7): tokens[:4] + blank * 3 + tokens[7:],
        (8, 13): tokens[:8] + blank * 5,
    }
    expected = {place: margin(tokens) - margin(text) for place, text in without.items()}
    assert {(each.start, each.end): each.weight for each in found.evidence} == {
        place: weight for place, weight in expected.items() if weight
    }
    assert found.margin == margin(tokens) and found.evidence


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


@pytest.mark.parametrize(("votes", "message"), [([1, 2, 3], "3 numbers for 2 members"), ([0, 1], "0..1 is outside 1")])
def test_malformed_votes(votes: list[int], message: str) -> None:
    members = random_ensemble(np.random.default_rng(0), "convolution", members=2).vote.members
    with pytest.raises(HwgenError, match=message):
        Vote(members, np.array(votes))
    with pytest.raises(HwgenError, match="differ in their tokens"):
        Vote((members[0], random_graph(np.random.default_rng(0), vocabulary=7)), np.array([1, 1]))
