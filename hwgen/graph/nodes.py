"""The nodes of the integer graph: frozen dataclasses of integers, each checked at construction.

Every array is integer, and every interval fits the arithmetic that evaluates it: a node or a graph that does not is
refused when it is made. A tensor's real value is ``integer * 2**exponent``; exponents matter only for training
and for showing scores, never for the arithmetic, which is integer throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwgen.errors import HwgenError
from hwgen.graph.tensor import Integers, TensorType, signed_range, unsigned_range
from hwgen.tables import shown

PADDING_TOKEN = 0
"""The token that an empty sentence is made of; its embedding is zero where there is a zero."""


EXPONENTS = (-64, 63)
"""Least and greatest power-of-two scale: the product of two is still a number of float32."""
STORED = (-(1 << 31), (1 << 31) - 1)
"""Integers of 32 bits, as biases are stored."""
EXACT_SUM = 1 << 53
"""float64, in which the golden model multiplies matrices, holds every integer up to here."""
LONGEST_WINDOW = 16
"""Tokens that a filter sees at most."""


def check_integers(node: object, name: str, ndim: int, limits: tuple[int, int] = STORED) -> Integers:
    """Replace field `name` of a frozen `node` by an owned, read-only int64 copy with `ndim` axes.

    Args:
        limits: least and greatest value.

    Raises:
        HwgenError: naming the node and the field.
    """
    array = np.array(getattr(node, name))
    where = f"{type(node).__name__}.{name}"
    if array.dtype.kind not in "iu" or array.ndim != ndim or 0 in array.shape:
        raise HwgenError(
            f"{where}: need a non-empty integer array with {ndim} axes, got {array.dtype} of shape {array.shape}"
        )
    low, high = int(array.min()), int(array.max())
    if low < limits[0] or high > limits[1]:
        raise HwgenError(f"{where}: {low}..{high} is outside {limits[0]}..{limits[1]}")
    array = array.astype(np.int64)
    array.setflags(write=False)
    object.__setattr__(node, name, array)
    return array


def check_number(node: object, name: str, low: int, high: int) -> None:
    """Raise unless field `name` of `node` is a whole number in ``low..high``."""
    value = getattr(node, name)
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or not low <= value <= high:
        raise HwgenError(f"{type(node).__name__}.{name}: {shown(value)} is outside {low}..{high}")


def check_binary(node: object, name: str, array: Integers) -> None:
    """Raise unless `array`, field `name` of `node`, holds single bits."""
    if array.min() < 0 or array.max() > 1:
        raise HwgenError(f"{type(node).__name__}.{name}: values {array.min()}..{array.max()} are not bits")


def _check_weights(node: object, name: str, array: Integers, bits: int) -> None:
    low, high = signed_range(bits)
    if array.size and (array.min() < low or array.max() > high):
        raise HwgenError(
            f"{type(node).__name__}.{name}: values {array.min()}..{array.max()} do not fit {bits} bits ({low}..{high})"
        )
    if bits == 1 and not array.all():
        raise HwgenError(f"{type(node).__name__}.{name}: holds a zero; one bit stands for -1 or +1")


@dataclass(frozen=True, eq=False)
class Embedding:
    """Token -> vector: a row of a table.

    Attributes:
        table: ``(vocabulary, rank)``, signed `bits`; row 0 (`PADDING_TOKEN`) is zero, but for one bit, which has none.
        bits: 1..8, symmetric range; one bit is -1 or +1.
        exponent: the table's power-of-two scale, in `EXPONENTS`.
    """

    name: ClassVar[str] = "embedding"
    table: Integers
    bits: int
    exponent: int

    def __post_init__(self) -> None:
        check_number(self, "bits", 1, 8)
        check_number(self, "exponent", *EXPONENTS)
        table = check_integers(self, "table", 2)
        _check_weights(self, "table", table, self.bits)
        if self.bits > 1 and table[PADDING_TOKEN].any():
            raise HwgenError(f"Embedding.table: row {PADDING_TOKEN} is the padding token and must be all zeros")

    @property
    def vocabulary(self) -> int:
        return self.table.shape[0]

    @property
    def rank(self) -> int:
        return self.table.shape[1]

    def output_type(self, source: TensorType | None = None) -> TensorType:
        """Intervals of the actual table, column by column."""
        return TensorType(self.table.min(axis=0), self.table.max(axis=0), per_token=True)


@dataclass(frozen=True, eq=False)
class Convolution:
    """Parallel causal convolutions over the tokens of a sentence, outputs concatenated.

    With ``x[t] = 0`` for ``t < 0``, branch ``w`` of width K gives, for every token t,
    ``y[t, f] = sum over j < K, c of w[f, j, c] * x[t - (K - 1) + j, c]``: the last tap meets the newest token,
    so every token ends exactly one window, whatever the sentence's length.

    Attributes:
        kernels: one ``(filters, width, channels)`` array per branch, signed `bits`.
        bits: 1..8, symmetric range; one bit is -1 or +1.
        exponents: ``(filters of all branches,)``, the power-of-two scale of each filter.
    """

    name: ClassVar[str] = "convolution"
    kernels: tuple[Integers, ...]
    bits: int
    exponents: Integers

    def __post_init__(self) -> None:
        check_number(self, "bits", 1, 8)
        kernels = []
        for index, values in enumerate(self.kernels):
            kernel = np.array(values)
            if kernel.dtype.kind not in "iu" or kernel.ndim != 3 or 0 in kernel.shape:
                raise HwgenError(
                    f"Convolution.kernels[{index}]: need integers of shape (filters, width, channels), "
                    f"got {kernel.dtype} of shape {kernel.shape}"
                )
            if kernel.shape[1] > LONGEST_WINDOW:
                raise HwgenError(
                    f"Convolution.kernels[{index}]: {kernel.shape[1]} tokens wide, at most {LONGEST_WINDOW} are"
                )
            _check_weights(self, f"kernels[{index}]", kernel, self.bits)
            kernel = kernel.astype(np.int64)
            kernel.setflags(write=False)
            kernels.append(kernel)
        if not kernels or len({kernel.shape[2] for kernel in kernels}) != 1:
            raise HwgenError("Convolution.kernels: need at least one branch, and one channel count for all of them")
        object.__setattr__(self, "kernels", tuple(kernels))
        if check_integers(self, "exponents", 1, EXPONENTS).size != self.filters:
            raise HwgenError(f"Convolution.exponents: {self.exponents.size} values for {self.filters} filters")

    @property
    def channels(self) -> int:
        return self.kernels[0].shape[2]

    @property
    def filter_weights(self) -> list[Integers]:
        """All weights of each filter, one after the other."""
        return [weights.ravel() for kernel in self.kernels for weights in kernel]

    @property
    def filters(self) -> int:
        return sum(kernel.shape[0] for kernel in self.kernels)

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(kernel.shape[1] for kernel in self.kernels)

    @property
    def taps(self) -> int:
        """Of all filters together."""
        return sum(kernel.shape[0] * kernel.shape[1] for kernel in self.kernels)

    @property
    def products(self) -> int:
        """Weights that are not zero."""
        return sum(int(np.count_nonzero(kernel)) for kernel in self.kernels)

    def output_type(self, source: TensorType) -> TensorType:
        """Worst case of every filter over inputs inside `source`, or zero where the window hangs over the start."""
        low, high = np.minimum(source.low, 0), np.maximum(source.high, 0)
        lows, highs = [], []
        for kernel in self.kernels:
            positive, negative = np.maximum(kernel, 0), np.minimum(kernel, 0)
            lows.append((positive * low + negative * high).sum(axis=(1, 2)))
            highs.append((positive * high + negative * low).sum(axis=(1, 2)))
        sums = TensorType(np.concatenate(lows), np.concatenate(highs), per_token=True)
        if (worst := sums.magnitude) >= EXACT_SUM:
            raise HwgenError(f"Convolution.kernels: a sum can reach {worst}, beyond the exact integers of float64")
        return sums


@dataclass(frozen=True, eq=False)
class Requantise:
    """Bias, ReLU and a narrower format: ``clip((x + bias + half) >> shift, 0, 2**bits - 1)``.

    ``half`` is ``2**(shift-1)``, or 0 when ``shift <= 0``; a negative shift is a left shift.

    Attributes:
        bias: ``(channels,)``, in units of the input.
        shift: ``(channels,)``, -16..31; no sum may leave 64 bits by a left shift.
        bits: 1..8, unsigned output; one bit is a threshold: 1 where ``x >= 2**shift - bias - half``.
        exponent: the output's power-of-two scale.
    """

    name: ClassVar[str] = "requantise"
    bias: Integers
    shift: Integers
    bits: int
    exponent: int

    def __post_init__(self) -> None:
        check_number(self, "bits", 1, 8)
        check_number(self, "exponent", *EXPONENTS)
        bias, shift = check_integers(self, "bias", 1), check_integers(self, "shift", 1, (-16, 31))
        if bias.shape != shift.shape:
            raise HwgenError(f"Requantise: {bias.size} biases but {shift.size} shifts")

    @property
    def offset(self) -> Integers:
        """``bias + half``: the one constant the circuit adds before it shifts."""
        return self.bias + np.where(self.shift > 0, 1 << np.maximum(self.shift - 1, 0), 0)

    def output_type(self, source: TensorType) -> TensorType:
        # Sums of less than 2**53 and biases of 32 bits can be added; shifted to the left they may not fit any more.
        room = np.int64((1 << 63) - 1) >> np.maximum(-self.shift, 0)
        if (np.maximum(np.abs(source.low + self.offset), np.abs(source.high + self.offset)) > room).any():
            raise HwgenError("Requantise.shift: a sum shifted to the left can leave 64 bits")
        low, high = unsigned_range(self.bits)
        return TensorType(self.apply(source.low).clip(low, high), self.apply(source.high), source.per_token)

    def apply(self, values: Integers) -> Integers:
        """The node's function on ``(..., channels)``; monotone, so that it commutes with a maximum."""
        return np.clip(self.shifted(values), *unsigned_range(self.bits))

    def shifted(self, values: Integers) -> Integers:
        """The node's function before it clips."""
        moved = values + self.offset
        return np.where(self.shift >= 0, moved >> np.maximum(self.shift, 0), moved << np.maximum(-self.shift, 0))


