"""The winning class."""

from __future__ import annotations

from amaranth.hdl import Const, Module, Mux, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for, ceil_log2

from hwgen.graph.tensor import TensorType
from hwgen.rtl.pipeline import Pipeline
from hwgen.rtl.streams import result_stream, vector_stream


class Argmax(wiring.Component):
    """Equals `hwgen.graph.golden.classes`: the first of the greatest scores.

    A tree of comparisons, one level per stage. Latency ``ceil(log2(classes))`` cycles, initiation interval 1. Costs
    ``classes - 1`` comparators and multiplexers, and the scores in registers once a level: on iCE40 31 LUTs and 30
    flip-flops for two classes of 14 bits, 6,423 and 19,251 for 150.

    Ports:
        scores: `vector_stream` of `source`.
        results: `result_stream`.
    """

    def __init__(self, source: TensorType) -> None:
        self.source = source
        self.latency = ceil_log2(source.channels)
        super().__init__({"scores": In(vector_stream(source)), "results": Out(result_stream(source))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pipeline = Pipeline(m, self.scores, self.results, self.latency)
        width = bits_for(self.source.channels - 1)
        scores: list[Value] = [self.scores.payload.values[label] for label in range(self.source.channels)]
        contenders = [(score, Const(label, width)) for label, score in enumerate(scores)]
        for level in range(1, self.latency + 1):
            scores = [pipeline.register(score, f"score_{label}_at_{level}") for label, score in enumerate(scores)]
            winners = []
            for index in range(0, len(contenders), 2):
                pair = contenders[index : index + 2]
                score, label = pair[0]
                if len(pair) == 2:
                    later_wins = pair[1][0] > score
                    score, label = Mux(later_wins, pair[1][0], score), Mux(later_wins, pair[1][1], label)
                winners.append(
                    (
                        pipeline.register(score, f"winner_{index // 2}_at_{level}"),
                        pipeline.register(label, f"label_{index // 2}_at_{level}"),
                    )
                )
            contenders = winners
        m.d.comb += self.results.payload.label.eq(contenders[0][1])
        for label, score in enumerate(scores):
            m.d.comb += self.results.payload.scores[label].eq(score)
        return m
