"""Nodes of a hyperdimensional classifier: characters become one long binary vector, classes are compared with it.

After Jain et al. (2020), whose tokeniser ("semantic hashing") is built into the node. A bit b stands for ``(-1)**b``:
the product of two vectors is their exclusive-or, and a sum's sign bit is a bit again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from hwgen.errors import HwgenError
from hwgen.graph.nodes import ClassWeights, check_binary, check_integers, check_number
from hwgen.graph.shift_register import expand, seed_bits
from hwgen.graph.tensor import Integers, TensorType

BYTES = 256
BOUNDARY = 0
"""The symbol between words; what stands before a text and behind it, too."""
LONGEST_VECTOR = 1 << 16
"""Bits of a hypervector."""


@dataclass(frozen=True, eq=False)
class Hypervector:
    """Bytes of a text -> the sign of the sum of its n-grams' vectors.

    Each byte is a symbol; symbol 0 (`BOUNDARY`) lies between words, and before and behind the text. An n-gram is n
    symbols in a row of which all but the first and the last belong to a word, and at least one: for n = 3, the
    trigrams of '#word#' of every word. Its vector is the product of its symbols' item vectors, that of the symbol j
    places before the last one rotated by j, each `block` of values by itself. With `words`, a word is an n-gram, too:
    all its symbols without the boundaries.

    The vectors are added; where the sum is positive the result is 0 (for +1), where it is negative 1 (for -1), and
    where it is zero the boundary's item vector decides.

    Attributes:
        symbols: ``(256,)``, the symbol of each byte.
        seeds: ``(symbols, dimension / block)``, 16 bits each (or as many as the block has): a block of a symbol's item
            vector is the row of its seed (`hwgen.graph.shift_register`).
        sizes: of the n-grams, 2..8, rising.
        words: whether words are counted as well.
        longest: characters of a text that are looked at; the rest is cut off.
        block: values that are rotated together, a divisor of the dimension; what is computed at a time in a circuit is
            a multiple of it.
    """

    name: ClassVar[str] = "hypervector"
    symbols: Integers
    seeds: Integers
    sizes: tuple[int, ...]
    words: bool
    longest: int
    block: int

    def __post_init__(self) -> None:
        symbols = check_integers(self, "symbols", 1)
        seeds = check_integers(self, "seeds", 2)
        if len(seeds) > BYTES:
            raise HwgenError(f"Hypervector.seeds: {len(seeds)} symbols for {BYTES} bytes")
        if symbols.size != BYTES or symbols.min() < 0 or symbols.max() >= len(seeds):
            raise HwgenError(f"Hypervector.symbols: need {BYTES} numbers below {len(seeds)}, one for each byte")
        check_number(self, "block", 1, LONGEST_VECTOR)
        if self.dimension > LONGEST_VECTOR:
            raise HwgenError(f"Hypervector.seeds: a vector of {self.dimension} bits, at most {LONGEST_VECTOR} are")
        most = (1 << seed_bits(self.block)) - 1
        if seeds.min() < 0 or seeds.max() > most:
            raise HwgenError(f"Hypervector.seeds: values {seeds.min()}..{seeds.max()} are outside 0..{most}")
        object.__setattr__(self, "sizes", tuple(self.sizes))
        if list(self.sizes) != sorted(set(self.sizes)) or any(not 2 <= size <= 8 for size in self.sizes):
            raise HwgenError(f"Hypervector.sizes: {list(self.sizes)} must rise and lie in 2..8")
        if not self.sizes and not self.words:
            raise HwgenError("Hypervector.sizes: nothing to count; give a size, such as [3], or words")
        check_number(self, "longest", 1, 1 << 15)

    @property
    def dimension(self) -> int:
        return self.seeds.shape[1] * self.block

    @property
    def symbol_count(self) -> int:
        """How many different symbols there are."""
        return len(self.seeds)

    @property
    def item_bits(self) -> int:
        """Bits of storage of the item vectors."""
        return self.seeds.size * seed_bits(self.block)

    @cached_property
    def items(self) -> Integers:
        """``(symbols, dimension)`` bits, a vector for each symbol."""
        items = expand(self.seeds, self.block).reshape(self.symbol_count, self.dimension)
        items.setflags(write=False)
        return items

    def rotated(self, items: Integers, by: int) -> Integers:
        """``(..., dimension)`` values, each one `by` places further in its block."""
        blocks = items.reshape(*items.shape[:-1], -1, self.block)
        return np.roll(blocks, by, axis=-1).reshape(items.shape)

    @property
    def vocabulary(self) -> int:
        return BYTES

    @property
    def most(self) -> int:
        """N-grams that a text can have at most: each ends at a character or at the boundary behind the last."""
        words = (self.longest + 1) // 2 if self.words else 0
        return len(self.sizes) * (self.longest + 1) + words

    def ngrams(self, tokens: Integers, lengths: Integers) -> Iterator[tuple[Integers, Integers]]:
        """The n-grams of texts laid end to end, one kind after the other.

        Args:
            tokens: ``(total bytes,)``.
            lengths: ``(texts,)``, bytes of each.

        Yields:
            Numbers of the texts they stand in, rising ``(n-grams,)``, and their symbols ``(n-grams, n)``.
        """
        position = np.arange(tokens.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        symbols = self.symbols[tokens[position < self.longest]]
        cut = np.minimum(lengths, self.longest)
        # Every text with a boundary behind it, and one before the first: all others have that of their neighbour.
        texts = np.repeat(np.arange(lengths.size), cut + 1)
        line = np.full(texts.size + 1, BOUNDARY)
        inside = np.ones(texts.size, dtype=bool)
        inside[np.cumsum(cut + 1) - 1] = False
        line[1:][inside] = symbols
        for size in self.sizes:
            if line.size < size:
                continue
            windows = np.lib.stride_tricks.sliding_window_view(line, size)
            letters = windows != BOUNDARY
            places = np.flatnonzero(letters[:, 1:-1].all(axis=1) & letters.any(axis=1))
            yield texts[places + size - 2], windows[places]
        if self.words:
            borders = np.flatnonzero(line == BOUNDARY)
            counts = np.diff(borders) - 1
            for count in np.unique(counts[counts > 0]):
                ends = borders[1:][counts == count]
                yield texts[ends - 1], line[ends[:, None] + np.arange(-count, 0)]

    def output_type(self, source: TensorType | None = None) -> TensorType:
        return TensorType.binary(self.dimension)


@dataclass(frozen=True, eq=False)
class BinaryDense(ClassWeights):
    """Class scores of a binary vector: places where class and vector agree less those where they differ, plus a bias.

    With bits standing for +1 and -1 that is their product. With all biases equal, the greatest score is the least
    Hamming distance.

    Attributes:
        weights: ``(classes, channels)`` bits.
        bias: ``(classes,)``.
    """

    name: ClassVar[str] = "binary_dense"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_binary(self, "weights", self.weights)

    def output_type(self, source: TensorType) -> TensorType:
        return TensorType(self.bias - self.channels, self.bias + self.channels, source.per_token)
