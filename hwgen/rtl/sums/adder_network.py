"""An adder graph as pipelined wires."""

from __future__ import annotations

from amaranth.hdl import C, Cat, Const, Module, Signal, Value

from hwgen.chips.cells.adders import Operand
from hwgen.chips.family import GENERIC, Family
from hwgen.graph.tensor import TensorType
from hwgen.rtl.pipeline import Pipeline, interval_shape
from hwgen.rtl.sums.adder_graph import Sum
from hwgen.rtl.sums.placement import Place, Placement


class AdderNetwork:
    """The sums of a graph in a pipeline, as a `Placement` says.

    A value of earlier tokens comes from registers that move with the tokens; the last token of a sentence clears them,
    which is the zero padding before the next. Every node is exactly as wide as its interval. Costs a cell per bit that
    is added up, and the registers.

    Attributes:
        roots: the values of the graph's rows, behind the last stage.
    """

    def __init__(
        self,
        m: Module,
        pipeline: Pipeline,
        placement: Placement,
        source: TensorType,
        inputs: list[Value],
        family: Family = GENERIC,
    ) -> None:
        graph = placement.graph
        self._m, self._pipeline, self._family = m, pipeline, family
        self._tokens: dict[int, tuple[Value, Value]] = {}
        self._values: list[dict[Place, Value]] = []
        lows, highs = graph.intervals(source)
        for node, stage in enumerate(placement.stages):
            if node < graph.inputs:
                result = inputs[node]
            else:
                each = graph.sums[node - graph.inputs]
                kept = {"keep": 1} if family.keeps_sums and len(each.operands) > 1 else {}
                result = Signal(interval_shape(lows[node], highs[node]), name=f"node_{node}", attrs=kept)
                m.d.comb += result.eq(self._sum(each, stage, len(result)))
            values = {(stage, 0): result}
            for place, before in placement.registers[node].items():
                name = f"node_{node}_at_{place[0]}_of_{place[1]}"
                if place[0] == before[0]:
                    values[place] = self._delayed(values[before], place[0], name)
                else:
                    values[place] = pipeline.register(values[before], name)
            self._values.append(values)
        final = placement.final
        self.roots = [self._values[root.node][final, root.delay] << root.shift for root in graph.roots]

    def _delayed(self, value: Value, stage: int, name: str) -> Signal:
        """`value` of one token before, and zero before the first: a node that holds a constant is a root as it is."""
        later = Signal(value.shape(), name=name, reset_less=stage > 0)
        clear, enable = self._token(stage)
        with self._m.If(clear):  # outside of the enable, so that the register's own reset serves for this, too
            self._m.d.sync += later.eq(0)
        with self._m.Elif(enable):
            self._m.d.sync += later.eq(value)
        return later

    def _token(self, stage: int) -> tuple[Value, Value]:
        """Of the registers that move with the tokens at a stage: clear, and enable."""
        if stage not in self._tokens:
            m, pipeline = self._m, self._pipeline
            ends = pipeline.valid[stage] & pipeline.last[stage]
            if stage:
                # Known a stage before, and true of a reset, so that a register by itself clears many others.
                before = pipeline.valid[stage - 1] & pipeline.last[stage - 1]
                ends = Signal(name=f"ends_{stage}", init=1)
                with m.If(pipeline.advance):
                    m.d.sync += ends.eq(before)
            clear, enable = Signal(name=f"clear_{stage}"), Signal(name=f"token_{stage}")
            m.d.comb += [enable.eq(pipeline.advance & pipeline.valid[stage]), clear.eq(pipeline.advance & ends)]
            self._tokens[stage] = clear, enable
        return self._tokens[stage]

    def _sum(self, each: Sum, stage: int, width: int) -> Value:
        """Bits below the first place with two operands pass; above it the operands are added up."""
        start = each.start
        passing: Value = C(each.constant & (1 << start) - 1, start)
        operands: list[Operand] = []
        for term in each.terms:
            value = self._values[term.node][stage, term.delay]
            if term.shift < start:
                low, value = _cut(value << term.shift, start)
                passing = passing | low
            else:
                value = value << term.shift - start
            operands.append(Operand(value, term.negate))
        if width <= start:  # what is added above cancels out
            return passing
        if each.constant >> start:
            operands.append(Operand(Const(each.constant >> start)))
        return Cat(passing, self._family.sum_of(self._m, operands, width - start))


def _cut(value: Value, place: int) -> tuple[Value, Value]:
    """The low `place` bits of `value`, which may itself have fewer, and what is above them."""
    shape = value.shape()
    missing = max(place - shape.width, 0)
    above = value[-1].replicate(missing) if shape.signed else C(0, missing)
    return Cat(value[:place], above), value >> place
