from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.graph.golden import apply
from hwgen.graph.graph import ConvolutionGraph
from hwgen.graph.merge import merge
from hwgen.graph.nodes import Requantise
from hwgen.rtl.binary.binary_convolution import BinaryConvolution
from rtl_tests.stream_bench import run
from rtl_tests.vectors import vector_beats
from tests.random_graph import random_graph, random_sentences


def check(folder: Path, graph: ConvolutionGraph, lanes: int, random: np.random.Generator, *, groups: int = 1) -> None:
    # Short ones tell more of groups: few maxima are reached, and results often wait while the next window turns.
    sentences = random_sentences(random, graph, 25 * groups, longest=12 if groups == 1 else 3)
    values = graph.embedding.table[sentences.tokens]
    outputs = values
    for node in graph.nodes[1:4]:
        outputs = apply(node, outputs, sentences)
    component = make(graph, lanes, groups)
    run(
        folder,
        component,
        "vectors",
        vector_beats(component.vectors, values, sentences, per_token=True),
        "features",
        vector_beats(component.features, outputs, sentences, per_token=False),
        seed=lanes,
    )


def make(graph: ConvolutionGraph, lanes: int, groups: int = 1) -> BinaryConvolution:
    signs = graph.embedding.bits == 1
    source = graph.types()[0]
    return BinaryConvolution(
        graph.convolution, graph.requantise, graph.pooling, source, signs=signs, lanes=lanes, groups=groups
    )


@pytest.mark.parametrize("embedding_bits", [1, 2, 4, 8])
@pytest.mark.parametrize("lanes", [1, 4, 7, 9])
def test_from_one_lane_to_one_per_filter(lanes: int, embedding_bits: int, tmp_path: Path) -> None:
    random = np.random.default_rng([lanes, embedding_bits])
    graph = random_graph(random, bits=1, embedding_bits=embedding_bits, widths=(1, 2, 4), filters=3, rank=5)
    check(tmp_path, graph, lanes, random)


@pytest.mark.parametrize("embedding_bits", [1, 3])
def test_limits_that_always_or_never_fire(embedding_bits: int, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    given = random_graph(random, bits=1, embedding_bits=embedding_bits, widths=(3,), filters=6, rank=4)
    requantise = Requantise(np.array([-9999, 9999, 0, -1, 1, 5]), np.array([0, 0, 31, -2, 1, 3]), 1, 0)
    check(tmp_path, ConvolutionGraph((*given.nodes[:2], requantise, *given.nodes[3:])), 4, random)


@pytest.mark.parametrize("embedding_bits", [1, 3])
@pytest.mark.parametrize("lanes", [1, 3, 6])
@pytest.mark.parametrize("filters", [(2, 1, 3), (1, 2, 1, 2)])
def test_groups_of_channels(filters: tuple[int, ...], lanes: int, embedding_bits: int, tmp_path: Path) -> None:
    """Groups of different numbers of filters, served in turn."""
    random = np.random.default_rng([lanes, embedding_bits, len(filters)])
    kinds = {"bits": 1, "embedding_bits": embedding_bits, "rank": 3, "vocabulary": 12}
    parts = [random_graph(random, widths=(1, 3), filters=count, **kinds) for count in filters]  # type: ignore[arg-type]
    graph = merge(parts)
    assert isinstance(graph, ConvolutionGraph)
    lanes = min(lanes, 2 * max(filters))
    assert make(graph, lanes, len(parts)).rows == sum(-(-2 * count // lanes) for count in filters)
    check(tmp_path, graph, lanes, random, groups=len(parts))


def test_filters_that_see_several_groups_are_refused() -> None:
    random = np.random.default_rng(0)
    parts = [random_graph(random, bits=1, embedding_bits=2, vocabulary=9, filters=2) for _ in range(2)]
    graph = merge(parts)
    assert isinstance(graph, ConvolutionGraph)
    with pytest.raises(HwgenError, match=r"lanes: 7 is outside 1\.\.6, the filters of a group"):
        make(graph, 7, 2)
    with pytest.raises(HwgenError, match="groups: 5 does not divide the 12 channels"):
        make(graph, 1, 5)
    for wrong in (np.zeros(12, int), np.ones(12, int), np.eye(12, dtype=int)[0]):
        kernels = [kernel.copy() for kernel in graph.convolution.kernels]
        kernels[1][1, 2] = wrong
        broken = replace(graph.convolution, kernels=tuple(kernels))
        with pytest.raises(HwgenError, match="filter 3 must weigh one group by -1 or"):
            make(ConvolutionGraph((graph.nodes[0], broken, *graph.nodes[2:])), 1, 2)


def test_what_is_not_binary_is_refused() -> None:
    graph = random_graph(np.random.default_rng(0), bits=2)
    with pytest.raises(HwgenError, match="weights of 2 and activations of 2 bits"):
        make(graph, 1)
    with pytest.raises(HwgenError, match=r"lanes: 13 is outside 1\.\.12"):
        make(random_graph(np.random.default_rng(0), bits=1), 13)


def test_what_synthesis_keeps_once_is_counted_once() -> None:
    """Lanes with the same filters share their columns, and what is alike in all rows is no memory at all."""
    random = np.random.default_rng(3)
    given = random_graph(random, bits=1, embedding_bits=1, widths=(3,), filters=4, rank=5)
    one, two, *_ = given.convolution.kernels[0]
    requantise = replace(given.requantise, bias=np.zeros(4, int), shift=np.zeros(4, int))

    def counted(*filters: np.ndarray, lanes: int) -> tuple[int, int]:
        convolution = replace(given.convolution, kernels=(np.array(filters),))
        made = make(ConvolutionGraph((given.nodes[0], convolution, requantise, *given.nodes[3:])), lanes)
        return made.columns, made.products

    assert counted(one, one, one, one, lanes=2) == (0, 15)
    differing = np.count_nonzero(one != two)
    patterns = len({pair for pair in zip(one.flat, two.flat, strict=True) if pair[0] != pair[1]})
    for filters, lanes in (((one, two, one, two), 1), ((one, one, two, two), 2)):
        columns, products = counted(*filters, lanes=lanes)
        assert (columns, products) == (patterns, 15)
    columns, products = counted(one, two, two, one, lanes=2)  # the second lane's rows are the first's, turned round
    assert (columns, products) == (2, 15 + differing)
