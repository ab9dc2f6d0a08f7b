"""What each stage gave, and what the weights cost in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.table import Table

from hwgen.graph.graph import ConvolutionGraph
from hwgen.graph.tensor import Integers, width_of
from hwgen.nn.text_cnn import SentenceCNN, Shape
from hwgen.record import Record, Stage

FLOAT_BITS = 32
KIM_EMBEDDING, KIM_FILTERS, KIM_WIDTHS = 300, 100, (3, 4, 5)


def float_stage(name: str, network: SentenceCNN, dev: float, test: float) -> Stage:
    """The row of a float network, without masks."""
    parameters = list(network.parameters())
    weights = sum(parameter.numel() for parameter in parameters)
    nonzero = sum(int(parameter.count_nonzero()) for parameter in parameters)
    layers = [network.embedding.weight, *(branch.weight for branch in network.convolutions), network.dense.weight]
    zeros = [1 - int(layer.count_nonzero()) / layer.numel() for layer in layers]
    return Stage(
        name,
        dev,
        test,
        weights,
        nonzero,
        FLOAT_BITS,
        kilobytes(weights * FLOAT_BITS),
        network.shape.vocabulary,
        network.shape.channels,
        dict(zip(_layers(network.shape.widths), zeros, strict=True)),
    )


def quantised_stage(graph: ConvolutionGraph, dev: float, test: float, name: str = "quantised") -> Stage:
    """The row of the integer graph."""
    layers, arrays = layers_of(graph), stored_arrays(graph)
    figures = memory(graph)
    return Stage(
        name,
        dev,
        test,
        sum(array.size for array in arrays),
        sum(int(np.count_nonzero(array)) for array in arrays),
        graph.convolution.bits,
        kilobytes(figures["total"]),
        graph.vocabulary,
        graph.embedding.rank,
        dict(
            zip(
                _layers(graph.convolution.widths),
                (1 - int(np.count_nonzero(layer)) / layer.size for layer in layers),
                strict=True,
            )
        ),
    )


def layers_of(graph: ConvolutionGraph) -> list[Integers]:
    """Weights in the order of the layers."""
    return [graph.embedding.table, *graph.convolution.kernels, graph.dense.weights]


def stored_arrays(graph: ConvolutionGraph) -> list[Integers]:
    """Weights and biases."""
    return [*layers_of(graph), graph.requantise.bias, graph.dense.bias]


def _layers(widths: Sequence[int]) -> list[str]:
    return ["embedding", *(f"convolution {width}" for width in widths), "dense"]


def memory(graph: ConvolutionGraph) -> dict[str, int]:
    """Bits of storage: the embedding, the kernels (all of them, and without zeros), dense weights, biases, total.

    A bias counts at the width of the widest one of its layer. `total` stores the kernels densely.
    """
    kernels = graph.convolution.kernels
    figures = {
        "embedding": graph.embedding.table.size * graph.embedding.bits,
        "convolution": sum(kernel.size for kernel in kernels) * graph.convolution.bits,
        "convolution_nonzero": sum(int(np.count_nonzero(kernel)) for kernel in kernels) * graph.convolution.bits,
        "dense": graph.dense.weights.size * graph.dense.bits,
        "biases": bias_bits(graph.requantise.bias) + bias_bits(graph.dense.bias),
    }
    figures["total"] = figures["embedding"] + figures["convolution"] + figures["dense"] + figures["biases"]
    return figures


def bias_bits(bias: Integers) -> int:
    """Bits of a layer's biases, each at the width of the widest."""
    return bias.size * width_of(int(bias.min()), int(bias.max()))[0]


def network_bits(shape: Shape) -> int:
    """Bits of a float32 sentence CNN, biases included."""
    kernels = sum(
        filters * (width * shape.channels + 1) for filters, width in zip(shape.filters, shape.widths, strict=True)
    )
    dense = shape.classes * (sum(shape.filters) + 1)
    return FLOAT_BITS * (shape.vocabulary * shape.channels + kernels + dense)


def reductions(graph: ConvolutionGraph, parent: Shape) -> dict[str, float]:
    """Share of memory saved against three float32 networks.

    ``parent``: the network it was compressed from; ``same_shape``: the network of its own sizes; ``kim``: Kim's
    published sizes (300-wide embedding, 100 filters of widths 3, 4, 5) with the parent's vocabulary.
    """
    total, kernels = memory(graph)["total"], graph.convolution.kernels
    filters = tuple(len(kernel) for kernel in kernels)
    own = Shape(graph.vocabulary, graph.embedding.rank, filters, graph.convolution.widths, graph.classes)
    kim = Shape(parent.vocabulary, KIM_EMBEDDING, (KIM_FILTERS,) * len(KIM_WIDTHS), KIM_WIDTHS, graph.classes)
    others = {"parent": parent, "same_shape": own, "kim": kim}
    return {name: 1 - total / network_bits(shape) for name, shape in others.items()}


def stages_of(record: Mapping[str, Any]) -> tuple[Stage, ...]:
    """The rows that a model's record holds."""
    return Record.of(dict(record)).stages


def stage_table(stages: Sequence[Stage], *, toy: bool = False) -> Table:
    """The stages as a rich table; `toy` says so in the title."""
    table = Table(title="Stages (toy data: accuracy means nothing beyond it)" if toy else "Stages")
    table.add_column("stage")
    for heading in ("dev %", "test %", "non-zero weights", "of", "kernels zero", "bits", "kB"):
        table.add_column(heading, justify="right")
    for stage in stages:
        table.add_row(
            stage.name,
            f"{100 * stage.dev:.2f}",
            f"{100 * stage.test:.2f}",
            f"{stage.nonzero:,}",
            f"{stage.weights:,}",
            " ".join(f"{share:.0%}" for layer, share in stage.zeros.items() if layer.startswith("convolution")),
            str(stage.bits),
            f"{stage.kilobytes:,.1f}",
        )
    return table


def kilobytes(bits: int) -> float:
    """Of 1,000 bytes each."""
    return round(bits / 8000, 3)
