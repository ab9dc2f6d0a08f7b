"""What a simulated core answers, and its comparison with the golden model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hwgen.graph.golden import Sentences, classes
from hwgen.graph.tensor import Integers


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

    def mismatches(self, golden: Integers) -> Integers:
        """Numbers of the sentences whose class or any score differs from the golden ``(sentences, classes)``."""
        wrong = (self.scores != golden).any(axis=1) | (self.labels != classes(golden))
        return np.flatnonzero(wrong)


class CoreSimulator(Protocol):
    """A core run as software."""

    def run(self, sentences: Sentences, *, stall: float = 0.0, seed: int = 0) -> Results:
        """Feed `sentences` back to back; in any cycle each end pauses with probability `stall`."""
        ...


def token_marks(sentences: Sentences) -> tuple[Integers, Integers]:
    """``first`` and ``last`` marks of every token."""
    positions, lengths = sentences.positions, np.repeat(sentences.lengths, sentences.lengths)
    return (positions == 0).astype(np.int64), (positions == lengths - 1).astype(np.int64)
