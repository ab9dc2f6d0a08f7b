"""Sentences to answers, by the golden model, the simulated circuit, or a board."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from hwgen.graph.explain import Explanation, explain
from hwgen.graph.golden import Sentences
from hwgen.model import Model
from hwgen.places import BAUD, GOLDEN, RTL, TOO_FAST, board, circuit, difference, place
from hwgen.progress import SILENT, Progress
from hwgen.text.shown import shown

SHOWN = 3
"""Windows of words named in an answer."""

Reply = tuple[int, list[int], int | None]
"""The class; every class's score; the cycles from the first token in to the class out, where a simulation counts."""


@dataclass(frozen=True)
class Answer:
    """One sentence's class, and why.

    Attributes:
        label: name of the class.
        runner_up: name of the second-best class.
        margin: distance between their scores.
        scores: of every class, as integers.
        evidence: the words of each deciding window, and what it added to the margin.
        cycles: of the simulated circuit, from the first token in to the class out; None elsewhere.
    """

    label: str
    runner_up: str
    margin: float
    scores: tuple[int, ...]
    evidence: tuple[tuple[str, float], ...]
    cycles: int | None = None

    def line(self) -> Text:
        """For people."""
        reasons = [
            Text.assemble(f"{shown(words)} ", (f"{weight:+.2f}", "dim")) for words, weight in self.evidence[:SHOWN]
        ]
        line = Text.assemble((shown(self.label), "bold"), f"  margin {self.margin:.2f}  ", Text(", ").join(reasons))
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
        } | ({} if self.cycles is None else {"cycles": self.cycles})


@contextmanager
def classifier(
    model: Model, on: str, baud: int = BAUD, progress: Progress = SILENT
) -> Iterator[Callable[[str | bytes], Answer]]:
    """What answers a text at a time; where it runs is open until the block ends.

    Args:
        on: "golden", "rtl" (the spatial circuit, compiled), or a serial port.
        baud: rate of the port.
        progress: told of what takes long before the first answer.

    Raises:
        HwgenError: when the board cannot be reached or holds another model; from an answer, when it is not the golden
            model's.
    """
    chosen = place(on)
    advice = "" if chosen == RTL else TOO_FAST
    with ExitStack() as stack:
        ask = _asked(model, chosen, baud, progress, stack)

        def answer(text: str | bytes) -> Answer:
            tokens = model.vocabulary.encode(text)
            explanation = explain(model.graph, tokens)
            expected = explanation.label, list(explanation.scores)
            label, scores, cycles = ask(tokens) if ask else (*expected, None)
            if (label, scores) != expected:
                raise difference(on, text, (label, scores), expected, advice)
            return _answer(model, text, explanation, cycles)

        yield answer


def answers(
    model: Model, texts: Iterable[str | bytes], on: str, baud: int = BAUD, progress: Progress = SILENT
) -> Iterator[Answer]:
    """Classify each text as it comes; see `classifier`."""
    with classifier(model, on, baud, progress) as answer:
        yield from map(answer, texts)


def _asked(
    model: Model, chosen: str, baud: int, progress: Progress, stack: ExitStack
) -> Callable[[list[int]], Reply] | None:
    """What replies to a sentence; None where the golden model's own are all there is."""
    if chosen == GOLDEN:
        return None
    if chosen == RTL:
        compiled = circuit(model, progress)

        def simulated(tokens: list[int]) -> Reply:
            results = compiled.run(Sentences.of([tokens]))
            return int(results.labels[0]), results.scores[0].tolist(), int(results.left[0] - results.first[0])

        return simulated
    client = stack.enter_context(board(model, chosen, baud))
    return lambda tokens: (*client.classify(tokens), None)


def _answer(model: Model, text: str | bytes, explanation: Explanation, cycles: int | None) -> Answer:
    return Answer(
        model.labels[explanation.label],
        model.labels[explanation.runner_up],
        explanation.margin,
        explanation.scores,
        tuple(
            (model.vocabulary.phrase(text, each.start, each.end) or "(empty)", each.weight)
            for each in explanation.evidence
        ),
        cycles,
    )
