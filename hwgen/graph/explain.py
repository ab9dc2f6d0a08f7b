"""Which words decided: the stretches of text that moved the margin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.golden import Sentences, classes, trace
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.graph.hypervector import BOUNDARY
from hwgen.graph.tensor import Integers


@dataclass(frozen=True)
class Evidence:
    """One stretch of the text.

    Attributes:
        start, end: its tokens, ``start <= t < end``; clipped to the text.
        weight: what it adds to the margin between the winner and the runner-up, in score units; negative when it
            speaks for the runner-up.
    """

    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Explanation:
    """The answer to one text.

    Attributes:
        label, runner_up: numbers of the best and the second-best class.
        margin: difference of their scores, in score units.
        evidence: stretches by falling absolute weight.
        scores: of every class, as integers.
    """

    label: int
    runner_up: int
    margin: float
    evidence: tuple[Evidence, ...]
    scores: tuple[int, ...]


def explain(graph: Graph, tokens: list[int]) -> Explanation:
    """Trace one text and say what decided."""
    sentence = Sentences.of([tokens])
    outputs = trace(graph, sentence)
    scores = outputs[-1][0]
    label = int(classes(scores[None])[0])
    others = scores.copy()
    others[label] = np.iinfo(np.int64).min
    runner_up = int(others.argmax())
    unit = 2.0**graph.score_exponent
    evidence = [
        Evidence(start, end, weight * unit)
        for start, end, weight in _evidence(graph, tokens, outputs, label, runner_up)
    ]
    evidence.sort(key=lambda item: (-abs(item.weight), item.start, item.end))
    margin = float(scores[label] - scores[runner_up]) * unit
    return Explanation(label, runner_up, margin, tuple(evidence), tuple(scores.tolist()))


@singledispatch
def _evidence(
    graph: Graph, tokens: list[int], outputs: list[Integers], label: int, runner_up: int
) -> list[tuple[int, int, float]]:
    """Start, end and weight of every stretch that says anything."""
    raise TypeError(f"no explanation for {type(graph).__name__}")


@_evidence.register
def _(
    graph: ConvolutionGraph, tokens: list[int], outputs: list[Integers], label: int, runner_up: int
) -> list[tuple[int, int, float]]:
    """Each filter's contribution goes to the first window where it reached its maximum.

    With the difference of the biases, the windows add up to the margin.
    """
    activations, features = outputs[2], outputs[3][0]
    contributions = (graph.dense.weights[label] - graph.dense.weights[runner_up]) * features
    peaks = activations.argmax(axis=0)
    widths = np.concatenate([np.full(len(kernel), kernel.shape[1]) for kernel in graph.convolution.kernels])
    windows: dict[tuple[int, int], float] = {}
    for contribution, peak, width in zip(contributions, peaks, widths, strict=True):
        if contribution:
            window = (max(int(peak) - int(width) + 1, 0), int(peak) + 1)
            windows[window] = windows.get(window, 0.0) + float(contribution)
    return [(start, end, weight) for (start, end), weight in windows.items()]


@_evidence.register
def _(
    graph: HypervectorGraph, tokens: list[int], outputs: list[Integers], label: int, runner_up: int
) -> list[tuple[int, int, float]]:
    """Each word's weight is what the margin loses when the word is left out."""
    symbols = graph.hypervector.symbols[np.array(tokens, dtype=np.int64)][: graph.hypervector.longest]
    inside = np.concatenate([[False], symbols != BOUNDARY, [False]])
    starts, ends = (np.flatnonzero(edge) for edge in (~inside[:-1] & inside[1:], inside[:-1] & ~inside[1:]))
    if not starts.size:
        return []
    blank = int(np.flatnonzero(graph.hypervector.symbols == BOUNDARY)[0])
    without = [
        [blank if start <= place < end else token for place, token in enumerate(tokens)]
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    ]
    margins = trace(graph, Sentences.of(without))[-1] @ _difference(graph.classes, label, runner_up)
    whole = int(outputs[-1][0] @ _difference(graph.classes, label, runner_up))
    return [
        (start, end, float(whole - margin))
        for start, end, margin in zip(starts.tolist(), ends.tolist(), margins.tolist(), strict=True)
        if whole != margin
    ]


@_evidence.register
def _(
    graph: EnsembleGraph, tokens: list[int], outputs: list[Integers], label: int, runner_up: int
) -> list[tuple[int, int, float]]:
    """Each member that voted for the class, or for the runner-up, shares its votes out among its own stretches."""
    shared: dict[tuple[int, int], float] = {}
    for member, votes in zip(graph.vote.members, graph.vote.votes.tolist(), strict=True):
        explanation = explain(member, tokens)
        if explanation.label not in (label, runner_up):
            continue
        whole = sum(abs(each.weight) for each in explanation.evidence) or 1.0  # where nothing weighs anything
        for each in explanation.evidence:
            share = votes * each.weight / whole * (1 if explanation.label == label else -1)
            shared[each.start, each.end] = shared.get((each.start, each.end), 0.0) + share
    return [(start, end, weight) for (start, end), weight in shared.items()]


def _difference(classes: int, label: int, runner_up: int) -> Integers:
    """What turns scores into the margin."""
    signs = np.zeros(classes, dtype=np.int64)
    signs[label], signs[runner_up] = 1, -1
    return signs
