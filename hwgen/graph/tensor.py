"""Integer tensors as they flow between nodes: how many channels, and the exact interval of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def signed_range(bits: int) -> tuple[int, int]:
    """Symmetric ("narrow") range of weights and embeddings: ``-(2**(bits-1)-1) .. 2**(bits-1)-1``; of 1 bit: -1, +1."""
    limit = (1 << (bits - 1)) - 1 if bits > 1 else 1
    return -limit, limit


def unsigned_range(bits: int) -> tuple[int, int]:
    """Range of activations: ``0 .. 2**bits - 1``."""
    return 0, (1 << bits) - 1


def width_of(low: int, high: int) -> tuple[int, bool]:
    """Smallest ``(bits, signed)`` of two's complement (or unsigned, when `low` >= 0) that holds both ends."""
    if low >= 0:
        return max(int(high).bit_length(), 1), False
    return max(max(int(high), 0).bit_length(), int(-low - 1).bit_length()) + 1, True


@dataclass(frozen=True)
class TensorType:
    """What a node's output can hold: per-channel closed intervals, proven from the actual weights.

    Attributes:
        low, high: shape ``(channels,)``, the least and greatest integer each channel can take.
        per_token: one vector per token (true) or one per sentence (false).
    """

    low: Integers
    high: Integers
    per_token: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", np.asarray(self.low, dtype=np.int64))
        object.__setattr__(self, "high", np.asarray(self.high, dtype=np.int64))
        if self.low.shape != self.high.shape or self.low.ndim != 1 or not self.low.size:
            raise ValueError(f"low and high must be equal non-empty vectors, got {self.low.shape}, {self.high.shape}")
        if (self.low > self.high).any():
            raise ValueError("an interval has low > high")

    @classmethod
    def binary(cls, channels: int, *, per_token: bool = False) -> TensorType:
        """Of `channels` bits."""
        zeros = np.zeros(channels, dtype=np.int64)
        return cls(zeros, zeros + 1, per_token)

    @property
    def channels(self) -> int:
        return self.low.size

    @property
    def width(self) -> int:
        """Bits of the one integer format that holds every channel."""
        return width_of(int(self.low.min()), int(self.high.max()))[0]

    @property
    def magnitude(self) -> int:
        """The greatest absolute value."""
        return max(-int(self.low.min()), int(self.high.max()), 0)

    @property
    def signed(self) -> bool:
        return bool(self.low.min() < 0)

    def contains(self, values: Integers) -> bool:
        """Whether every row of `values` (``(..., channels)``) lies inside the intervals."""
        return bool(((values >= self.low) & (values <= self.high)).all())
