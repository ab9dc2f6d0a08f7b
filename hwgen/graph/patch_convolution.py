"""A binary convolution over the places of a binary vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwgen.errors import HwgenError
from hwgen.graph.nodes import check_binary, check_integers
from hwgen.graph.tensor import Integers, TensorType


@dataclass(frozen=True, eq=False)
class PatchConvolution:
    """Bits of a vector, `patch` at a time, -> a bit for every filter.

    The vector is cut into patches without overlap, and every filter is laid over every patch. Where filter and patch
    agree in at least `thresholds` places the result is 0 (for +1), else 1 (for -1). The results of a patch stand
    together: all filters of patch 0, then all of patch 1. After Jain et al. (2020), whose classifier is a binary
    convolutional network on the vector.

    Attributes:
        weights: ``(filters, patch)`` bits, the same for all patches.
        thresholds: ``(filters,)``, 0 (always +1) to ``patch + 1`` (always -1).
    """

    name: ClassVar[str] = "patch_convolution"
    weights: Integers
    thresholds: Integers

    def __post_init__(self) -> None:
        weights, thresholds = check_integers(self, "weights", 2), check_integers(self, "thresholds", 1)
        check_binary(self, "weights", weights)
        if thresholds.size != self.filters:
            raise HwgenError(f"PatchConvolution.thresholds: {thresholds.size} values for {self.filters} filters")
        if thresholds.min() < 0 or thresholds.max() > self.patch + 1:
            raise HwgenError(
                f"PatchConvolution.thresholds: {thresholds.min()}..{thresholds.max()} is outside 0..{self.patch + 1}"
            )

    @property
    def filters(self) -> int:
        return self.weights.shape[0]

    @property
    def patch(self) -> int:
        return self.weights.shape[1]

    def features(self, channels: int) -> int:
        """Bits that come of so many; `patch` divides them."""
        return channels // self.patch * self.filters

    def output_type(self, source: TensorType) -> TensorType:
        return TensorType.binary(self.features(source.channels), per_token=source.per_token)

    def apply(self, values: Integers) -> Integers:
        """The node's function on ``(vectors, channels)`` bits."""
        patches = values.reshape(len(values), -1, self.patch)
        # As numbers +1 and -1: agreeing places less the others; float32 holds these sums exactly.
        sums = (1 - 2 * patches).astype(np.float32) @ (1 - 2 * self.weights.T).astype(np.float32)
        return (sums < 2 * self.thresholds - self.patch).astype(np.int64).reshape(len(values), -1)
