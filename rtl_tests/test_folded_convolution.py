from pathlib import Path

import numpy as np
import pytest

from hwgen.graph.golden import apply
from hwgen.graph.graph import ConvolutionGraph, Graph
from hwgen.graph.nodes import Convolution, Requantise
from hwgen.graph.tensor import TensorType, signed_range
from hwgen.rtl.folded_convolution import FoldedConvolution
from rtl_tests.stream_bench import run
from rtl_tests.vectors import extremes, vector_beats
from tests.random_graph import random_graph, random_sentences, weights


def check(folder: Path, graph: Graph, source: TensorType, lanes: int, random: np.random.Generator) -> None:
    sentences = random_sentences(random, graph, 25)
    values = extremes(random, source, sentences.tokens.size)
    outputs = values
    for node in graph.nodes[1:4]:
        outputs = apply(node, outputs, sentences)
    pooling = graph.nodes[3]
    component = FoldedConvolution(graph.convolution, graph.requantise, pooling, source, lanes=lanes)  # type: ignore
    run(
        folder,
        component,
        "vectors",
        vector_beats(component.vectors, values, sentences, per_token=True),
        "maxima",
        vector_beats(component.maxima, outputs, sentences, per_token=False),
        seed=lanes,
    )


@pytest.mark.parametrize("bits", range(1, 9))
def test_bits(bits: int, tmp_path: Path) -> None:
    random = np.random.default_rng(bits)
    graph = random_graph(random, bits=bits, widths=(1, 3, 5), filters=3)
    check(tmp_path, graph, graph.types()[0], lanes=bits, random=random)


@pytest.mark.parametrize("lanes", [1, 2, 5, 12])
def test_from_one_lane_to_one_per_filter(lanes: int, tmp_path: Path) -> None:
    random = np.random.default_rng(lanes)
    graph = random_graph(random, sparsity=0.9)
    check(tmp_path, graph, graph.types()[0], lanes, random)


def test_empty_filters_and_taps(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    kernel = weights(random, (6, 4, 3), 4)
    kernel[0] = 0
    kernel[2, :2] = 0
    kernel[3, -1] = 0
    kernel[4, 1:] = 0
    kernel[5, 1] = 0
    given = random_graph(random, widths=(4,), filters=6, rank=3, bits=4)
    requantise = Requantise(np.array([5, -5, 0, 9, -9, 30]), np.array([1, 1, 2, 0, 1, -1]), 4, 0)
    graph = ConvolutionGraph(
        (given.nodes[0], Convolution((kernel,), 4, np.zeros(6, dtype=int)), requantise, *given.nodes[3:])
    )
    low, high = signed_range(4)
    check(tmp_path, graph, TensorType(np.full(3, low), np.full(3, high), per_token=True), lanes=2, random=random)
