"""The scores of many texts by the golden model, and the same again from a circuit or a board."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.tensor import Integers
from hwgen.model import Model
from hwgen.places import GOLDEN, RTL, TOO_FAST, board, circuit, difference
from hwgen.progress import Progress


@dataclass(frozen=True, eq=False)
class Predictions:
    """What came of the texts.

    Attributes:
        scores: ``(texts, classes)``, equal to the golden model's.
        cycles: of the circuit in simulation, for all texts; None elsewhere.
        seconds: that a board took for all texts, with the line; None elsewhere.
    """

    scores: Integers
    cycles: int | None = None
    seconds: float | None = None

    @property
    def answers(self) -> Integers:
        """``(texts,)`` numbers of classes."""
        return golden.classes(self.scores)

    @property
    def margins(self) -> Integers:
        """``(texts,)`` distances of the best two scores, in units of the scores."""
        best = np.partition(self.scores, -2, axis=1)
        return best[:, -1] - best[:, -2]


def predict(model: Model, texts: Sequence[str], place: str, baud: int, progress: Progress) -> Predictions:
    """Every text's scores at `place` (see `hwgen.places`), each held against the golden model's.

    Raises:
        HwgenError: at the first answer that is not the golden model's, and when circuit or board cannot be had.
    """
    sentences = model.encode(list(texts))
    progress.step("golden model", len(texts))
    parts = []
    for piece in sentences.pieces():
        parts.append(golden.scores(model.graph, piece))
        progress.advance(len(piece))
    scores = np.concatenate(parts)
    progress.finish()
    if place == RTL:
        return Predictions(scores, cycles=_simulated(model, texts, sentences, scores, progress))
    if place != GOLDEN:
        return Predictions(scores, seconds=_asked(model, texts, sentences, scores, place, baud, progress))
    return Predictions(scores)


def _simulated(model: Model, texts: Sequence[str], sentences: Sentences, expected: Integers, progress: Progress) -> int:
    """Cycles of the whole set in one run."""
    compiled = circuit(model, progress)
    progress.step("simulation")
    results = compiled.run(sentences)
    for row in results.mismatches(expected)[:1].tolist():
        reply = int(results.labels[row]), results.scores[row].tolist()
        raise difference(f"rtl, row {row + 1}", texts[row], reply, _reply(expected[row]))
    cycles = int(results.left[-1]) + 1
    progress.finish(f"{cycles:,} cycles")
    return cycles


def _asked(
    model: Model,
    texts: Sequence[str],
    sentences: Sentences,
    expected: Integers,
    port: str,
    baud: int,
    progress: Progress,
) -> float:
    """Seconds from the first request to the last answer."""
    with board(model, port, baud) as client:
        progress.step(f"board at {port}", len(texts))
        began = time.monotonic()
        split = np.split(sentences.tokens, sentences.starts[1:])
        for row, reply in enumerate(client.classify_all(tokens.tolist() for tokens in split)):
            if reply != _reply(expected[row]):
                raise difference(f"{port}, row {row + 1}", texts[row], reply, _reply(expected[row]), TOO_FAST)
            progress.advance(1)
        seconds = time.monotonic() - began
        progress.finish(f"{len(texts) / seconds:,.0f} sentences/s")
        return seconds


def _reply(scores: Integers) -> tuple[int, list[int]]:
    return int(scores.argmax()), scores.tolist()
