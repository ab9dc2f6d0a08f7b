"""Random graphs and sentences for tests: every range reached, shapes as asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwgen.graph.ensemble import EnsembleGraph, Vote
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.graph.hypervector import BinaryDense, Hypervector
from hwgen.graph.nodes import Convolution, Dense, Embedding, MaxOverTime, Requantise
from hwgen.graph.patch_convolution import PatchConvolution
from hwgen.graph.shift_register import seed_bits
from hwgen.graph.tensor import Integers, signed_range

Generator = np.random.Generator


def weights(random: Generator, shape: tuple[int, ...], bits: int, sparsity: float = 0.0) -> Integers:
    """Uniform over the symmetric range of `bits`, with `sparsity` of the entries zero (one bit has no zero)."""
    low, high = signed_range(bits)
    if bits == 1:
        return 2 * random.integers(0, 2, shape) - 1
    values = random.integers(low, high + 1, shape)
    values[random.random(shape) < sparsity] = 0
    return values


def random_graph(
    random: Generator,
    *,
    vocabulary: int = 50,
    rank: int = 6,
    widths: tuple[int, ...] = (3, 4, 5),
    filters: int = 4,
    classes: int = 3,
    bits: int = 5,
    sparsity: float = 0.7,
    embedding_bits: int | None = None,
) -> ConvolutionGraph:
    table = weights(random, (vocabulary, rank), embedding_bits or bits)
    if (embedding_bits or bits) > 1:
        table[0] = 0
    channels = filters * len(widths)
    scale = 1 << bits
    return ConvolutionGraph(
        (
            Embedding(table, embedding_bits or bits, -4),
            Convolution(
                tuple(weights(random, (filters, width, rank), bits, sparsity) for width in widths),
                bits,
                np.full(channels, -4),
            ),
            Requantise(random.integers(-scale, scale + 1, channels), random.integers(-1, bits + 1, channels), bits, -3),
            MaxOverTime(),
            Dense(weights(random, (classes, channels), bits), random.integers(-50, 51, classes), bits, -4),
        )
    )


def random_sentences(random: Generator, graph: Graph, count: int, longest: int = 12) -> Sentences:
    """Mostly short sentences, some empty, some of one token."""
    lengths = random.integers(0, longest + 1, count)
    lengths[random.random(count) < 0.3] = 1
    return Sentences.of(random.integers(0, graph.vocabulary, length).tolist() for length in lengths)


def random_hypervector(random: Generator, *, dimension: int = 12, block: int = 4, longest: int = 9) -> Hypervector:
    """Of few symbols, so that boundaries and repetitions abound; any set of n-gram sizes."""
    symbols = random.integers(0, 5, 256)
    sizes = tuple(size for size in range(2, 6) if random.random() < 0.4)
    words = not sizes or random.random() < 0.5
    seeds = random.integers(0, 1 << seed_bits(block), (5, dimension // block))
    return Hypervector(symbols, seeds, sizes, words, longest, block)


def random_patch_convolution(random: Generator, filters: int, patch: int) -> PatchConvolution:
    """Of more than three filters, one is always +1 and one always -1."""
    thresholds = random.integers(1, patch + 1, filters)
    if filters > 3:
        thresholds[:2] = 0, patch + 1
    return PatchConvolution(random.integers(0, 2, (filters, patch)), random.permutation(thresholds))


def random_hypervector_graph(
    random: Generator,
    *,
    dimension: int = 12,
    block: int = 4,
    longest: int = 9,
    classes: int = 3,
    filters: int = 0,
    patch: int = 2,
) -> HypervectorGraph:
    """With a patch convolution where there are filters."""
    node = random_hypervector(random, dimension=dimension, block=block, longest=longest)
    between = (random_patch_convolution(random, filters, patch),) if filters else ()
    channels = between[0].features(dimension) if between else dimension
    dense = BinaryDense(random.integers(0, 2, (classes, channels)), random.integers(-3, 4, classes))
    return HypervectorGraph((node, *between, dense))


def random_ensemble(
    random: Generator, kind: str, members: int = 3, *, bits: int = 1, embedding_bits: int = 4
) -> EnsembleGraph:
    """Of sentence CNNs with ever more filters, or of hypervector classifiers over the same hypervector."""
    graphs: list[Graph] = []
    node = random_hypervector(random)
    for place in range(members):
        if kind == "hypervector":
            dense = BinaryDense(random.integers(0, 2, (3, node.dimension)), random.integers(-3, 4, 3))
            graphs.append(HypervectorGraph((node, dense)))
        else:
            graph = random_graph(random, bits=bits, embedding_bits=embedding_bits, vocabulary=20, filters=3 + place)
            bias = np.zeros(graph.classes, dtype=np.int64)  # any other would decide for most sentences
            graphs.append(ConvolutionGraph((*graph.nodes[:4], replace(graph.dense, bias=bias))))
    return EnsembleGraph((Vote(tuple(graphs), random.integers(1, 8, members)),))
