"""The integer graph: a chain of nodes from tokens to class scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from hwgen.errors import HwgenError
from hwgen.graph.hypervector import BinaryDense, Hypervector
from hwgen.graph.nodes import ClassWeights, Convolution, Dense, Embedding, MaxOverTime, Requantise
from hwgen.graph.patch_convolution import PatchConvolution
from hwgen.graph.tensor import TensorType


class Node(Protocol):
    """What every node has."""

    name: ClassVar[str]


@dataclass(frozen=True, eq=False)
class Graph:
    """A text classifier in integers; the class is the first of the greatest scores.

    Attributes:
        nodes: in the order of the kind (`ORDER`), in which those in `OPTIONAL` may be missing.

    Raises:
        HwgenError: on another order of nodes, on channel counts that do not meet, or on sums that would leave the
            integers that the golden model computes with.
    """

    ORDER: ClassVar[tuple[type[Node], ...]]
    OPTIONAL: ClassVar[frozenset[type[Node]]] = frozenset()
    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", tuple(self.nodes))
        kinds = tuple(type(node) for node in self.nodes)
        if kinds != tuple(kind for kind in self.ORDER if kind in kinds or kind not in self.OPTIONAL):
            expected = (kind.name + " (or not)" * (kind in self.OPTIONAL) for kind in self.ORDER)
            present = ", ".join(node.name for node in self.nodes) or "nothing"
            raise HwgenError(f"graph: expected {', '.join(expected)}; found {present}")
        self.check_channels()
        self.types()  # the nodes check that their sums stay exact

    def check_channels(self) -> None:
        """Raise where neighbours do not fit each other."""
        raise NotImplementedError

    @property
    def head(self) -> ClassWeights:
        """The node that gives the class scores."""
        return self.nodes[-1]  # type: ignore[return-value]

    @property
    def vocabulary(self) -> int:
        """How many tokens there are."""
        return self.nodes[0].vocabulary  # type: ignore[attr-defined,no-any-return]

    @property
    def classes(self) -> int:
        return self.head.classes

    @property
    def bits(self) -> int:
        """Width of the weights that most of the arithmetic is done with."""
        raise NotImplementedError

    @property
    def score_exponent(self) -> int:
        """Power-of-two scale of the class scores."""
        raise NotImplementedError

    def types(self) -> tuple[TensorType, ...]:
        """Exact output intervals of every node, in order."""
        types: list[TensorType] = []
        for node in self.nodes:
            types.append(node.output_type(types[-1] if types else None))  # type: ignore[attr-defined]
        return tuple(types)


class ConvolutionGraph(Graph):
    """The sentence CNN: embedding, convolution, requantise, max over time, dense. Its tokens are words."""

    ORDER = (Embedding, Convolution, Requantise, MaxOverTime, Dense)

    def check_channels(self) -> None:
        for expected, actual, what in (
            (self.convolution.channels, self.embedding.rank, "convolution channels and embedding rank"),
            (self.requantise.bias.size, self.convolution.filters, "requantise channels and convolution filters"),
            (self.dense.channels, self.convolution.filters, "dense channels and convolution filters"),
        ):
            if expected != actual:
                raise HwgenError(f"graph: {what} differ ({expected} and {actual})")

    @property
    def embedding(self) -> Embedding:
        return self.nodes[0]  # type: ignore[return-value]

    @property
    def convolution(self) -> Convolution:
        return self.nodes[1]  # type: ignore[return-value]

    @property
    def requantise(self) -> Requantise:
        return self.nodes[2]  # type: ignore[return-value]

    @property
    def pooling(self) -> MaxOverTime:
        return self.nodes[3]  # type: ignore[return-value]

    @property
    def dense(self) -> Dense:
        return self.nodes[4]  # type: ignore[return-value]

    @property
    def bits(self) -> int:
        return self.convolution.bits

    @property
    def score_exponent(self) -> int:
        return self.requantise.exponent + self.dense.exponent


class HypervectorGraph(Graph):
    """The hyperdimensional classifier: hypervector, patch convolution or none, binary dense.

    Its tokens are the bytes of the text. A patch lies inside a block, so that a piece of the vector has whole patches.
    """

    ORDER = (Hypervector, PatchConvolution, BinaryDense)
    OPTIONAL = frozenset({PatchConvolution})

    def check_channels(self) -> None:
        width, what = self.hypervector.dimension, "hypervector dimension"
        if self.convolution is not None:
            if self.hypervector.block % self.convolution.patch:
                raise HwgenError(
                    f"graph: a patch of {self.convolution.patch} does not divide the hypervector's block of "
                    f"{self.hypervector.block}"
                )
            width, what = self.convolution.features(width), "patch convolution results"
        if self.dense.channels != width:
            raise HwgenError(f"graph: binary dense channels and {what} differ ({self.dense.channels} and {width})")

    @property
    def hypervector(self) -> Hypervector:
        return self.nodes[0]  # type: ignore[return-value]

    @property
    def convolution(self) -> PatchConvolution | None:
        """What stands between vector and classes, if anything."""
        return self.nodes[1] if len(self.nodes) == len(self.ORDER) else None  # type: ignore[return-value]

    @property
    def dense(self) -> BinaryDense:
        return self.nodes[-1]  # type: ignore[return-value]

    @property
    def bits(self) -> int:
        return 1

    @property
    def score_exponent(self) -> int:
        return 0
