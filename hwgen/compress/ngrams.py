"""A linear classifier over word n-grams: no circuit, but a teacher that errs differently from a network.

Features are the words and word pairs of a text, hashed by CRC-32, weighted by inverse document frequency and
normalised to unit length; the classifier is multinomial logistic regression.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hwgen.text.words import tokenise

BUCKETS = 1 << 18
_EPOCHS, _BATCH, _RATE = 4, 1024, 0.015


class Bags:
    """Texts as weighted sets of hashed n-grams, end to end."""

    def __init__(self, texts: Sequence[str], frequencies: np.ndarray | None = None) -> None:
        sets = [_features(text) for text in texts]
        self.lengths = torch.tensor([len(features) for features in sets])
        self.starts = self.lengths.cumsum(0) - self.lengths
        self.features = torch.tensor([feature for features in sets for feature in features], dtype=torch.long)
        if frequencies is None:
            counts = np.bincount(self.features.numpy(), minlength=BUCKETS)
            frequencies = np.log((1 + len(sets)) / (1 + counts)) + 1
        self.frequencies = frequencies
        weights = torch.from_numpy(frequencies).float()[self.features]
        rows = torch.repeat_interleave(torch.arange(len(sets)), self.lengths)
        norms = torch.zeros(len(sets)).index_add_(0, rows, weights.square()).sqrt()
        self.weights = weights / norms[rows].clamp(min=1e-9)

    def rows(self, wanted: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features, offsets and weights of some rows, as `torch.nn.EmbeddingBag` takes them."""
        lengths = self.lengths[wanted]
        offsets = lengths.cumsum(0) - lengths
        where = torch.arange(int(lengths.sum())) + torch.repeat_interleave(self.starts[wanted] - offsets, lengths)
        return self.features[where], offsets, self.weights[where]


class NgramClassifier(nn.Module):
    """Log-probabilities from `Bags`."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag(BUCKETS, classes, mode="sum")
        self.bias = nn.Parameter(torch.zeros(classes))
        nn.init.zeros_(self.table.weight)

    def forward(self, bags: Bags, rows: Tensor) -> Tensor:
        features, offsets, weights = bags.rows(rows)
        return functional.log_softmax(self.table(features, offsets, per_sample_weights=weights) + self.bias, dim=1)

    def fit(self, bags: Bags, labels: Tensor, generator: torch.Generator) -> None:
        optimiser = torch.optim.Adam(self.parameters(), lr=_RATE)
        for _ in range(_EPOCHS):
            for rows in torch.randperm(len(labels), generator=generator).split(_BATCH):
                optimiser.zero_grad()
                functional.nll_loss(self(bags, rows), labels[rows]).backward()
                optimiser.step()

    @torch.no_grad()
    def answers(self, bags: Bags) -> Tensor:
        """Log-probabilities ``(rows, classes)`` of every row."""
        return torch.cat([self(bags, rows) for rows in torch.arange(len(bags.lengths)).split(_BATCH)])


def _features(text: str) -> list[int]:
    words = tokenise(text)
    pairs = [first + b" " + second for first, second in pairwise(words)]
    return sorted({zlib.crc32(gram) % BUCKETS for gram in words + pairs})
