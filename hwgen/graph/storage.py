"""A graph as a flat set of named arrays and plain numbers, for safetensors and JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import HwgenError
from hwgen.graph.ensemble import EnsembleGraph, Vote
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph, Node
from hwgen.graph.hypervector import BinaryDense, Hypervector
from hwgen.graph.nodes import Convolution, Dense, Embedding, MaxOverTime, Requantise
from hwgen.graph.patch_convolution import PatchConvolution
from hwgen.graph.tensor import Integers

KINDS: tuple[type[Graph], ...] = (ConvolutionGraph, HypervectorGraph, EnsembleGraph)
Arrays = dict[str, NDArray[Any]]
Attributes = dict[str, Any]


def to_arrays(graph: Graph) -> tuple[Arrays, Attributes]:
    """Arrays and attributes, by the names of the nodes, from which `from_arrays` rebuilds the graph.

    Weights are int8, biases int32; single bits are packed, eight to a byte.
    """
    arrays: Arrays = {}
    attributes: Attributes = {}
    for node in graph.nodes:
        own, facts = _stored(node)
        arrays |= {f"{node.name}.{name}": array for name, array in own.items()}
        if facts:
            attributes[node.name] = facts
    return arrays, attributes


def from_arrays(arrays: Mapping[str, NDArray[Any]], attributes: Mapping[str, Any]) -> Graph:
    """Rebuild and re-check a graph.

    Raises:
        HwgenError: when an array or attribute is missing, or a node rejects its values.
    """
    # The first node tells the kinds apart.
    kind = next((kind for kind in KINDS if kind.ORDER[0].name in attributes), KINDS[0])
    try:
        nodes = (node for node in kind.ORDER if node not in kind.OPTIONAL or node.name in attributes)
        return kind(tuple(_restored(node.name, arrays, attributes) for node in nodes))
    except KeyError as missing:
        raise HwgenError(f"{missing.args[0]} is missing") from None
    except (TypeError, ValueError) as error:
        raise HwgenError(f"a graph attribute is malformed ({error})") from None


def _restored(name: str, arrays: Mapping[str, NDArray[Any]], attributes: Mapping[str, Any]) -> Node:
    if name == MaxOverTime.name:
        return MaxOverTime()
    if name == Vote.name:
        return _vote(arrays, attributes[name])
    return _RESTORE[name](lambda array: arrays[f"{name}.{array}"], attributes[name])


def _vote(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Vote:
    members = []
    for place, attributes in enumerate(facts["members"]):
        prefix = f"{Vote.name}.{place}."
        own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
        members.append(from_arrays(own, attributes))
    return Vote(tuple(members), arrays[f"{Vote.name}.votes"])


@singledispatch
def _stored(node: object) -> tuple[Arrays, Attributes]:
    raise TypeError(f"no storage for {type(node).__name__}")


@_stored.register
def _(node: MaxOverTime) -> tuple[Arrays, Attributes]:
    return {}, {}


@_stored.register
def _(node: Embedding) -> tuple[Arrays, Attributes]:
    return {"table": _narrow(node.table, node.bits)}, {"exponent": node.exponent} | _format(node, node.rank)


@_stored.register
def _(node: Convolution) -> tuple[Arrays, Attributes]:
    kernels = {f"kernel{i}": _narrow(kernel, node.bits) for i, kernel in enumerate(node.kernels)}
    exponents = {"exponents": node.exponents.astype(np.int8)}
    return kernels | exponents, {"branches": len(node.kernels)} | _format(node, node.channels)


@_stored.register
def _(node: Requantise) -> tuple[Arrays, Attributes]:
    arrays: Arrays = {"bias": node.bias.astype(np.int32), "shift": node.shift.astype(np.int8)}
    return arrays, {"bits": node.bits, "exponent": node.exponent}


@_stored.register
def _(node: Dense) -> tuple[Arrays, Attributes]:
    arrays: Arrays = {"weights": _narrow(node.weights, node.bits), "bias": node.bias.astype(np.int32)}
    return arrays, {"exponent": node.exponent} | _format(node, node.channels)


@_stored.register
def _(node: Hypervector) -> tuple[Arrays, Attributes]:
    arrays: Arrays = {"symbols": node.symbols.astype(np.int16), "seeds": node.seeds.astype(np.uint16)}
    return arrays, {
        "sizes": list(node.sizes),
        "words": node.words,
        "longest": node.longest,
        "block": node.block,
    }


@_stored.register
def _(node: Vote) -> tuple[Arrays, Attributes]:
    stored = [to_arrays(member) for member in node.members]
    arrays = {f"{place}.{name}": array for place, (own, _) in enumerate(stored) for name, array in own.items()}
    return arrays | {"votes": node.votes.astype(np.int32)}, {"members": [attributes for _, attributes in stored]}


@_stored.register
def _(node: PatchConvolution) -> tuple[Arrays, Attributes]:
    arrays: Arrays = {"weights": _packed(node.weights), "thresholds": node.thresholds.astype(np.int32)}
    return arrays, {"patch": node.patch}


@_stored.register
def _(node: BinaryDense) -> tuple[Arrays, Attributes]:
    arrays: Arrays = {"weights": _packed(node.weights), "bias": node.bias.astype(np.int32)}
    return arrays, {"channels": node.channels}


_RESTORE: dict[str, Callable[[Callable[[str], NDArray[Any]], Mapping[str, Any]], Node]] = {
    Embedding.name: lambda array, facts: Embedding(
        _wide(array("table"), facts), int(facts["bits"]), int(facts["exponent"])
    ),
    Convolution.name: lambda array, facts: Convolution(
        tuple(_wide(array(f"kernel{i}"), facts) for i in range(int(facts["branches"]))),
        int(facts["bits"]),
        array("exponents"),
    ),
    Requantise.name: lambda array, facts: Requantise(
        array("bias"), array("shift"), int(facts["bits"]), int(facts["exponent"])
    ),
    Dense.name: lambda array, facts: Dense(
        _wide(array("weights"), facts), array("bias"), int(facts["bits"]), int(facts["exponent"])
    ),
    Hypervector.name: lambda array, facts: Hypervector(
        array("symbols"),
        array("seeds"),
        tuple(int(size) for size in facts["sizes"]),
        bool(facts["words"]),
        int(facts["longest"]),
        int(facts["block"]),
    ),
    PatchConvolution.name: lambda array, facts: PatchConvolution(
        _unpacked(array("weights"), int(facts["patch"])), array("thresholds")
    ),
    BinaryDense.name: lambda array, facts: BinaryDense(
        _unpacked(array("weights"), int(facts["channels"])), array("bias")
    ),
}


def _format(node: Embedding | Convolution | Dense, last: int) -> Attributes:
    """Width of the weights; the bytes of single bits do not tell how many there are."""
    return {"bits": node.bits} if node.bits > 1 else {"bits": 1, "last": last}


def _narrow(weights: Integers, bits: int) -> NDArray[Any]:
    return weights.astype(np.int8) if bits > 1 else _packed(weights < 0)


def _wide(stored: NDArray[Any], facts: Mapping[str, Any]) -> NDArray[Any]:
    return stored if int(facts["bits"]) > 1 else 1 - 2 * _unpacked(stored, int(facts["last"]))


def _packed(bits: NDArray[Any]) -> NDArray[np.uint8]:
    return np.packbits(bits.astype(np.uint8), axis=-1, bitorder="little")


def _unpacked(packed: NDArray[Any], count: int) -> Integers:
    """``(..., count)`` bits.

    Raises:
        ValueError: when the bytes are not those of so many bits.
    """
    if packed.dtype != np.uint8 or packed.ndim < 2 or packed.shape[-1] != -(-count // 8):
        raise ValueError(f"{count} bits a row do not fit an array of {packed.dtype} of shape {packed.shape}")
    return np.unpackbits(packed, axis=-1, count=count, bitorder="little").astype(np.int64)
