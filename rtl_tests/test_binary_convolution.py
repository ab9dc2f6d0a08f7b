from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.graph.golden import apply
from hwgen.graph.graph import ConvolutionGraph
from hwgen.graph.nodes import Requantise
from hwgen.rtl.binary_convolution import BinaryConvolution
from rtl_tests.stream_bench import run
from rtl_tests.vectors import vector_beats
from tests.random_graph import random_graph, random_sentences


def check(folder: Path, graph: ConvolutionGraph, lanes: int, random: np.random.Generator) -> None:
    sentences = random_sentences(random, graph, 25)
    values = graph.embedding.table[sentences.tokens]
    outputs = values
    for node in graph.nodes[1:4]:
        outputs = apply(node, outputs, sentences)
    component = make(graph, lanes)
    run(
        folder,
        component,
        "vectors",
        vector_beats(component.vectors, values, sentences, per_token=True),
        "features",
        vector_beats(component.features, outputs, sentences, per_token=False),
        seed=lanes,
    )


def make(graph: ConvolutionGraph, lanes: int) -> BinaryConvolution:
    signs = graph.embedding.bits == 1
    return BinaryConvolution(
        graph.convolution, graph.requantise, graph.pooling, graph.types()[0], signs=signs, lanes=lanes
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


def test_what_is_not_binary_is_refused() -> None:
    graph = random_graph(np.random.default_rng(0), bits=2)
    with pytest.raises(HwgenError, match="weights of 2 and activations of 2 bits"):
        make(graph, 1)
    with pytest.raises(HwgenError, match=r"lanes: 13 is outside 1\.\.12"):
        make(random_graph(np.random.default_rng(0), bits=1), 13)
