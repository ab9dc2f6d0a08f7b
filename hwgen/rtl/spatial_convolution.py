"""Convolution with weights as wires: one token per clock."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.graph.nodes import Convolution
from hwgen.graph.tensor import Integers, TensorType
from hwgen.rtl.adder_graph import AdderGraph
from hwgen.rtl.adder_network import AdderNetwork, stages_of
from hwgen.rtl.pipeline import Pipeline, interval_shape
from hwgen.rtl.streams import vector_stream


class SpatialConvolution(wiring.Component):
    """Equals the golden function of `Convolution`, in transposed form.

    Each token meets every tap of every branch at once, as one constant matrix whose rows share sub-expressions. Tap j
    of a filter adds to the partial sum that tap j-1 left there one token ago; the last tap completes the window, so
    no window is ever stored. The token marked `last` clears the partial sums by the registers' own reset, which is
    the zero padding before the next sentence.

    Latency ``stages + 1`` cycles, where ``stages = ceil(adder depth / adders_per_stage)``; initiation interval 1.
    Costs the adders of the graph, one adder per further non-zero tap and a register per partial sum.

    Ports:
        vectors: `vector_stream` of `source`, one vector per token.
        sums: `vector_stream` of the accumulators, filters of all branches in order.
    """

    def __init__(self, node: Convolution, source: TensorType, *, adders_per_stage: int = 1) -> None:
        self.node, self.source = node, source
        self.adders_per_stage = adders_per_stage
        self.kind = node.output_type(source)
        self.graph = AdderGraph.solve(_tap_matrix(node), source)
        self.latency = stages_of(self.graph, adders_per_stage) + 1
        super().__init__({"vectors": In(vector_stream(source)), "sums": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pipeline = Pipeline(m, self.vectors, self.sums, self.latency)
        inputs: list[Value] = [self.vectors.payload.values[i] for i in range(self.source.channels)]
        terms = AdderNetwork(m, pipeline, self.graph, self.source, inputs, self.adders_per_stage).terms
        enable = Signal()
        m.d.comb += enable.eq(pipeline.advance & pipeline.valid[-2])
        low, high = np.minimum(self.source.low, 0), np.maximum(self.source.high, 0)
        row = filter_index = 0
        for kernel in self.node.kernels:
            for weights in kernel:
                partial: Value | None = None
                for tap, (least, greatest) in enumerate(_partial_intervals(weights, low, high)):
                    term, complete = terms[row + tap], tap == len(weights) - 1
                    if partial is None and term.value is None and not complete:
                        continue  # leading zero taps leave nothing to carry
                    total = term.added_to(0 if partial is None else partial)  # type: ignore[arg-type]
                    register = Signal(interval_shape(least, greatest), name=f"sum_{filter_index}_{tap}")
                    with m.If(enable):
                        m.d.sync += register.eq(total)
                        if not complete:
                            with m.If(pipeline.last[-2]):
                                m.d.sync += register.eq(0)
                    partial = register
                m.d.comb += self.sums.payload.values[filter_index].eq(partial)
                row += len(weights)
                filter_index += 1
        m.d.comb += [
            self.sums.payload.first.eq(pipeline.first[-1]),
            self.sums.payload.last.eq(pipeline.last[-1]),
        ]
        return m


def _tap_matrix(node: Convolution) -> Integers:
    """``(taps of all filters, channels)``: filter by filter, oldest tap first."""
    return np.concatenate([kernel.reshape(-1, node.channels) for kernel in node.kernels])


def _partial_intervals(weights: Integers, low: Integers, high: Integers) -> list[tuple[int, int]]:
    """Interval of the sum of taps ``0..j`` for each j; inputs may also be zero (before the sentence)."""
    lows = (np.maximum(weights, 0) @ low + np.minimum(weights, 0) @ high).cumsum()
    highs = (np.maximum(weights, 0) @ high + np.minimum(weights, 0) @ low).cumsum()
    return [(int(least), int(greatest)) for least, greatest in zip(lows, highs, strict=True)]
