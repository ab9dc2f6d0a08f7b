"""Several classifiers as one graph, for a circuit that they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, cast

import numpy as np

from hwgen.errors import HwgenError
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph, Node
from hwgen.graph.hypervector import BinaryDense, Hypervector
from hwgen.graph.nodes import Convolution, Dense, Embedding, MaxOverTime, Requantise
from hwgen.graph.tensor import Integers


def merge(members: Sequence[Graph]) -> Graph:
    """One graph whose class scores are those of `members`, one member's behind the other's.

    Sentence CNNs, which must be alike in the rank and the bits of each layer, stand side by side: a table's row has
    the members' rows, and a filter weighs only the channels of its member; filters stay in the members' order, and so
    the dense layer is block-diagonal, too. (In a merged graph binary weights have two bits, for the zeros between.)
    Hypervector classifiers must have one and the same hypervector; their class vectors follow each other.

    The result serves to make a circuit, and to check its layers; the ensemble stays the reference.

    Raises:
        HwgenError: when members cannot share a circuit, saying why.
    """
    kinds = {tuple(type(node) for node in member.nodes) for member in members}
    if len(kinds) > 1:
        names = " and ".join(sorted(", ".join(kind.name for kind in nodes) for nodes in kinds))
        raise _unlike("they are of different kinds", names)
    (kind,) = kinds
    if kind not in _MERGE:
        raise _unlike("nothing serves several of", ", ".join(node.name for node in kind))
    return _MERGE[kind](members)


def mergeable(members: Sequence[Graph]) -> bool:
    """Whether `merge` takes them."""
    try:
        merge(members)
    except HwgenError:
        return False
    return True


def alike(one: object, other: object) -> bool:
    """Whether two nodes are equal, field by field."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    mine, theirs = ([getattr(node, field.name) for field in fields(cast(Any, node))] for node in (one, other))
    return all(map(_equal, mine, theirs))


def _equal(one: object, other: object) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(cast(Any, one), cast(Any, other))
    return bool(one == other)


def _convolutions(members: Sequence[Graph]) -> Graph:
    graphs = cast(Sequence[ConvolutionGraph], members)
    first = graphs[0]
    for what, values in (
        ("tokens", [graph.vocabulary for graph in graphs]),
        ("the embedding's rank", [graph.embedding.rank for graph in graphs]),
        ("the embedding's bits", [graph.embedding.bits for graph in graphs]),
        ("the convolution's bits", [graph.convolution.bits for graph in graphs]),
        ("the activations' bits", [graph.requantise.bits for graph in graphs]),
    ):
        if len(set(values)) > 1:
            raise _unlike(f"{what} differ", " and ".join(map(str, values)))
    kernels = []
    for place, graph in enumerate(graphs):
        rank = graph.embedding.rank
        sides = (place * rank, (len(graphs) - 1 - place) * rank)
        kernels += [np.pad(kernel, ((0, 0), (0, 0), sides)) for kernel in graph.convolution.kernels]
    requantise = [graph.requantise for graph in graphs]
    dense = [graph.dense for graph in graphs]
    return ConvolutionGraph(
        (
            Embedding(
                np.concatenate([graph.embedding.table for graph in graphs], axis=1),
                first.embedding.bits,
                first.embedding.exponent,
            ),
            Convolution(
                tuple(kernels),
                max(first.convolution.bits, 2),
                np.concatenate([graph.convolution.exponents for graph in graphs]),
            ),
            Requantise(
                np.concatenate([node.bias for node in requantise]),
                np.concatenate([node.shift for node in requantise]),
                first.requantise.bits,
                first.requantise.exponent,
            ),
            MaxOverTime(),
            Dense(
                _diagonal([node.weights for node in dense]),
                np.concatenate([node.bias for node in dense]),
                max(2, *(node.bits for node in dense)),
                first.dense.exponent,
            ),
        )
    )


def _hypervectors(members: Sequence[Graph]) -> Graph:
    graphs = cast(Sequence[HypervectorGraph], members)
    first = graphs[0].hypervector
    if not all(alike(first, graph.hypervector) for graph in graphs):
        raise _unlike("their hypervectors differ", "items, sizes, block or length")
    weights = np.concatenate([graph.dense.weights for graph in graphs])
    return HypervectorGraph((first, BinaryDense(weights, np.concatenate([graph.dense.bias for graph in graphs]))))


_MERGE: dict[tuple[type[Node], ...], Callable[[Sequence[Graph]], Graph]] = {
    (Embedding, Convolution, Requantise, MaxOverTime, Dense): _convolutions,
    (Hypervector, BinaryDense): _hypervectors,
}


def _diagonal(blocks: Sequence[Integers]) -> Integers:
    """The matrix with `blocks` on its diagonal, and zeros."""
    rows, columns = (sum(block.shape[axis] for block in blocks) for axis in range(2))
    whole = np.zeros((rows, columns), dtype=np.int64)
    row = column = 0
    for block in blocks:
        whole[row : row + block.shape[0], column : column + block.shape[1]] = block
        row, column = row + block.shape[0], column + block.shape[1]
    return whole


def _unlike(why: str, what: str) -> HwgenError:
    return HwgenError(f"the members cannot share an engine: {why} ({what}); give each its own: --members side-by-side")
