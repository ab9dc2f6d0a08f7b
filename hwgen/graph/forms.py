"""How each kind of node is stored: a form holds its plain numbers, and knows its arrays.

`docs/model-format.md` describes the same for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import HwgenError
from hwgen.graph.graph import Node
from hwgen.graph.hypervector import BinaryDense, Hypervector
from hwgen.graph.nodes import Convolution, Dense, Embedding, MaxOverTime, Requantise, check_number
from hwgen.graph.patch_convolution import PatchConvolution
from hwgen.graph.tensor import Integers

Arrays = dict[str, NDArray[Any]]
MOST_BRANCHES = 16


@dataclass(frozen=True)
class Stored:
    """The arrays of a file, as one node sees them: by its own names for them.

    Attributes:
        arrays: of the whole graph.
        node: name of the node.
    """

    arrays: Mapping[str, NDArray[Any]]
    node: str

    def array(self, name: str) -> NDArray[Any]:
        """An array as it is stored.

        Raises:
            HwgenError: when it is missing.
        """
        if (full := f"{self.node}.{name}") not in self.arrays:
            raise HwgenError(f"{full} is missing")
        return self.arrays[full]

    def bits(self, name: str, count: int) -> Integers:
        """``(..., count)`` bits of a packed array.

        Raises:
            HwgenError: when it is missing, or its bytes are not those of so many bits.
        """
        packed = self.array(name)
        if packed.dtype != np.uint8 or packed.ndim < 2 or count < 1 or packed.shape[-1] != -(-count // 8):
            raise HwgenError(
                f"{self.node}.{name}: {count} bits a row do not fit an array of {packed.dtype} of shape {packed.shape}"
            )
        return np.unpackbits(packed, axis=-1, count=count, bitorder="little").astype(np.int64)

    def weights(self, name: str, bits: int, last: int | None) -> NDArray[Any]:
        """Weights of `bits` bits; single bits are packed, `last` to a row.

        Raises:
            HwgenError: as `bits`, and when `last` is missing.
        """
        if bits > 1:
            return self.array(name)
        if last is None:
            raise HwgenError(f"{self.node}.last: missing; the bytes of packed bits do not tell how many there are")
        return 1 - 2 * self.bits(name, last)


class Form(Protocol):
    """The attributes of a node of kind `KIND`, as a frozen dataclass: `hwgen.tables` makes one of outside values."""

    KIND: ClassVar[type[Node]]

    @classmethod
    def of(cls, node: Any) -> Self:
        """The attributes of a node."""
        ...

    @staticmethod
    def arrays(node: Any) -> Arrays:
        """The arrays of a node, in the types they are stored in."""
        ...

    def node(self, stored: Stored) -> Node:
        """The node, checked again."""
        ...


def attributes(form: Form) -> dict[str, Any]:
    """The form as plain JSON values, without what is None."""
    values = asdict(form)  # type: ignore[call-overload]
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items() if v is not None}


@dataclass(frozen=True)
class EmbeddingForm:
    """`last`: columns of the table, told only where its single bits are packed, whose bytes do not tell."""

    KIND: ClassVar[type[Node]] = Embedding
    bits: int
    exponent: int
    last: int | None = None

    @classmethod
    def of(cls, node: Embedding) -> Self:
        return cls(node.bits, node.exponent, _last(node.bits, node.rank))

    @staticmethod
    def arrays(node: Embedding) -> Arrays:
        return {"table": _narrow(node.table, node.bits)}

    def node(self, stored: Stored) -> Embedding:
        return Embedding(stored.weights("table", self.bits, self.last), self.bits, self.exponent)


@dataclass(frozen=True)
class ConvolutionForm:
    """`last`: channels of a kernel, as in `EmbeddingForm`."""

    KIND: ClassVar[type[Node]] = Convolution
    bits: int
    branches: int
    last: int | None = None

    def __post_init__(self) -> None:
        check_number(self, "branches", 1, MOST_BRANCHES)

    @classmethod
    def of(cls, node: Convolution) -> Self:
        return cls(node.bits, len(node.kernels), _last(node.bits, node.channels))

    @staticmethod
    def arrays(node: Convolution) -> Arrays:
        kernels = {f"kernel{i}": _narrow(kernel, node.bits) for i, kernel in enumerate(node.kernels)}
        return kernels | {"exponents": node.exponents.astype(np.int8)}

    def node(self, stored: Stored) -> Convolution:
        kernels = (stored.weights(f"kernel{i}", self.bits, self.last) for i in range(self.branches))
        return Convolution(tuple(kernels), self.bits, stored.array("exponents"))


@dataclass(frozen=True)
class RequantiseForm:
    KIND: ClassVar[type[Node]] = Requantise
    bits: int
    exponent: int

    @classmethod
    def of(cls, node: Requantise) -> Self:
        return cls(node.bits, node.exponent)

    @staticmethod
    def arrays(node: Requantise) -> Arrays:
        return {"bias": node.bias.astype(np.int32), "shift": node.shift.astype(np.int8)}

    def node(self, stored: Stored) -> Requantise:
        return Requantise(stored.array("bias"), stored.array("shift"), self.bits, self.exponent)


@dataclass(frozen=True)
class MaxOverTimeForm:
    """Nothing is stored."""

    KIND: ClassVar[type[Node]] = MaxOverTime

    @classmethod
    def of(cls, node: MaxOverTime) -> Self:
        return cls()

    @staticmethod
    def arrays(node: MaxOverTime) -> Arrays:
        return {}

    def node(self, stored: Stored) -> MaxOverTime:
        return MaxOverTime()


@dataclass(frozen=True)
class DenseForm:
    """`last`: inputs of the layer, as in `EmbeddingForm`."""

    KIND: ClassVar[type[Node]] = Dense
    bits: int
    exponent: int
    last: int | None = None

    @classmethod
    def of(cls, node: Dense) -> Self:
        return cls(node.bits, node.exponent, _last(node.bits, node.channels))

    @staticmethod
    def arrays(node: Dense) -> Arrays:
        return {"weights": _narrow(node.weights, node.bits), "bias": node.bias.astype(np.int32)}

    def node(self, stored: Stored) -> Dense:
        return Dense(stored.weights("weights", self.bits, self.last), stored.array("bias"), self.bits, self.exponent)


@dataclass(frozen=True)
class HypervectorForm:
    KIND: ClassVar[type[Node]] = Hypervector
    sizes: tuple[int, ...]
    words: bool
    longest: int
    block: int

    @classmethod
    def of(cls, node: Hypervector) -> Self:
        return cls(node.sizes, node.words, node.longest, node.block)

    @staticmethod
    def arrays(node: Hypervector) -> Arrays:
        return {"symbols": node.symbols.astype(np.int16), "seeds": node.seeds.astype(np.uint16)}

    def node(self, stored: Stored) -> Hypervector:
        return Hypervector(
            stored.array("symbols"), stored.array("seeds"), self.sizes, self.words, self.longest, self.block
        )


@dataclass(frozen=True)
class PatchConvolutionForm:
    KIND: ClassVar[type[Node]] = PatchConvolution
    patch: int

    @classmethod
    def of(cls, node: PatchConvolution) -> Self:
        return cls(node.patch)

    @staticmethod
    def arrays(node: PatchConvolution) -> Arrays:
        return {"weights": _packed(node.weights), "thresholds": node.thresholds.astype(np.int32)}

    def node(self, stored: Stored) -> PatchConvolution:
        return PatchConvolution(stored.bits("weights", self.patch), stored.array("thresholds"))


@dataclass(frozen=True)
class BinaryDenseForm:
    KIND: ClassVar[type[Node]] = BinaryDense
    channels: int

    @classmethod
    def of(cls, node: BinaryDense) -> Self:
        return cls(node.channels)

    @staticmethod
    def arrays(node: BinaryDense) -> Arrays:
        return {"weights": _packed(node.weights), "bias": node.bias.astype(np.int32)}

    def node(self, stored: Stored) -> BinaryDense:
        return BinaryDense(stored.bits("weights", self.channels), stored.array("bias"))


FORMS: dict[type[Node], type[Form]] = {
    form.KIND: form
    for form in (
        EmbeddingForm,
        ConvolutionForm,
        RequantiseForm,
        MaxOverTimeForm,
        DenseForm,
        HypervectorForm,
        PatchConvolutionForm,
        BinaryDenseForm,
    )
}


def _last(bits: int, size: int) -> int | None:
    return size if bits == 1 else None


def _narrow(weights: Integers, bits: int) -> NDArray[Any]:
    return weights.astype(np.int8) if bits > 1 else _packed(weights < 0)


def _packed(bits: NDArray[Any]) -> NDArray[np.uint8]:
    """Eight to a byte along the last axis, the first in the lowest bit."""
    return np.packbits(bits.astype(np.uint8), axis=-1, bitorder="little")
