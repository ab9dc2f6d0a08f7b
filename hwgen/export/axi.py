"""The core behind AXI4-Stream ports."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.graph.graph import Graph
from hwgen.rtl.core import Core
from hwgen.rtl.table.rom import PackedRom


@dataclass(frozen=True)
class Widths:
    """Bits of the data ports: 16 for tokens and 32 for results, or twice as many where these do not hold them all."""

    tokens: int
    results: int

    @classmethod
    def of(cls, graph: Graph) -> Widths:
        """The widths that hold every token of a graph, and every score that its weights can make."""
        scores = graph.types()[-1]
        signed = scores.width + (not scores.signed)
        return cls(16 if graph.vocabulary <= 1 << 16 else 32, 32 if signed <= 32 else 64)

    @property
    def ports(self) -> dict[str, wiring.Member]:
        """A slave for tokens and a master for results."""
        return {
            "s_axis_tdata": In(self.tokens),
            "s_axis_tvalid": In(1),
            "s_axis_tready": Out(1),
            "s_axis_tlast": In(1),
            "m_axis_tdata": Out(self.results),
            "m_axis_tvalid": Out(1),
            "m_axis_tready": In(1),
            "m_axis_tlast": Out(1),
        }


class AxiCore(wiring.Component):
    """A `Core` with an AXI4-Stream slave for tokens and a master for results.

    A sentence is one packet: a token number per beat, ``tlast`` on the last; an empty sentence is one beat with token
    0. A result is one packet: the class number in its first beat, then one score per beat, sign-extended, ``tlast``
    on the last score. `Widths` says how wide the data are.

    Adds one cycle of latency and ``1 + classes`` cycles per sentence at the output, beside the core's own cost: one
    register and one shift register of scores.

    Ports:
        s_axis_t*, m_axis_t*: as named by AXI4-Stream. Clock and reset are `clk` and the active-high `rst`.
        table: the core's, if it has one.
    """

    def __init__(self, core: Core) -> None:
        self.core, self.widths = core, Widths.of(core.graph)
        super().__init__(self.widths.ports | {name: core.signature.members[name] for name in _table(core)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.core = core = self.core
        for name in _table(core):
            connect(m, getattr(core, name), flipped(getattr(self, name)))
        first = Signal(init=1)
        tokens, results = core.tokens, core.results
        with m.If(self.s_axis_tvalid & self.s_axis_tready):
            m.d.sync += first.eq(self.s_axis_tlast)
        m.d.comb += [
            tokens.payload.token.eq(self.s_axis_tdata),
            tokens.payload.first.eq(first),
            tokens.payload.last.eq(self.s_axis_tlast),
            tokens.valid.eq(self.s_axis_tvalid),
            self.s_axis_tready.eq(tokens.ready),
        ]

        # The words still to go, the next one lowest.
        beats = 1 + core.graph.classes
        bits = self.widths.results
        words = Signal(beats * bits)
        left = Signal(range(beats + 1))
        signed_scores = [Signal(bits, name=f"score_{i}") for i in range(core.graph.classes)]
        for place, score in enumerate(signed_scores):
            m.d.comb += score.eq(results.payload.scores[place])
        m.d.comb += [
            results.ready.eq(left == 0),
            self.m_axis_tvalid.eq(left != 0),
            self.m_axis_tdata.eq(words[:bits]),
            self.m_axis_tlast.eq(left == 1),
        ]
        with m.If(results.valid & results.ready):
            label = Signal(bits)
            m.d.comb += label.eq(results.payload.label)
            m.d.sync += [words.eq(Cat(label, *signed_scores)), left.eq(beats)]
        with m.Elif(self.m_axis_tvalid & self.m_axis_tready):
            m.d.sync += [words.eq(Cat(words[bits:], Const(0, bits))), left.eq(left - 1)]
        return m


class AxiCores(wiring.Component):
    """`AxiCore`s side by side that read one embedding table: as many tokens a clock as there are.

    Block RAMs have two ports, so a second core needs no second table.

    Ports:
        s0_axis_t*, m0_axis_t*, s1_axis_t*, ...: an `AxiCore`'s, each with its number.
    """

    def __init__(self, cores: list[Core], table: PackedRom) -> None:
        """
        Args:
            cores: with their table outside.
            table: with as many readers.
        """
        self.cores, self.table = [AxiCore(core) for core in cores], table
        self.widths = self.cores[0].widths
        ports = self.widths.ports
        super().__init__({numbered(name, i): port for i in range(len(cores)) for name, port in ports.items()})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.table = self.table
        for number, core in enumerate(self.cores):
            m.submodules[f"core_{number}"] = core
            connect(m, core.table, self.table.readers[number])
            for name, port in self.widths.ports.items():
                inner, outer = getattr(core, name), getattr(self, numbered(name, number))
                m.d.comb += inner.eq(outer) if port.flow == In else outer.eq(inner)
        return m


def numbered(name: str, stream: int) -> str:
    """A port's name with the number of its stream."""
    return f"{name[0]}{stream}{name[1:]}"


def _table(core: Core) -> list[str]:
    return [name for name in core.signature.members if name == "table"]
