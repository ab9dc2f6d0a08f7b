"""What each stage gave, and what the weights cost in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.table import Table

from hwgen.graph.graph import Graph
from hwgen.graph.tensor import width_of
from hwgen.nn.text_cnn import SentenceCNN

FLOAT_BITS = 32
KIM_EMBEDDING, KIM_FILTERS, KIM_WIDTHS = 300, 100, (3, 4, 5)


@dataclass(frozen=True)
class Stage:
    """One row of the stage table.

    Attributes:
        name: float, factorised, pruned or quantised.
        dev, test: accuracy, 0..1.
        weights, nonzero: stored weights (embedding, kernels, dense, biases), and those that are not zero.
        bits: of one weight.
        kilobytes: of all weights stored densely (1 kB = 1,000 bytes).
        epochs: how many were trained.
    """

    name: str
    dev: float
    test: float
    weights: int
    nonzero: int
    bits: int
    kilobytes: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def float_stage(name: str, network: SentenceCNN, dev: float, test: float) -> Stage:
    """The row of a float network, without masks."""
    parameters = list(network.parameters())
    weights = sum(parameter.numel() for parameter in parameters)
    nonzero = sum(int(parameter.count_nonzero()) for parameter in parameters)
    return Stage(name, dev, test, weights, nonzero, FLOAT_BITS, _kilobytes(weights * FLOAT_BITS))


def quantised_stage(graph: Graph, dev: float, test: float) -> Stage:
    """The row of the integer graph."""
    arrays = [graph.embedding.table, *graph.convolution.kernels, graph.requantise.bias]
    arrays += [graph.dense.weights, graph.dense.bias]
    figures = memory(graph)
    return Stage(
        "quantised",
        dev,
        test,
        sum(array.size for array in arrays),
        sum(int(np.count_nonzero(array)) for array in arrays),
        graph.convolution.bits,
        _kilobytes(figures["total"]),
    )


def memory(graph: Graph) -> dict[str, int]:
    """Bits of storage: the embedding, the kernels (all of them, and without zeros), dense weights, biases, total.

    A bias counts at the width of the widest one of its layer. `total` stores the kernels densely.
    """
    kernels = graph.convolution.kernels
    figures = {
        "embedding": graph.embedding.table.size * graph.embedding.bits,
        "convolution": sum(kernel.size for kernel in kernels) * graph.convolution.bits,
        "convolution_nonzero": sum(int(np.count_nonzero(kernel)) for kernel in kernels) * graph.convolution.bits,
        "dense": graph.dense.weights.size * graph.dense.bits,
        "biases": sum(
            bias.size * width_of(int(bias.min()), int(bias.max()))[0]
            for bias in (graph.requantise.bias, graph.dense.bias)
        ),
    }
    figures["total"] = figures["embedding"] + figures["convolution"] + figures["dense"] + figures["biases"]
    return figures


def network_bits(vocabulary: int, embedding: int, filters: int, widths: Sequence[int], classes: int) -> int:
    """Bits of a float32 sentence CNN with `filters` filters of each width, biases included."""
    kernels = filters * sum(widths) * embedding + filters * len(widths)
    return FLOAT_BITS * (vocabulary * embedding + kernels + classes * (filters * len(widths) + 1))


def reductions(graph: Graph, parent_embedding: int) -> dict[str, float]:
    """Share of memory saved against three float32 networks of the same vocabulary.

    ``parent``: the network it was compressed from (full-width embedding); ``same_shape``: the network of its own
    rank; ``kim``: Kim's published sizes (300-wide embedding, 100 filters of widths 3, 4, 5).
    """
    total, convolution = memory(graph)["total"], graph.convolution
    filters, widths = len(convolution.kernels[0]), convolution.widths
    others = {
        "parent": network_bits(graph.vocabulary, parent_embedding, filters, widths, graph.classes),
        "same_shape": network_bits(graph.vocabulary, graph.embedding.rank, filters, widths, graph.classes),
        "kim": network_bits(graph.vocabulary, KIM_EMBEDDING, KIM_FILTERS, KIM_WIDTHS, graph.classes),
    }
    return {name: 1 - total / bits for name, bits in others.items()}


def stage_table(stages: Sequence[Stage], *, toy: bool = False) -> Table:
    """The stages as a rich table; `toy` says so in the title."""
    table = Table(title="Stages (toy data: accuracy means nothing beyond it)" if toy else "Stages")
    table.add_column("stage")
    for heading in ("dev %", "test %", "non-zero weights", "of", "bits", "kB"):
        table.add_column(heading, justify="right")
    for stage in stages:
        table.add_row(
            stage.name,
            f"{100 * stage.dev:.2f}",
            f"{100 * stage.test:.2f}",
            f"{stage.nonzero:,}",
            f"{stage.weights:,}",
            str(stage.bits),
            f"{stage.kilobytes:,.1f}",
        )
    return table


def _kilobytes(bits: int) -> float:
    return round(bits / 8000, 3)