@dataclass(frozen=True, eq=False)
class MaxOverTime:
    """Per channel, the greatest value over the tokens of a sentence."""

    name: ClassVar[str] = "max_over_time"

    def output_type(self, source: TensorType) -> TensorType:
        return TensorType(source.low, source.high, per_token=False)


@dataclass(frozen=True, eq=False)
class ClassWeights:
    """What every node that gives class scores has: a row of weights and a bias for each class.

    Attributes:
        weights: ``(classes, channels)``.
        bias: ``(classes,)``, in units of the accumulator.
    """

    weights: Integers
    bias: Integers

    def __post_init__(self) -> None:
        kind, weights = type(self).__name__, check_integers(self, "weights", 2)
        if check_integers(self, "bias", 1).size != weights.shape[0]:
            raise HwgenError(f"{kind}.bias: {self.bias.size} values for {weights.shape[0]} classes")
        if weights.shape[0] < 2:
            raise HwgenError(f"{kind}.weights: a classifier needs at least 2 classes")

    @property
    def classes(self) -> int:
        return self.weights.shape[0]

    @property
    def channels(self) -> int:
        return self.weights.shape[1]

    @property
    def products(self) -> int:
        """Weights that are not zero."""
        return int(np.count_nonzero(self.weights))


@dataclass(frozen=True, eq=False)
class Dense(ClassWeights):
    """Class scores: ``weights @ x + bias``.

    Attributes:
        weights: ``(classes, channels)``, signed `bits`.
        bias: ``(classes,)``, in units of the accumulator.
        bits: 1..8, symmetric range; one bit is -1 or +1.
        exponent: the weights' power-of-two scale.
    """

    name: ClassVar[str] = "dense"
    bits: int
    exponent: int

    def __post_init__(self) -> None:
        check_number(self, "bits", 1, 8)
        check_number(self, "exponent", *EXPONENTS)
        super().__post_init__()
        _check_weights(self, "weights", self.weights, self.bits)

    def output_type(self, source: TensorType) -> TensorType:
        positive, negative = np.maximum(self.weights, 0), np.minimum(self.weights, 0)
        low = (positive * source.low + negative * source.high).sum(axis=1) + self.bias
        high = (positive * source.high + negative * source.low).sum(axis=1) + self.bias
        return TensorType(low, high, source.per_token)
