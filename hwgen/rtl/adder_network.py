"""An adder graph as pipelined wires."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import C, Cat, Module, Signal, Value

from hwgen.graph.tensor import TensorType
from hwgen.rtl.adder_graph import Adder, AdderGraph
from hwgen.rtl.pipeline import Pipeline, interval_shape


def stages_of(graph: AdderGraph, adders_per_stage: int) -> int:
    """Registers between the inputs and the roots: one after every `adders_per_stage` adders."""
    return -(-graph.depth // adders_per_stage)


@dataclass(frozen=True)
class Term:
    """What a root contributes to a sum: ``+-value``, or nothing when `value` is None."""

    value: Value | None
    negate: bool = False

    def added_to(self, total: Value) -> Value:
        if self.value is None:
            return total
        return total - self.value if self.negate else total + self.value


class AdderNetwork:
    """Places the adders of a graph into a pipeline, each on the stage its depth asks for.

    Adder of depth d belongs to stage ``(d - 1) // adders_per_stage``; its result is registered when it crosses
    into the next stage, and once more for every further stage it is needed at. Every node is exactly as wide as its
    interval. Costs one adder per node of the graph and the registers of the crossings.
    """

    def __init__(
        self,
        m: Module,
        pipeline: Pipeline,
        graph: AdderGraph,
        source: TensorType,
        inputs: list[Value],
        adders_per_stage: int,
    ) -> None:
        self._m, self._pipeline, self._graph = m, pipeline, graph
        self._per_stage = adders_per_stage
        self._final = stages_of(graph, adders_per_stage)
        lows, highs = graph.intervals(source)
        # The value of each node at the stage where it arises; later stages are added on demand.
        self._at: list[dict[int, Value]] = [{0: value} for value in inputs]
        for index, adder in enumerate(graph.adders):
            node = graph.inputs + index
            stage = self._stage(node)
            shape = interval_shape(lows[node], highs[node])
            result = Signal(shape, name=f"node_{node}")
            m.d.comb += result.eq(self._sum(adder, stage))
            self._at.append({stage: result})
        self.terms = [
            Term(None) if root.node is None else Term(self._value(root.node, self._final) << root.shift, root.negate)
            for root in graph.roots
        ]

    def _stage(self, node: int) -> int:
        return max(self._graph.depths[node] - 1, 0) // self._per_stage

    def _value(self, node: int, stage: int) -> Value:
        known = self._at[node]
        if stage not in known:
            known[stage] = self._pipeline.register(self._value(node, stage - 1), f"node_{node}_at_{stage}")
        return known[stage]

    def _sum(self, adder: Adder, stage: int) -> Value:
        left, right = self._value(adder.left, stage), self._value(adder.right, stage)
        if adder.left_shift == 0 and adder.right_shift > 0:
            # The low bits of `left` meet zeros: they pass, and the carry chain is that much shorter.
            low, high = _cut(left, adder.right_shift)
            total = high - right if adder.subtract else high + right
            return Cat(low, total)
        if adder.right_shift == 0 and adder.left_shift > 0 and not adder.subtract:
            low, high = _cut(right, adder.left_shift)
            return Cat(low, (left + high))
        left, right = left << adder.left_shift, right << adder.right_shift
        return left - right if adder.subtract else left + right


def _cut(value: Value, place: int) -> tuple[Value, Value]:
    """The low `place` bits of `value`, which may itself have fewer, and what is above them."""
    shape = value.shape()
    missing = max(place - shape.width, 0)
    above = value[-1].replicate(missing) if shape.signed else C(0, missing)
    return Cat(value[:place], above), value >> place
