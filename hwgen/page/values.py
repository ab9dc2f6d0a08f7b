"""What the integers of each layer are on some sentences: how they spread, how many bits they need, how many are cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hwgen.graph import golden
from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import Graph
from hwgen.graph.nodes import Requantise
from hwgen.graph.tensor import Integers, TensorType, unsigned_range

MOST_TOKENS = 6_000
"""Tokens that are looked at: a second's work for the largest model that ships."""
MOST_BARS = 64
"""Of a histogram; more values than that share bars."""


@dataclass(frozen=True)
class Bar:
    """Of a histogram: values from `low` to `high`, and how many there are."""

    low: int
    high: int
    count: int


@dataclass(frozen=True)
class Spread:
    """The values that leave a layer.

    Attributes:
        name: the layer's; of an ensemble's member with its number.
        kind: what they can be, proven from the weights.
        count: how many were looked at.
        least, most: of them.
        bars: their histogram, over the values there are.
        by_bits: the share of them that needs 0, 1, 2, ... bits of `kind`'s, and no more; 0..1.
        cut: the share that was too large and saturated, 0..1; None where no value is ever cut.
        zeroed: the share that was below zero and became zero, 0..1; None where none is.
    """

    name: str
    kind: TensorType
    count: int
    least: int
    most: int
    bars: tuple[Bar, ...]
    by_bits: tuple[float, ...]
    cut: float | None
    zeroed: float | None


def spreads(graph: Graph, sentences: Sentences) -> list[Spread]:
    """Those of every layer, in order, for as many of `sentences` as have `MOST_TOKENS` tokens."""
    lengths = np.cumsum(sentences.lengths)
    few = sentences.head(max(int(np.searchsorted(lengths, MOST_TOKENS, side="right")), 1))
    return list(_spreads(graph, few)) if len(few) else []


def _spreads(graph: Graph, sentences: Sentences, member: str = "") -> Iterator[Spread]:
    if isinstance(graph, EnsembleGraph):
        for number, each in enumerate(graph.vote.members, start=1):
            yield from _spreads(each, sentences, f"member {number}, ")
    outputs = golden.trace(graph, sentences)
    for place, (node, kind, values) in enumerate(zip(graph.nodes, graph.types(), outputs, strict=True)):
        cut, zeroed = _cut(node, outputs[place - 1]) if isinstance(node, Requantise) else (None, None)
        yield Spread(
            member + node.name.replace("_", " "),
            kind,
            values.size,
            int(values.min()),
            int(values.max()),
            tuple(_bars(values)),
            _by_bits(values, kind),
            cut,
            zeroed,
        )


def _cut(node: Requantise, sums: Integers) -> tuple[float, float]:
    """The shares of a requantiser's inputs that it cuts at its greatest value, and at zero."""
    moved = node.shifted(sums)
    low, high = unsigned_range(node.bits)
    return float((moved > high).mean()), float((moved < low).mean())


def _bars(values: Integers) -> Iterator[Bar]:
    least, most = int(values.min()), int(values.max())
    each = -(-(most - least + 1) // MOST_BARS)
    counts = np.bincount((values.ravel() - least) // each)
    for place, count in enumerate(counts.tolist()):
        low = least + place * each
        yield Bar(low, min(low + each - 1, most), count)


def _by_bits(values: Integers, kind: TensorType) -> tuple[float, ...]:
    """Of two's complement where the type is signed, and then with the sign."""
    magnitudes = np.where(values < 0, -values - 1, values).ravel()
    # The exponent of a float is the number of bits of an integer, and exact below 2**53.
    needed = np.frexp(magnitudes.astype(np.float64))[1] + kind.signed
    counts = np.bincount(needed, minlength=kind.width + 1)
    return tuple((counts / values.size).tolist())
