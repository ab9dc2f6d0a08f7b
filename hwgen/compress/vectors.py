"""Texts as hypervectors: the item memory of a recipe, and a split through it."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hwgen.compress.hypervector_recipe import Items
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.hypervector import BOUNDARY, BYTES, Hypervector
from hwgen.graph.shift_register import seed_bits
from hwgen.graph.tensor import Integers
from hwgen.text.characters import Characters
from hwgen.text.hub import Row
from hwgen.text.labels import numbers

_TEXTS_AT_A_TIME = 1024
_ASCII = 0x80


def hypervector(items: Items, seed: int) -> Hypervector:
    """The encoder of a recipe, its items drawn by `seed`."""
    symbols = alphabet(items.alphabet)
    shape = (symbols.max() + 1, items.dimension // items.block)
    drawn = np.random.default_rng(seed).integers(1, 1 << seed_bits(items.block), shape)  # zero's row is all zeros
    return Hypervector(symbols, drawn, items.sizes, items.words, items.longest, items.block)


def alphabet(name: str) -> Integers:
    """The symbol of each byte; see `Items.alphabet`."""
    if name == "bytes":
        apart = (string.whitespace + string.ascii_uppercase + "\0").encode()
        members = [byte for byte in range(BYTES) if byte not in apart]
    else:
        known = string.ascii_lowercase + "'" + (string.digits if name == "alphanumeric" else "")
        members = list(known.encode())
    symbols = np.full(BYTES, BOUNDARY, dtype=np.int64)
    symbols[members] = 1 + np.arange(len(members))
    if name != "bytes":
        symbols[_ASCII:] = 1 + len(members)
    for upper in string.ascii_uppercase:
        symbols[ord(upper)] = symbols[ord(upper.lower())]
    return symbols


@dataclass(frozen=True, eq=False)
class Vectors:
    """A split as vectors.

    Attributes:
        sentences: its bytes.
        sums: ``(texts, dimension)``, before the sign.
        signs: the same shape, -1 and +1: what the golden model's bits stand for.
        labels: ``(texts,)`` numbers of the classes, `UNKNOWN` where a label is none of them.
    """

    sentences: Sentences
    sums: Tensor
    signs: Tensor
    labels: Tensor

    @classmethod
    def of(cls, node: Hypervector, rows: Sequence[Row], labels: Sequence[str]) -> Vectors:
        """Rows of (label, text) through `node`."""
        tokens = [Characters().encode(text) for _, text in rows]
        parts = []
        for first in range(0, len(tokens), _TEXTS_AT_A_TIME):
            some = Sentences.of(tokens[first : first + _TEXTS_AT_A_TIME])
            parts.append(golden.bundle(node, some.tokens, some).astype(np.int16))
        sums = torch.from_numpy(np.concatenate(parts))
        ties = torch.from_numpy(1 - 2 * node.items[BOUNDARY])
        signs = torch.where(sums == 0, ties, sums.sign()).to(torch.int8)
        return cls(Sentences.of(tokens), sums, signs, torch.tensor(numbers(rows, labels)))

    def __len__(self) -> int:
        return len(self.labels)

    def taken(self, rows: Tensor) -> Vectors:
        """Some rows, any of them more than once; without their bytes."""
        return Vectors(Sentences.of([]), self.sums[rows], self.signs[rows], self.labels[rows])

    def binary(self, rows: Tensor) -> Tensor:
        """``(rows, dimension)``, -1 and +1."""
        return self.signs[rows].float()

    def real(self, rows: Tensor) -> Tensor:
        """``(rows, dimension)``: the sums, at the length that the binary vectors have."""
        sums = self.sums[rows].float()
        return functional.normalize(sums, dim=1) * float(sums.shape[1]) ** 0.5
