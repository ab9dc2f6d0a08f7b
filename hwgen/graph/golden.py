"""The golden model: what a graph computes, exactly, on whole data sets at a time.

One function per node, registered for its dataclass. Every other form of the network (torch in evaluation mode,
the circuit, the netlist) is held against these functions, score by score.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import singledispatch

import numpy as np
from numpy.typing import NDArray

from hwgen.cuts import cuts
from hwgen.errors import HwgenError
from hwgen.graph.ensemble import Vote
from hwgen.graph.graph import Graph
from hwgen.graph.hypervector import BOUNDARY, BinaryDense, Hypervector
from hwgen.graph.nodes import PADDING_TOKEN, Convolution, Dense, Embedding, MaxOverTime, Requantise
from hwgen.graph.patch_convolution import PatchConvolution
from hwgen.graph.tensor import Integers

_PIECE = 1 << 16
"""Tokens of which all nodes' outputs are held at a time."""


@dataclass(frozen=True, eq=False)
class Sentences:
    """Token sequences laid end to end, as the circuit sees them.

    Attributes:
        tokens: ``(total tokens,)``.
        starts: ``(sentences,)``, index of the first token of each.
    """

    tokens: Integers
    starts: Integers

    @classmethod
    def of(cls, sequences: Iterable[Sequence[int]]) -> Sentences:
        """Lay `sequences` end to end; an empty one stands as a single padding token."""
        padded = [list(sequence) or [PADDING_TOKEN] for sequence in sequences]
        lengths = np.array([len(sequence) for sequence in padded], dtype=np.int64)
        tokens = np.array([token for sequence in padded for token in sequence], dtype=np.int64)
        return cls(tokens, np.cumsum(lengths) - lengths)

    def __len__(self) -> int:
        return self.starts.size

    def head(self, count: int) -> Sentences:
        """The first `count` sentences, or all when there are fewer."""
        if count >= len(self):
            return self
        return Sentences(self.tokens[: self.starts[count]], self.starts[:count])

    def pieces(self, most: int = _PIECE) -> Iterator[Sentences]:
        """The sentences in their order, as many at a time as have `most` tokens when padded to the longest."""
        lengths = self.lengths
        for piece in cuts(lengths.tolist(), most):
            start, stop = self.starts[piece.start], self.starts[piece.start] + lengths[piece].sum()
            yield Sentences(self.tokens[start:stop], self.starts[piece] - start)

    @property
    def lengths(self) -> Integers:
        return np.diff(self.starts, append=self.tokens.size)

    @property
    def positions(self) -> Integers:
        """``(total tokens,)``, the index of each token inside its sentence."""
        return np.arange(self.tokens.size) - np.repeat(self.starts, self.lengths)


_BLOCK = 1 << 25
"""Values of n-grams' vectors held at a time."""


