"""The recipe of a hyperdimensional classifier."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from hwgen.compress.recipe import Data
from hwgen.compress.settings import check, choose, plain
from hwgen.errors import HwgenError
from hwgen.graph.hypervector import LONGEST_VECTOR

ALPHABETS = ("letters", "alphanumeric", "bytes")
HEADS = ("nearest", "margin", "linear", "convolution")


@dataclass(frozen=True)
class Items:
    """How a text becomes a binary vector; `hwgen.graph.hypervector.Hypervector` says it exactly.

    Attributes:
        dimension: bits of the vector.
        block: bits that are rotated together; a circuit computes a multiple of them at a time.
        sizes: of the character n-grams inside words (with the word's boundaries).
        words: whole words count, too.
        longest: characters of a text that are looked at.
        alphabet: what a word is made of: letters (of either case, with the apostrophe), alphanumeric (digits, too) or
            bytes (whatever is not white space). Anything else separates words. The first two know one symbol for all
            bytes beyond ASCII.
    """

    dimension: int = 2048
    block: int = 64
    sizes: tuple[int, ...] = (3,)
    words: bool = False
    longest: int = 512
    alphabet: str = "alphanumeric"

    def __post_init__(self) -> None:
        check("dimension", self.dimension, 8, LONGEST_VECTOR)
        check("block", self.block, 1, self.dimension)
        if self.dimension % self.block:
            raise HwgenError(f"block: {self.block} does not divide dimension = {self.dimension}")
        check("longest", self.longest, 1, 1 << 15)
        choose("alphabet", self.alphabet, ALPHABETS)
        for size in self.sizes:
            check("sizes", size, 2, 8)
        if list(self.sizes) != sorted(set(self.sizes)):
            raise HwgenError(f"sizes: {list(self.sizes)} must rise, such as [2, 3]")
        if not self.sizes and not self.words:
            raise HwgenError("sizes: nothing to count; give a size, such as [3], or words=true")


@dataclass(frozen=True)
class Head:
    """What is learnt: a binary vector for each class, and filters before them.

    Attributes:
        kind: nearest (the sign of the sum of a class's vectors; nothing is trained), margin (the sign of a support
            vector machine's weights, for a few dozen rows; nothing else is set), linear (trained with straight-through
            gradients, starting from nearest) or convolution (linear over what filters make of the vector;
            `hwgen.graph.patch_convolution.PatchConvolution` says it exactly).
        filters: of a convolution; ``filters / patch`` times as long as the vector is what they make of it.
        patch: bits that a filter sees at a time, a divisor of `Items.block`.
        epochs: at most so many; the one that does best on dev is kept.
        batch: texts a step.
        learning_rate: of Adam, falling to zero in a line.
        dropout: share of the values left out that are compared with the class vectors.
        label_smoothing: share of each label spread over all classes.
    """

    kind: str = "linear"
    filters: int = 8
    patch: int = 4
    epochs: int = 15
    batch: int = 64
    learning_rate: float = 1e-3
    dropout: float = 0.2
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        choose("kind", self.kind, HEADS)
        check("filters", self.filters, 1, 1 << 10)
        check("patch", self.patch, 1, 1 << 10)
        check("epochs", self.epochs, 1, 10_000)
        check("batch", self.batch, 1, 1 << 20)
        check("learning_rate", self.learning_rate, 1e-9, 10)
        check("dropout", self.dropout, 0, 1, below=True)
        check("label_smoothing", self.label_smoothing, 0, 1, below=True)

    def weights(self, dimension: int, classes: int) -> int:
        """How many numbers are learnt, over a vector of `dimension`."""
        if self.kind != "convolution":
            return classes * (dimension + 1)
        return classes * (dimension // self.patch * self.filters + 1) + self.filters * (self.patch + 1)


@dataclass(frozen=True)
class HypervectorRecipe:
    """From characters to class vectors."""

    name: str
    kind: str = "hypervector"
    data: Data = field(default_factory=Data)
    items: Items = field(default_factory=Items)
    head: Head = field(default_factory=Head)

    def __post_init__(self) -> None:
        if self.head.kind == "convolution" and self.items.block % self.head.patch:
            raise HwgenError(f"head.patch: {self.head.patch} does not divide items.block = {self.items.block}")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; `recipes.parse` takes them back."""
        values: dict[str, Any] = plain(asdict(self))
        return values
