"""The integer graph: a chain of nodes from tokens to class scores."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.errors import HwgenError
from hwgen.graph.nodes import Convolution, Dense, Embedding, MaxOverTime, Node, Requantise
from hwgen.graph.tensor import TensorType

TEXT_CNN = (Embedding, Convolution, Requantise, MaxOverTime, Dense)


@dataclass(frozen=True, eq=False)
class Graph:
    """A sentence classifier in integers; the class is the first of the greatest scores.

    Attributes:
        nodes: embedding, convolution, requantise, max over time, dense, in this order.

    Raises:
        HwgenError: on another order of nodes or on channel counts that do not meet.
    """

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", tuple(self.nodes))
        if tuple(type(node) for node in self.nodes) != TEXT_CNN:
            found = ", ".join(node.name for node in self.nodes) or "nothing"
            raise HwgenError(f"graph: expected {', '.join(kind.name for kind in TEXT_CNN)}; found {found}")
        for wanted, given, what in (
            (self.convolution.channels, self.embedding.rank, "convolution channels and embedding rank"),
            (self.requantise.bias.size, self.convolution.filters, "requantise channels and convolution filters"),
            (self.dense.channels, self.convolution.filters, "dense channels and convolution filters"),
        ):
            if wanted != given:
                raise HwgenError(f"graph: {what} differ ({wanted} and {given})")

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
    def vocabulary(self) -> int:
        return self.embedding.vocabulary

    @property
    def classes(self) -> int:
        return self.dense.classes

    @property
    def score_exponent(self) -> int:
        """Power-of-two scale of the class scores."""
        return self.requantise.exponent + self.dense.exponent

    def types(self) -> tuple[TensorType, ...]:
        """Exact output intervals of every node, in order."""
        types: list[TensorType] = []
        for node in self.nodes:
            types.append(node.output_type(types[-1] if types else None))  # type: ignore[arg-type]
        return tuple(types)
