"""Which values of an adder graph are kept, and where."""

from __future__ import annotations

from hwgen.graph.tensor import TensorType, width_of
from hwgen.rtl.sums.adder_graph import AdderGraph

Place = tuple[int, int]
"""Stage of the pipeline, and tokens of delay."""


class Placement:
    """The sums of a graph on the stages of a pipeline, and the registers between them.

    A sum of depth d belongs to stage ``(d - 1) // adders_per_stage``. Its value is kept in a register for every further
    stage it is needed at, and for every token of delay.

    Attributes:
        stages: of every node, the one where it arises.
        final: stage behind which the roots are ready; 1 or more.
        registers: of every node, by the place whose value each holds, the place it takes it from; in an order in which
            they can be made.
    """

    def __init__(self, graph: AdderGraph, adders_per_stage: int) -> None:
        self.graph = graph
        self.stages = [max(depth - 1, 0) // adders_per_stage for depth in graph.depths]
        self.final = max(-(-graph.depth // adders_per_stage), 1)
        self.registers: list[dict[Place, Place]] = [{} for _ in self.stages]
        for node, each in enumerate(graph.sums, start=graph.inputs):
            for term in each.terms:
                self._need(term.node, (self.stages[node], term.delay))
        for root in graph.roots:
            self._need(root.node, (self.final, root.delay))

    def flip_flops(self, source: TensorType) -> int:
        """Bits of all registers."""
        lows, highs = self.graph.intervals(source)
        widths = [width_of(int(low), int(high))[0] for low, high in zip(lows, highs, strict=True)]
        return sum(width * len(own) for width, own in zip(widths, self.registers, strict=True))

    def _need(self, node: int, place: Place) -> None:
        known, (stage, delay) = self.registers[node], place
        if place == (self.stages[node], 0) or place in known:
            return
        # Behind a stage that has it already, or else behind the token after it.
        before = (stage, delay - 1) if delay and (stage - 1, delay) not in known else (stage - 1, delay)
        self._need(node, before)
        known[place] = before
