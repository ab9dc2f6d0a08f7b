"""A merged graph gives its members' scores, and what cannot be merged is refused with the reason."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.graph.merge import alike, merge, mergeable
from hwgen.graph.nodes import Requantise
from tests.random_graph import (
    random_ensemble,
    random_graph,
    random_hypervector,
    random_hypervector_graph,
    random_sentences,
)

WIDTHS = [(3,), (1, 2), (2, 4, 5)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 6), st.integers(2, 4))
def test_scores_of_sentence_cnns(seed: int, bits: int, embedding_bits: int, members: int) -> None:
    """Of different filters, widths of them, and bits of the dense layer."""
    random = np.random.default_rng(seed)
    parts = []
    for place in range(members):
        part = random_graph(
            random,
            bits=bits,
            embedding_bits=embedding_bits,
            widths=WIDTHS[random.integers(3)],
            filters=int(random.integers(1, 4)),
            vocabulary=15,
        )
        dense = random_graph(random, bits=2 + place, filters=part.convolution.filters, widths=(1,)).dense
        parts.append(ConvolutionGraph((*part.nodes[:4], dense)))
    expect_members_scores(random, parts)


def test_scores_of_hypervector_classifiers() -> None:
    random = np.random.default_rng(0)
    expect_members_scores(random, random_ensemble(random, "hypervector").vote.members)


def expect_members_scores(random: np.random.Generator, members: list[ConvolutionGraph] | tuple[Graph, ...]) -> None:
    merged = merge(members)
    sentences = random_sentences(random, merged, 30)
    expected = np.concatenate([golden.scores(member, sentences) for member in members], axis=1)
    assert np.array_equal(golden.scores(merged, sentences), expected)
    assert merged.types()[-1].contains(expected)


def test_nodes_are_compared_by_their_fields() -> None:
    node = random_hypervector(np.random.default_rng(0))
    same = replace(node, seeds=node.seeds.copy())
    assert alike(node, same) and alike(node, node)
    others = [
        replace(node, seeds=node.seeds ^ 1),
        replace(node, sizes=(7, 8)),
        replace(node, longest=node.longest + 1),
        replace(node, words=not node.words, sizes=(2,)),
    ]
    assert not any(alike(node, other) for other in others)
    graphs = [random_graph(np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert [alike(*pair) for pair in pairwise(graph.convolution for graph in graphs)] == [True, False]
    assert not alike(graphs[0].pooling, node)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rank": 5}, r"the embedding's rank differ \(6 and 5\)"),
        ({"embedding_bits": 3}, r"the embedding's bits differ \(5 and 3\)"),
        ({"bits": 4, "embedding_bits": 5}, r"the convolution's bits differ \(5 and 4\)"),
        ({"vocabulary": 49}, r"tokens differ \(50 and 49\)"),
    ],
)
def test_cnns_of_another_shape_are_refused(change: dict[str, int], reason: str) -> None:
    random = np.random.default_rng(0)
    members = [random_graph(random), random_graph(random, **change)]  # type: ignore[arg-type]
    with pytest.raises(HwgenError, match=rf"the members cannot share an engine: {reason}; .*--members side-by-side"):
        merge(members)
    assert not mergeable(members)


def test_activations_of_other_bits_are_refused() -> None:
    graph = random_graph(np.random.default_rng(0))
    requantise = Requantise(graph.requantise.bias, graph.requantise.shift, 4, 0)
    with pytest.raises(HwgenError, match=r"the activations' bits differ \(5 and 4\)"):
        merge([graph, ConvolutionGraph((*graph.nodes[:2], requantise, *graph.nodes[3:]))])


def test_other_hypervectors_and_kinds_are_refused() -> None:
    random = np.random.default_rng(0)
    one, other = random_hypervector_graph(random), random_hypervector_graph(random)
    with pytest.raises(HwgenError, match="their hypervectors differ"):
        merge([one, other])
    with pytest.raises(HwgenError, match=r"different kinds \(embedding, .* and hypervector, binary_dense\)"):
        merge([one, random_graph(random, vocabulary=256)])


def test_what_is_not_known_is_refused() -> None:
    class Later(HypervectorGraph):
        ORDER = (*HypervectorGraph.ORDER, *HypervectorGraph.ORDER)

        def check_channels(self) -> None:
            pass

    nodes = random_hypervector_graph(np.random.default_rng(0)).nodes
    graph = Later((*nodes, *nodes))
    with pytest.raises(HwgenError, match=r"nothing serves several of \(hypervector, binary_dense, hypervector"):
        merge([graph, graph])
