"""Which words decided: the windows whose filters moved the margin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwgen.graph.golden import Sentences, classes, trace
from hwgen.graph.graph import Graph


@dataclass(frozen=True)
class Evidence:
    """One window of the sentence.

    Attributes:
        start, end: its tokens, ``start <= t < end``; clipped to the sentence.
        weight: what the filters that peaked there add to the margin between the winner and the runner-up, in score
            units; negative when they speak for the runner-up.
    """

    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Explanation:
    """The answer to one sentence.

    Attributes:
        label, runner_up: numbers of the best and the second-best class.
        margin: difference of their scores, in score units.
        evidence: windows by falling absolute weight; with the biases' difference they add up to the margin.
    """

    label: int
    runner_up: int
    margin: float
    evidence: tuple[Evidence, ...]


def explain(graph: Graph, tokens: list[int]) -> Explanation:
    """Trace one sentence; each filter's contribution goes to the first window where it reached its maximum."""
    sentence = Sentences.of([tokens])
    outputs = trace(graph, sentence)
    activations, features, scores = outputs[2], outputs[3][0], outputs[4][0]
    label = int(classes(scores[None])[0])
    others = scores.copy()
    others[label] = np.iinfo(np.int64).min
    runner_up = int(others.argmax())
    unit = 2.0**graph.score_exponent
    contributions = (graph.dense.weights[label] - graph.dense.weights[runner_up]) * features
    peaks = activations.argmax(axis=0)
    widths = np.concatenate([np.full(len(kernel), kernel.shape[1]) for kernel in graph.convolution.kernels])
    windows: dict[tuple[int, int], float] = {}
    for contribution, peak, width in zip(contributions, peaks, widths, strict=True):
        if contribution:
            window = (max(int(peak) - int(width) + 1, 0), int(peak) + 1)
            windows[window] = windows.get(window, 0.0) + float(contribution) * unit
    evidence = [Evidence(start, end, weight) for (start, end), weight in windows.items()]
    evidence.sort(key=lambda item: (-abs(item.weight), item.start, item.end))
    return Explanation(label, runner_up, float(scores[label] - scores[runner_up]) * unit, tuple(evidence))