def bundle(node: Hypervector, values: Integers, sentences: Sentences) -> Integers:
    """``(sentences, dimension)``: the sums whose signs are the vectors of `node`."""
    sums = np.zeros((len(sentences), node.dimension), dtype=np.int64)
    # Symbol j places before the last is rotated by j.
    rotated: list[NDArray[np.int8]] = []
    for owners, symbols in node.ngrams(values, sentences.lengths):
        while len(rotated) < symbols.shape[1]:
            rotated.append(node.rotated(node.items, len(rotated)).astype(np.int8))
        blocks = -(-symbols.size * node.dimension // _BLOCK)
        for part in np.array_split(np.arange(len(owners)), max(blocks, 1)) if len(owners) else []:
            vectors = rotated[0][symbols[part, -1]]
            for age in range(1, symbols.shape[1]):
                vectors = vectors ^ rotated[age][symbols[part, -1 - age]]
            distinct, starts = np.unique(owners[part], return_index=True)
            sums[distinct] += np.add.reduceat(1 - 2 * vectors, starts, axis=0, dtype=np.int64)
    return sums


@singledispatch
def apply(node: object, values: Integers, sentences: Sentences) -> Integers:
    """Output of `node`: ``(tokens or sentences, channels)`` from its input of the same form."""
    raise TypeError(f"no golden function for {type(node).__name__}")


@apply.register
def _(node: Embedding, values: Integers, sentences: Sentences) -> Integers:
    return node.table[values]


@apply.register
def _(node: Convolution, values: Integers, sentences: Sentences) -> Integers:
    # float64 products are exact below 2**53 (the worst accumulator is far smaller), and go through BLAS.
    inputs = values.astype(np.float64)
    positions = sentences.positions
    outputs = []
    for kernel in node.kernels:
        filters, width, _ = kernel.shape
        sums = np.zeros((len(inputs), filters))
        for tap in range(width):
            age = width - 1 - tap  # how many tokens back this tap looks
            inside = np.flatnonzero(positions >= age)
            sums[inside] += inputs[inside - age] @ kernel[:, tap, :].T.astype(np.float64)
        outputs.append(sums.astype(np.int64))
    return np.concatenate(outputs, axis=1)


@apply.register
def _(node: Requantise, values: Integers, sentences: Sentences) -> Integers:
    return node.apply(values)


@apply.register
def _(node: MaxOverTime, values: Integers, sentences: Sentences) -> Integers:
    if not len(sentences):
        return values[:0]
    return np.maximum.reduceat(values, sentences.starts, axis=0)


@apply.register
def _(node: Dense, values: Integers, sentences: Sentences) -> Integers:
    return values @ node.weights.T + node.bias


@apply.register
def _(node: Hypervector, values: Integers, sentences: Sentences) -> Integers:
    sums = bundle(node, values, sentences)
    return np.where(sums == 0, node.items[BOUNDARY], sums < 0).astype(np.int64)


@apply.register
def _(node: PatchConvolution, values: Integers, sentences: Sentences) -> Integers:
    return node.apply(values)


@apply.register
def _(node: BinaryDense, values: Integers, sentences: Sentences) -> Integers:
    # As numbers +1 and -1; float64 holds these sums exactly, and goes through BLAS.
    products = (1.0 - 2 * values) @ (1.0 - 2 * node.weights.T)
    return products.astype(np.int64) + node.bias


@apply.register
def _(node: Vote, values: Integers, sentences: Sentences) -> Integers:
    counted = np.zeros((len(sentences), node.classes), dtype=np.int64)
    for member, votes in zip(node.members, node.votes, strict=True):
        counted[np.arange(len(sentences)), classes(scores(member, sentences))] += votes
    return counted


def trace(graph: Graph, sentences: Sentences) -> list[Integers]:
    """Outputs of every node, in order; the last are the class scores ``(sentences, classes)``.

    Raises:
        HwgenError: on a token outside the vocabulary.
    """
    if sentences.tokens.size and not 0 <= sentences.tokens.min() <= sentences.tokens.max() < graph.vocabulary:
        bad = sentences.tokens[(sentences.tokens < 0) | (sentences.tokens >= graph.vocabulary)][0]
        raise HwgenError(f"token {bad} is outside the vocabulary 0..{graph.vocabulary - 1}")
    outputs: list[Integers] = []
    for node in graph.nodes:
        outputs.append(apply(node, outputs[-1] if outputs else sentences.tokens, sentences))
    return outputs


def scores(graph: Graph, sentences: Sentences) -> Integers:
    """Class scores ``(sentences, classes)``, exact integers.

    Raises:
        HwgenError: on a token outside the vocabulary.
    """
    pieces = [trace(graph, piece)[-1] for piece in sentences.pieces()]
    return np.concatenate(pieces) if pieces else trace(graph, sentences)[-1]


def classes(scores: Integers) -> Integers:
    """The class of each row of scores: the first of the greatest."""
    return scores.argmax(axis=1)
