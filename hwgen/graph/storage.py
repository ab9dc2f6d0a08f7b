"""A graph as a flat set of named arrays and plain numbers, for safetensors and JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import HwgenError
from hwgen.graph.graph import Graph
from hwgen.graph.nodes import Convolution, Dense, Embedding, MaxOverTime, Requantise


def to_arrays(graph: Graph) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Arrays (weights as int8, biases as int32) and attributes from which `from_arrays` rebuilds the graph."""
    convolution, requantise, dense = graph.convolution, graph.requantise, graph.dense
    arrays: dict[str, NDArray[Any]] = {
        "embedding.table": graph.embedding.table.astype(np.int8),
        **{f"convolution.kernel{i}": kernel.astype(np.int8) for i, kernel in enumerate(convolution.kernels)},
        "convolution.exponents": convolution.exponents.astype(np.int8),
        "requantise.bias": requantise.bias.astype(np.int32),
        "requantise.shift": requantise.shift.astype(np.int8),
        "dense.weights": dense.weights.astype(np.int8),
        "dense.bias": dense.bias.astype(np.int32),
    }
    attributes = {
        "embedding": {"bits": graph.embedding.bits, "exponent": graph.embedding.exponent},
        "convolution": {"bits": convolution.bits, "branches": len(convolution.kernels)},
        "requantise": {"bits": requantise.bits, "exponent": requantise.exponent},
        "dense": {"bits": dense.bits, "exponent": dense.exponent},
    }
    return arrays, attributes


def from_arrays(arrays: dict[str, NDArray[Any]], attributes: dict[str, Any]) -> Graph:
    """Rebuild and re-check a graph.

    Raises:
        HwgenError: when an array or attribute is missing, or a node rejects its values.
    """
    try:
        embedding, convolution, requantise, dense = (
            attributes[name] for name in ("embedding", "convolution", "requantise", "dense")
        )
        return Graph(
            (
                Embedding(arrays["embedding.table"], int(embedding["bits"]), int(embedding["exponent"])),
                Convolution(
                    tuple(arrays[f"convolution.kernel{i}"] for i in range(int(convolution["branches"]))),
                    int(convolution["bits"]),
                    arrays["convolution.exponents"],
                ),
                Requantise(
                    arrays["requantise.bias"],
                    arrays["requantise.shift"],
                    int(requantise["bits"]),
                    int(requantise["exponent"]),
                ),
                MaxOverTime(),
                Dense(arrays["dense.weights"], arrays["dense.bias"], int(dense["bits"]), int(dense["exponent"])),
            )
        )
    except KeyError as missing:
        raise HwgenError(f"{missing.args[0]} is missing") from None
    except (TypeError, ValueError) as error:
        raise HwgenError(f"a graph attribute is malformed ({error})") from None
