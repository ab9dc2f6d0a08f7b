"""Token sequences as tensors: a split of a data set, cut into padded batches of similar length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from hwgen.cuts import cuts
from hwgen.text.labels import numbers
from hwgen.text.vocabulary import Vocabulary

PADDING = 0
# Batches are cut from pools of this many batches' rows sorted by length: little padding, still random.
POOL = 50


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows of a split.

    Attributes:
        rows: ``(batch,)`` indices into the split.
        tokens: ``(batch, longest)``, padded on the right.
        lengths: ``(batch,)`` true tokens.
        labels: ``(batch,)`` class indices.
    """

    rows: Tensor
    tokens: Tensor
    lengths: Tensor
    labels: Tensor


@dataclass(frozen=True, eq=False)
class Split:
    """An encoded split: all tokens in one line.

    Attributes:
        tokens: ``(total tokens,)``.
        starts, lengths: ``(rows,)``.
        labels: ``(rows,)``, `UNKNOWN` where a label is no class.
    """

    tokens: Tensor
    starts: Tensor
    lengths: Tensor
    labels: Tensor

    @classmethod
    def of(cls, rows: Sequence[tuple[str, str]], vocabulary: Vocabulary, labels: Sequence[str]) -> Split:
        """Encode (label, text) rows; a text without a word stands as one padding token."""
        sequences = [vocabulary.encode(text) or [PADDING] for _, text in rows]
        lengths = torch.tensor([len(sequence) for sequence in sequences])
        tokens = torch.tensor([token for sequence in sequences for token in sequence])
        classes = torch.tensor(numbers(rows, labels))
        return cls(tokens, lengths.cumsum(0) - lengths, lengths, classes)

    def renumbered(self, tokens: Tensor) -> Split:
        """The same rows with ``tokens[t]`` for every token t."""
        return replace(self, tokens=tokens[self.tokens])

    def taken(self, rows: Tensor) -> Split:
        """Some rows, any of them more than once."""
        return Split(self.tokens, self.starts[rows], self.lengths[rows], self.labels[rows])

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(self, rows: Tensor) -> Batch:
        lengths = self.lengths[rows]
        steps = torch.arange(int(lengths.max()))
        inside = steps < lengths[:, None]
        where = torch.where(inside, self.starts[rows, None] + steps, 0)
        return Batch(rows, torch.where(inside, self.tokens[where], PADDING), lengths, self.labels[rows])

    def pieces(self, rows: Tensor) -> Iterator[Batch]:
        """`rows` in their order: one batch, or several where padding to the longest would take too much memory."""
        for piece in cuts(self.lengths[rows].tolist()):
            yield self.batch(rows[piece])

    def in_order(self, size: int) -> Iterator[Batch]:
        """Every row once, shortest first, at most `size` at a time."""
        for rows in torch.split(torch.argsort(self.lengths, stable=True), size):
            yield from self.pieces(rows)

    def shuffled(self, size: int, generator: torch.Generator) -> Iterator[Tensor]:
        """Every row once, in random batches of similar lengths; their row numbers, which `pieces` takes."""
        order = torch.randperm(len(self), generator=generator)
        pools = (pool[torch.argsort(self.lengths[pool], stable=True)] for pool in torch.split(order, size * POOL))
        drawn = [rows for pool in pools for rows in torch.split(pool, size)]
        for index in torch.randperm(len(drawn), generator=generator).tolist():
            yield drawn[index]

    def batches(self, size: int) -> int:
        """How many batches `shuffled` gives."""
        full, rest = divmod(len(self), size * POOL)
        return full * POOL + -(-rest // size)
