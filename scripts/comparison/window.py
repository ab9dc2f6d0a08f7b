"""The last tokens of a sentence side by side, for circuits that take a whole window at once."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.graph.tensor import Integers, TensorType
from hwgen.rtl.streams import vector_stream


def window_type(source: TensorType, taps: int) -> TensorType:
    """Intervals of ``taps * channels`` values, the newest token's first; before a sentence's first token are zeros."""
    lows = [source.low, *[source.low.clip(max=0)] * (taps - 1)]
    highs = [source.high, *[source.high.clip(min=0)] * (taps - 1)]
    return TensorType(np.concatenate(lows), np.concatenate(highs), source.per_token)


class WindowSums(wiring.Component):
    """``matrix @ window + constants`` for every token, at one token a clock; a subclass says how in `sums_of`.

    The tokens before this one stand in a delay line that moves with the tokens and is cleared by the last. The sink
    must always take what comes, as it does inside a core.

    Attributes:
        latency: cycles from a token to its sums.

    Ports:
        vectors: `vector_stream` of `source`.
        sums: `vector_stream` of the rows.
    """

    latency: int

    def __init__(self, matrix: Integers, constants: Integers, source: TensorType) -> None:
        self.matrix, self.constants, self.source = matrix, constants, source
        self.window = window_type(source, matrix.shape[1])
        weights = matrix.reshape(len(matrix), -1)
        positive, negative = np.maximum(weights, 0), np.minimum(weights, 0)
        low, high = self.window.low, self.window.high
        self.kind = TensorType(
            (positive * low + negative * high).sum(axis=1) + constants,
            (positive * high + negative * low).sum(axis=1) + constants,
            source.per_token,
        )
        super().__init__({"vectors": In(vector_stream(source)), "sums": Out(vector_stream(self.kind))})

    def sums_of(self, m: Module, window: list[Value]) -> list[Value]:
        """The rows, `latency` cycles behind the values of a window."""
        raise NotImplementedError

    def elaborate(self, platform: object) -> Module:
        m = Module()
        given = self.vectors.payload
        m.d.comb += self.vectors.ready.eq(1)
        line: list[Value] = [given.values[channel] for channel in range(self.source.channels)]
        window = list(line)
        for age in range(1, self.matrix.shape[1]):
            later = [Signal.like(value, name=f"token_{age}_{i}") for i, value in enumerate(line)]
            with m.If(self.vectors.valid & given.last):
                m.d.sync += [signal.eq(0) for signal in later]
            with m.Elif(self.vectors.valid):
                m.d.sync += [signal.eq(value) for signal, value in zip(later, line, strict=True)]
            line = list(later)
            window += line
        marks: list[Value] = [self.vectors.valid, given.first, given.last]
        for stage in range(self.latency):
            names = (f"{name}_{stage}" for name in ("valid", "first", "last"))
            later = [Signal(name=name) for name in names]
            m.d.sync += [signal.eq(mark) for signal, mark in zip(later, marks, strict=True)]
            marks = list(later)
        sums = self.sums_of(m, window)
        m.d.comb += [
            self.sums.valid.eq(marks[0]),
            self.sums.payload.first.eq(marks[1]),
            self.sums.payload.last.eq(marks[2]),
            *(value.eq(sum_) for value, sum_ in zip(self.sums.payload.values, sums, strict=True)),
        ]
        return m
