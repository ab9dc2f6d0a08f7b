"""Structured pruning: whole filters and whole vocabulary rows leave, and the network gets smaller."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from hwgen.errors import HwgenError
from hwgen.nn.text_cnn import TextCNN
from hwgen.text.vocabulary import Vocabulary


@torch.no_grad()
def narrow(network: TextCNN, share: float) -> TextCNN:
    """A network without the `share` of filters that matter least; every width keeps at least one.

    A filter matters by the length of its kernel times the length of its dense weights: the product does not change
    when scale moves from one to the other, which the ReLU between them allows.
    """
    filters = network.shape.filters
    columns = network.dense.weight.norm(dim=0).split(filters)
    worth = [
        branch.weight.flatten(1).norm(dim=1) * column
        for branch, column in zip(network.convolutions, columns, strict=True)
    ]
    least = torch.argsort(torch.cat(worth), stable=True)
    branch_of = torch.repeat_interleave(torch.arange(len(filters)), torch.tensor(filters))
    kept = torch.ones(sum(filters), dtype=torch.bool)
    left = list(filters)
    surplus = round(share * sum(filters))
    for filter_ in least.tolist():
        branch = int(branch_of[filter_])
        if surplus and left[branch] > 1:
            kept[filter_] = False
            left[branch] -= 1
            surplus -= 1
    small = TextCNN(replace(network.shape, filters=tuple(left)))
    small.embedding.load_state_dict(network.embedding.state_dict())
    for target, source, rows in zip(small.convolutions, network.convolutions, kept.split(filters), strict=True):
        target.weight.copy_(source.weight[rows])
        target.bias.copy_(source.bias[rows])
    small.dense.weight.copy_(network.dense.weight[:, kept])
    small.dense.bias.copy_(network.dense.bias)
    return small


@dataclass(frozen=True, eq=False)
class Shortening:
    """A shorter vocabulary and how to get there.

    Attributes:
        vocabulary: with fewer words; the others fall into its buckets.
        tokens: ``(old vocabulary,)``, the new token of every old one.
        rows: ``(new vocabulary,)``, the old row of every new one.
    """

    vocabulary: Vocabulary
    tokens: Tensor
    rows: Tensor


@torch.no_grad()
def shortening(network: TextCNN, vocabulary: Vocabulary, counts: Tensor, share: float) -> Shortening:
    """Which words to give up: the `share` of them whose loss changes the embedded training text least.

    A word that goes is read as its bucket of unknown words, so its loss costs its occurrences times the squared
    distance between the two rows.

    Args:
        network: whose embedding is looked at.
        vocabulary: its words.
        counts: ``(vocabulary,)`` occurrences of every token in the training texts.
        share: of the known words, 0..1.

    Raises:
        HwgenError: when no word would be left.
    """
    first = 1 + vocabulary.buckets
    words = vocabulary.words
    gone = round(share * len(words))
    if gone >= len(words):
        raise HwgenError(f"shortened.share: {share} leaves none of the {len(words)} words")
    buckets = torch.tensor(
        [1 + zlib.crc32(word.encode("utf-8", "surrogateescape")) % vocabulary.buckets for word in words]
    )
    table = network.embedding.weight
    loss = counts[first:] * (table[first:] - table[buckets]).square().sum(dim=1)
    kept = torch.ones(len(words), dtype=torch.bool)
    kept[torch.argsort(loss, stable=True)[:gone]] = False
    tokens = torch.arange(len(vocabulary))
    tokens[first:] = torch.where(kept, first + kept.cumsum(0) - 1, buckets)
    rows = torch.cat([torch.arange(first), first + kept.nonzero().flatten()])
    left = Vocabulary(
        tuple(word for word, stays in zip(words, kept.tolist(), strict=True) if stays), vocabulary.buckets
    )
    return Shortening(left, tokens, rows)


@torch.no_grad()
def shorten(network: TextCNN, rows: Tensor) -> TextCNN:
    """A network that keeps only `rows` of the embedding table."""
    small = TextCNN(replace(network.shape, vocabulary=len(rows)))
    state = network.state_dict()
    state["embedding.weight"] = state["embedding.weight"][rows]
    small.load_state_dict(state)
    return small
