"""What a graph's integers take to store: arrays, widths, zeros."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from hwgen.graph.ensemble import Vote
from hwgen.graph.graph import Graph
from hwgen.graph.hypervector import BinaryDense, Hypervector
from hwgen.graph.nodes import Convolution, Dense, Embedding, MaxOverTime, Requantise
from hwgen.graph.patch_convolution import PatchConvolution
from hwgen.graph.shift_register import seed_bits
from hwgen.graph.tensor import Integers, width_of


@dataclass(frozen=True, eq=False)
class Stored:
    """An array of a node.

    Attributes:
        name: the node's field.
        values: of any shape.
        bits: of each value.
        signs: whether a bit stands for +1 or -1, so that none is a zero.
    """

    name: str
    values: Integers
    bits: int
    signs: bool = False

    @property
    def size(self) -> int:
        """Bits of the whole array, stored densely."""
        return self.values.size * self.bits

    @property
    def nonzero(self) -> int:
        """Values that are not zero."""
        return self.values.size if self.signs else int(np.count_nonzero(self.values))


@singledispatch
def stored(node: object) -> tuple[Stored, ...]:
    """The arrays of a node that a circuit has to hold; a bias is as wide as the widest of its layer.

    A graph's are those of all its nodes.
    """
    raise TypeError(f"no storage is known for {type(node).__name__}")


def memory_bits(of: object) -> int:
    """Bits to store a node or a graph densely."""
    return sum(array.size for array in stored(of))


@stored.register
def _(graph: Graph) -> tuple[Stored, ...]:
    return tuple(array for node in graph.nodes for array in stored(node))


@stored.register
def _(node: Embedding) -> tuple[Stored, ...]:
    return (Stored("table", node.table, node.bits),)


@stored.register
def _(node: Convolution) -> tuple[Stored, ...]:
    return tuple(Stored(f"kernels[{place}]", kernel, node.bits) for place, kernel in enumerate(node.kernels))


@stored.register
def _(node: Requantise) -> tuple[Stored, ...]:
    return (_bias(node.bias),)


@stored.register
def _(node: MaxOverTime) -> tuple[Stored, ...]:
    return ()


@stored.register
def _(node: Dense) -> tuple[Stored, ...]:
    return Stored("weights", node.weights, node.bits), _bias(node.bias)


@stored.register
def _(node: Hypervector) -> tuple[Stored, ...]:
    return (Stored("seeds", node.seeds, seed_bits(node.block), signs=True),)


@stored.register
def _(node: PatchConvolution) -> tuple[Stored, ...]:
    thresholds = Stored("thresholds", node.thresholds, width_of(0, node.patch + 1)[0])
    return Stored("weights", node.weights, 1, signs=True), thresholds


@stored.register
def _(node: BinaryDense) -> tuple[Stored, ...]:
    return Stored("weights", node.weights, 1, signs=True), _bias(node.bias)


@stored.register
def _(node: Vote) -> tuple[Stored, ...]:
    return tuple(array for member in node.members for array in stored(member))


def _bias(bias: Integers) -> Stored:
    return Stored("bias", bias, width_of(int(bias.min()), int(bias.max()))[0])
