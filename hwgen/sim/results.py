"""What a simulated core is given and answers, and its comparison with the golden model."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from hwgen.graph.golden import Sentences, classes
from hwgen.graph.tensor import Integers
from hwgen.rtl.core import Core


@dataclass(frozen=True, eq=False)
class Results:
    """One row per sentence, in the order they went in.

    Attributes:
        labels: ``(sentences,)`` the circuit's class.
        scores: ``(sentences, classes)``.
        first, last, left: ``(sentences,)``, the cycles in which the first token entered, the last token entered, and
            the result left.
    """

    labels: Integers
    scores: Integers
    first: Integers
    last: Integers
    left: Integers

    def part(self, start: int, stop: int) -> Results:
        """Those of some sentences."""
        return Results(*(getattr(self, field.name)[start:stop] for field in fields(self)))

    def mismatches(self, golden: Integers) -> Integers:
        """Numbers of the sentences whose class or any score differs from the golden ``(sentences, classes)``."""
        wrong = (self.scores != golden).any(axis=1) | (self.labels != classes(golden))
        return np.flatnonzero(wrong)


def encode(core: Core, sentences: Sentences, stall: float, seed: int) -> bytes:
    """What a simulated core is given, as little-endian u32: `stall` in 256ths, `seed`, the number of tokens, and the
    tokens as the payload bits of the token stream."""
    payload = core.tokens.payload.shape()
    positions, lengths = sentences.positions, np.repeat(sentences.lengths, sentences.lengths)
    first, last = positions == 0, positions == lengths - 1
    words = sentences.tokens | first << payload["first"].offset | last << payload["last"].offset
    header = [round(stall * 256), seed, len(words)]
    return np.concatenate([header, words]).astype("<u4").tobytes()


def decode(core: Core, answer: bytes, sentences: int) -> Results:
    """Results from the records a simulated core writes, one per sentence, in little-endian u32: the cycles `first`,
    `last` and `left`, then the payload bits of the result stream in whole words."""
    records = np.frombuffer(answer, "<u4").reshape(sentences, -1)
    bits = np.unpackbits(records[:, 3:].copy().view(np.uint8), axis=1, bitorder="little").astype(np.int64)
    payload = core.results.payload.shape()
    width = payload["label"].width
    scores = payload["scores"].shape
    each, start = scores.elem_shape.width, payload["scores"].offset
    weights = 1 << np.arange(each)
    weights[-1] *= -1  # two's complement
    values = bits[:, start : start + each * scores.length].reshape(sentences, scores.length, each) @ weights
    first, last, left = records[:, :3].astype(np.int64).T
    return Results(bits[:, :width] @ (1 << np.arange(width)), values, first, last, left)
