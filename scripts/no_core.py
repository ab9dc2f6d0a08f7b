"""A shell whose core is left out, to measure the rest of a design."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.graph.tensor import TensorType
from hwgen.rtl.line.baud import Baud
from hwgen.rtl.streams import result_stream, token_stream

VOCABULARY, BAUD, IDLE, DIGEST = 8192, Baud(Fraction(12_000_000), 1_000_000), 600_000, bytes(range(8))


class NoCore(wiring.Component):
    """Stands in a core's place in a shell; its streams become ports of the whole."""

    tokens_per_cycle = 1.0
    stored = None

    def __init__(self, scores: TensorType) -> None:
        self.graph, self.scores = SimpleNamespace(vocabulary=VOCABULARY, classes=scores.channels), scores
        super().__init__({"tokens": In(token_stream(VOCABULARY)), "results": Out(result_stream(scores))})

    def elaborate(self, platform: object) -> Module:
        return Module()


def scores_of(classes: int, bits: int) -> TensorType:
    """Type of signed scores of so many bits."""
    limit = 1 << bits - 1
    return TensorType(np.full(classes, -limit), np.full(classes, limit - 1), per_token=False)
