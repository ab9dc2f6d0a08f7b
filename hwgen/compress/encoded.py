"""A data set as tokens, and the sizes of networks over it."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.compress.batches import Split
from hwgen.compress.recipe import Recipe
from hwgen.compress.shrink import Shortening
from hwgen.nn.text_cnn import Shape
from hwgen.text.datasets import Dataset
from hwgen.text.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class Encoded:
    """A data set through the vocabulary of its training texts."""

    vocabulary: Vocabulary
    labels: tuple[str, ...]
    train: Split
    dev: Split
    test: Split

    @classmethod
    def of(cls, recipe: Recipe, dataset: Dataset) -> Encoded:
        words = recipe.vocabulary
        vocabulary = Vocabulary.of((text for _, text in dataset.train), words.size, words.buckets)
        splits = (Split.of(rows, vocabulary, dataset.labels) for rows in (dataset.train, dataset.dev, dataset.test))
        return cls(vocabulary, dataset.labels, *splits)

    def shortened(self, short: Shortening) -> Encoded:
        """The same rows through a shorter vocabulary."""
        splits = (split.renumbered(short.tokens) for split in (self.train, self.dev, self.test))
        return Encoded(short.vocabulary, self.labels, *splits)

    def shape(self, embedding: int, filters: int, widths: tuple[int, ...]) -> Shape:
        """Sizes of a network with `filters` filters of each width."""
        return Shape(len(self.vocabulary), embedding, (filters,) * len(widths), widths, len(self.labels))
