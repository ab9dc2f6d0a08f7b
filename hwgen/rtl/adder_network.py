"""An adder graph as pipelined wires."""

from __future__ import annotations

from amaranth.hdl import C, Cat, Const, Module, Signal, Value

from hwgen.graph.tensor import TensorType
from hwgen.rtl.adder_graph import AdderGraph, Sum
from hwgen.rtl.pipeline import Pipeline, interval_shape
from hwgen.rtl.ternary_adder import Operand, sum_of


def stages_of(graph: AdderGraph, adders_per_stage: int) -> int:
    """Registers between the inputs and the roots, one or more: one after every `adders_per_stage` adders."""
    return max(-(-graph.depth // adders_per_stage), 1)


def arity_of(family: str | None) -> int:
    """Operands an adder of a family's cells may have: six-input tables add three as cheaply as two."""
    return 3 if family == "xilinx" else 2


class AdderNetwork:
    """Places the sums of a graph into a pipeline, each on the stage its depth asks for.

    A sum of depth d belongs to stage ``(d - 1) // adders_per_stage``; its result is registered when it crosses into the
    next stage, and once more for every further stage it is needed at. A value of earlier tokens comes from registers
    that move with the tokens; the last token of a sentence clears them, which is the zero padding before the next.
    Every node is exactly as wide as its interval. Costs a cell per bit that is added up, and the registers.

    Attributes:
        roots: the values of the graph's rows, behind the last stage.
    """

    def __init__(
        self,
        m: Module,
        pipeline: Pipeline,
        graph: AdderGraph,
        source: TensorType,
        inputs: list[Value],
        adders_per_stage: int,
        family: str | None = None,
    ) -> None:
        self._m, self._pipeline, self._graph, self._family = m, pipeline, graph, family
        self._per_stage = adders_per_stage
        self._tokens: dict[int, tuple[Value, Value]] = {}
        self._constants = graph.forms[1].tolist()
        lows, highs = graph.intervals(source)
        # The value of each node at the stage where it arises, of this token; all others are added on demand.
        self._at: list[dict[tuple[int, int], Value]] = [{(0, 0): value} for value in inputs]
        # Synthesis would merge adders without a register between them into carry-save trees, which are larger.
        kept = {"keep": 1} if family and arity_of(family) == 2 else {}
        for node, each in enumerate(graph.sums, start=graph.inputs):
            stage = self._stage(node)
            result = Signal(interval_shape(lows[node], highs[node]), name=f"node_{node}", attrs=kept)
            m.d.comb += result.eq(self._sum(each, stage, len(result)))
            self._at.append({(stage, 0): result})
        final = stages_of(graph, adders_per_stage)
        self.roots = [self._value(root.node, final, root.delay) << root.shift for root in graph.roots]

    def _stage(self, node: int) -> int:
        return max(self._graph.depths[node] - 1, 0) // self._per_stage

    def _value(self, node: int, stage: int, delay: int) -> Value:
        known = self._at[node]
        if (stage, delay) not in known:
            name = f"node_{node}_at_{stage}_of_{delay}"
            # Behind a stage that has it already, or else behind the token after it.
            if delay and (stage - 1, delay) not in known:
                known[stage, delay] = self._delayed(self._value(node, stage, delay - 1), stage, node, name)
            else:
                known[stage, delay] = self._pipeline.register(self._value(node, stage - 1, delay), name)
        return known[stage, delay]

    def _delayed(self, value: Value, stage: int, node: int, name: str) -> Signal:
        """`value` of one token before; of inputs that are all zero before the first."""
        constant = self._constants[node]
        later = Signal(value.shape(), name=name, init=constant)
        clear, enable = self._token(stage)
        with self._m.If(clear):  # outside of the enable, so that the register's own reset serves for this, too
            self._m.d.sync += later.eq(constant)
        with self._m.Elif(enable):
            self._m.d.sync += later.eq(value)
        return later

    def _token(self, stage: int) -> tuple[Value, Value]:
        """Of the registers that move with the tokens at a stage: clear, and enable."""
        if stage not in self._tokens:
            clear, enable = Signal(name=f"clear_{stage}"), Signal(name=f"token_{stage}")
            self._m.d.comb += [
                enable.eq(self._pipeline.advance & self._pipeline.valid[stage]),
                clear.eq(enable & self._pipeline.last[stage]),
            ]
            self._tokens[stage] = clear, enable
        return self._tokens[stage]

    def _sum(self, each: Sum, stage: int, width: int) -> Value:
        """Bits below the first place with two operands pass; above it the operands are added up."""
        start = each.start
        passing: Value = C(each.constant & (1 << start) - 1, start)
        operands: list[Operand] = []
        for term in each.terms:
            value = self._value(term.node, stage, term.delay)
            if term.shift < start:
                low, value = _cut(value << term.shift, start)
                passing = passing | low
            else:
                value = value << term.shift - start
            operands.append(Operand(value, term.negate))
        if each.constant >> start:
            operands.append(Operand(Const(each.constant >> start)))
        return Cat(passing, sum_of(self._m, operands, width - start, self._family))


def _cut(value: Value, place: int) -> tuple[Value, Value]:
    """The low `place` bits of `value`, which may itself have fewer, and what is above them."""
    shape = value.shape()
    missing = max(place - shape.width, 0)
    above = value[-1].replicate(missing) if shape.signed else C(0, missing)
    return Cat(value[:place], above), value >> place
