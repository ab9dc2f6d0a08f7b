"""The convolutional head of a hyperdimensional classifier: filters over the patches of a vector, then class vectors."""

from __future__ import annotations

import torch
from brevitas.function.ops_ste import binary_sign_ste
from torch import Tensor, nn

from hwgen.nn.class_vectors import ClassVectors


class PatchFilters(nn.Module):
    """Filters over patches without overlap, each with a threshold and a scale of its own.

    The activation of a sum x is elastic: the sign (zero counts as positive) of ``u = (x - threshold) / scale``, with
    the gradient of u where it lies in -1 to 1 (Liu et al., 2022, the signed case). The scale is positive: it is for
    the gradient alone, and what is left of both is an integer threshold
    (`hwgen.graph.patch_convolution.PatchConvolution`). Real filters give u itself, between -1 and 1.

    Args:
        start: ``(filters, patch)``, values -1 to 1.
        binary: whether weights and activations are binary.
    """

    def __init__(self, start: Tensor, *, binary: bool) -> None:
        super().__init__()
        self.binary = binary
        self.weights = nn.Parameter(start.clone())
        self.thresholds = nn.Parameter(torch.zeros(len(start)))
        # The sums of random bits spread by the square root of their number.
        self.log_scales = nn.Parameter(torch.full((len(start),), float(start.shape[1])).sqrt().log())

    def forward(self, vectors: Tensor) -> Tensor:
        """``(batch, dimension)`` to ``(batch, dimension / patch * filters)``, all filters of a patch together."""
        filters = binary_sign_ste(self.weights) if self.binary else self.weights
        patches = vectors.unflatten(1, (-1, filters.shape[1]))
        return self.activations(patches @ filters.T).flatten(1)

    def activations(self, sums: Tensor) -> Tensor:
        """Of sums ``(..., filters)``."""
        inside = ((sums - self.thresholds) / self.log_scales.exp()).clamp(-1, 1)
        return binary_sign_ste(inside) if self.binary else inside


class ConvolvedClassVectors(ClassVectors):
    """Class vectors that are compared with what filters make of a vector.

    Args:
        filters: over the vector.
        start: ``(classes, dimension / patch * filters)``, values -1 to 1.
        binary: whether class vectors are binary and biases whole.
    """

    def __init__(self, filters: PatchFilters, start: Tensor, *, binary: bool) -> None:
        super().__init__(start, binary=binary)
        self.filters = filters

    def features(self, vectors: Tensor) -> Tensor:
        """``(batch, dimension / patch * filters)`` of ``(batch, dimension)``."""
        return self.filters(vectors)
