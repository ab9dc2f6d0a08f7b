"""Class vectors: the head of a hyperdimensional classifier, binary or real."""

from __future__ import annotations

import math

import torch
from brevitas.function.ops_ste import binary_sign_ste, round_ste
from torch import Tensor, nn


class ClassVectors(nn.Module):
    """Class scores of vectors: a product with each class's vector, and a bias.

    Binary class vectors are the signs (zero counts as positive) of real ones, with straight-through gradients, and
    their biases whole numbers: the scores of binary vectors are then `hwgen.graph.hypervector.BinaryDense`'s.

    Args:
        start: ``(classes, dimension)``, values -1 to 1.
        binary: whether class vectors are binary and biases whole.
    """

    def __init__(self, start: Tensor, *, binary: bool) -> None:
        super().__init__()
        self.binary = binary
        self.vectors = nn.Parameter(start.clone())
        self.bias = nn.Parameter(torch.zeros(len(start)))
        # The scores of random vectors spread by the square root of the dimension.
        self.log_scale = nn.Parameter(torch.tensor(math.log(10 / math.sqrt(start.shape[1]))))

    def features(self, vectors: Tensor) -> Tensor:
        """What is compared with the class vectors: the vectors themselves."""
        return vectors

    def forward(self, vectors: Tensor) -> Tensor:
        """Scores ``(batch, classes)`` of ``(batch, dimension)``, in units of 1 for every value that agrees."""
        if self.binary:
            return vectors @ binary_sign_ste(self.vectors).T + round_ste(self.bias)
        return vectors @ self.vectors.T + self.bias

    def logits(self, vectors: Tensor) -> Tensor:
        """The scores at the learned scale."""
        return self.forward(vectors) * self.log_scale.exp()
