"""A few sentences with what the model says of them, and the words that decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from hwgen.graph import golden
from hwgen.graph.explain import Explanation, explain
from hwgen.model import Model
from hwgen.text.vocabulary import Vocabulary
from hwgen.text.words import tokenise

Row = tuple[str, str]
"""Label and text."""
_REVIEWS = (
    "a moving , funny film with a superb cast",
    "the plot is thin and the jokes are stale",
    "not a bad word can be said about the music",
    "i wanted to like it , but two hours of this is too long",
    "a clever script , let down by a dull ending",
    "never boring",
)
_REQUESTS = (
    "play some jazz by miles davis",
    "book a table for four in boston at seven tonight",
    "will it rain in paris tomorrow morning",
    "add this song to my running playlist",
    "i give this novel four out of five stars",
    "where can i see a science fiction movie near here",
)
_QUESTIONS = (
    "who wrote the first dictionary",
    "what is the capital of iceland",
    "how many bones does a horse have",
    "how do i update my browser to the newest version",
    "why does the sky turn red in the evening",
    "when does the next train to the airport leave",
)
OURS = (_REVIEWS, _REQUESTS, _QUESTIONS)
"""Sentences of our own; a model is shown those of whose words it knows most."""
FEW = 6
"""Sentences that are shown."""
MOST_ROWS = 500
"""Of a data set, the first that examples are chosen from."""
_SHADES = 4
"""Of a word's ground, beside none."""


@dataclass(frozen=True)
class Stretch:
    """Words of an example that weigh alike.

    Attributes:
        text: the words.
        shade: -4 (speaks for the runner-up) .. 4 (speaks for the class).
    """

    text: str
    shade: int


@dataclass(frozen=True)
class Example:
    """A sentence and the answer to it.

    Attributes:
        stretches: the sentence, in order.
        label, runner_up: the best class and the next one.
        margin: between their scores.
        expected: what the data say it is; None where nothing does.
        reasons: words and what they add to the margin, the weightiest first.
    """

    stretches: tuple[Stretch, ...]
    label: str
    runner_up: str
    margin: float
    expected: str | None
    reasons: tuple[tuple[str, float], ...]


def examples(model: Model, rows: Sequence[Row] | None = None) -> list[Example]:
    """A few of `rows`: the surest and the closest right answers, and the surest wrong ones; or sentences of our own."""
    if not rows:
        return [example(model, text) for text in ours(model)]
    rows = rows[:MOST_ROWS]
    scores = golden.scores(model.graph, model.encode([text for _, text in rows]))
    best = golden.classes(scores)
    second, first = np.partition(scores, -2, axis=1)[:, -2:].T
    margins = first - second
    ordered = sorted(range(len(rows)), key=lambda place: -int(margins[place]))
    right = [place for place in ordered if model.labels[best[place]] == rows[place][0]]
    wrong = [place for place in ordered if model.labels[best[place]] != rows[place][0]]
    third = FEW // 3
    chosen = list(dict.fromkeys([*right[:third], *right[third:][-third:], *wrong[:third]]))
    return [example(model, rows[place][1], rows[place][0]) for place in chosen]


def example(model: Model, text: str, expected: str | None = None) -> Example:
    """One sentence, explained."""
    tokens = model.vocabulary.encode(text)
    explanation = explain(model.graph, tokens)
    phrase = model.vocabulary.phrase
    return Example(
        tuple(_stretches(model, text, len(tokens), explanation)),
        model.labels[explanation.label],
        model.labels[explanation.runner_up],
        explanation.margin,
        expected,
        tuple((phrase(text, each.start, each.end) or "(empty)", each.weight) for each in explanation.evidence),
    )


def _stretches(model: Model, text: str, tokens: int, explanation: Explanation) -> Iterator[Stretch]:
    """The words in order, those of one weight together; a window's weight is shared out among its words."""
    weights = np.zeros(tokens)
    for each in explanation.evidence:
        weights[each.start : each.end] += each.weight / (each.end - each.start)
    greatest = np.abs(weights).max(initial=0.0) or 1.0
    shades = np.rint(weights / greatest * _SHADES).astype(int).tolist()
    space = " " if isinstance(model.vocabulary, Vocabulary) else ""
    start = 0
    for shade, run in groupby(shades):
        end = start + len(list(run))
        yield Stretch(model.vocabulary.phrase(text, start, end) + space, shade)
        start = end


def ours(model: Model) -> tuple[str, ...]:
    """The sentences of our own that suit a model: those of whose words it knows most."""
    vocabulary = model.vocabulary
    if not isinstance(vocabulary, Vocabulary):
        return _REQUESTS
    return max(OURS, key=lambda texts: sum(word in vocabulary for text in texts for word in tokenise(text)))
