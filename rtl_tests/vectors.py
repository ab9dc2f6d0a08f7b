"""Golden tensors as stream beats."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwgen.graph.golden import Sentences
from hwgen.graph.tensor import Integers, TensorType
from rtl_tests.stream_bench import beat


def vector_beats(stream: Any, values: Integers, sentences: Sentences, *, per_token: bool) -> list[int]:
    """Beats of a `vector_stream` that carry `values`, one row each."""
    if not per_token:
        return [beat(stream, values=row, first=1, last=1) for row in values.tolist()]
    ends = np.zeros(len(values), dtype=int)
    ends[sentences.starts + sentences.lengths - 1] = 1
    return [
        beat(stream, values=row, first=int(position == 0), last=int(end))
        for row, position, end in zip(values.tolist(), sentences.positions, ends, strict=True)
    ]


def token_beats(stream: Any, sentences: Sentences) -> list[int]:
    """Beats of a `token_stream`."""
    ends = set((sentences.starts + sentences.lengths - 1).tolist())
    return [
        beat(stream, token=token, first=int(position == 0), last=int(place in ends))
        for place, (token, position) in enumerate(
            zip(sentences.tokens.tolist(), sentences.positions.tolist(), strict=True)
        )
    ]


def extremes(random: np.random.Generator, kind: TensorType, rows: int) -> Integers:
    """Random rows inside `kind`; the first two are all lows and all highs, a third of the rest sits on a limit."""
    values = random.integers(kind.low, kind.high + 1, (rows, kind.channels))
    limit = np.where(random.random(values.shape) < 0.5, kind.low, kind.high)
    values = np.where(random.random(values.shape) < 0.33, limit, values)
    values[0], values[1] = kind.low, kind.high
    return values
