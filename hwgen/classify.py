"""Sentences to answers, by the golden model, the simulated circuit, or a board."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.text import Text

from hwgen.errors import HwgenError
from hwgen.graph.explain import Explanation, explain
from hwgen.graph.golden import Sentences, classes, scores
from hwgen.model import Model

SHOWN = 3
"""Windows of words named in an answer."""


@dataclass(frozen=True)
class Answer:
    """One sentence's class, and why.

    Attributes:
        label: name of the class.
        runner_up: name of the second-best class.
        margin: distance between their scores.
        scores: of every class, as integers.
        evidence: the words of each deciding window, and what it added to the margin.
    """

    label: str
    runner_up: str
    margin: float
    scores: tuple[int, ...]
    evidence: tuple[tuple[str, float], ...]

    def line(self) -> Text:
        """For people."""
        reasons = [Text.assemble(f"{words} ", (f"{weight:+.2f}", "dim")) for words, weight in self.evidence[:SHOWN]]
        line = Text.assemble((self.label, "bold"), f"  margin {self.margin:.2f}  ", Text(", ").join(reasons))
        line.rstrip()
        return line

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "class": self.label,
            "runner_up": self.runner_up,
            "margin": self.margin,
            "scores": list(self.scores),
            "evidence": [{"words": words, "weight": weight} for words, weight in self.evidence],
        }


def answers(model: Model, texts: Iterable[str], on: str, baud: int) -> Iterator[Answer]:
    """Classify each text.

    Args:
        on: "golden", "rtl" (the spatial circuit, compiled), or a serial port.

    Raises:
        HwgenError: when the board cannot be reached or holds another model, or when its answer, or the circuit's, is
            not the golden model's.
    """
    if on == "golden":
        for text in texts:
            tokens = model.vocabulary.encode(text)
            yield _answer(model, text, tokens, scores(model.graph, Sentences.of([tokens]))[0].tolist())
        return
    if on == "rtl":
        from hwgen.rtl.core import Core
        from hwgen.rtl.plan import spatial
        from hwgen.sim.cxxrtl import compile_core

        circuit = compile_core(Core(model.graph, spatial(model.graph)))
        for text in texts:
            tokens = model.vocabulary.encode(text)
            yield _answer(model, text, tokens, circuit.run(Sentences.of([tokens])).scores[0].tolist())
        return
    from hwgen.host.client import Client

    with Client.open(on, baud) as client:
        client.check(model.digest)
        for text in texts:
            tokens = model.vocabulary.encode(text)
            _, found = client.classify(tokens)
            yield _answer(model, text, tokens, found)


def _answer(model: Model, text: str, tokens: list[int], found: list[int]) -> Answer:
    """The answer for scores that came from anywhere; its reasons are traced in the golden model."""
    expected = scores(model.graph, Sentences.of([tokens]))[0].tolist()
    if found != expected:
        raise HwgenError(f"{text!r}: scores {found} are not the golden model's {expected}; is the clock too fast?")
    told: Explanation = explain(model.graph, tokens)
    assert told.label == int(classes(np.array([found]))[0])
    return Answer(
        model.labels[told.label],
        model.labels[told.runner_up],
        told.margin,
        tuple(found),
        tuple(
            (model.vocabulary.phrase(text, each.start, each.end) or "(empty)", each.weight) for each in told.evidence
        ),
    )
