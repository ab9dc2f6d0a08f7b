"""The core behind AXI4-Stream ports."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.rtl.core import Core

SCORE_BITS = 32


class AxiCore(wiring.Component):
    """A `Core` with an AXI4-Stream slave for tokens and a master for results.

    A sentence is one packet: a token number per beat, ``tlast`` on the last; an empty sentence is one beat with token
    0. A result is one packet: the class number in its first beat, then one score per beat, sign-extended to 32 bits,
    ``tlast`` on the last score. Token data are 16 bits, result data 32.

    Adds one cycle of latency and ``1 + classes`` cycles per sentence at the output, beside the core's own cost: one
    register and one shift register of scores.

    Ports:
        s_axis_t*, m_axis_t*: as named by AXI4-Stream. Clock and reset are `clk` and the active-high `rst`.
    """

    def __init__(self, core: Core) -> None:
        self.core = core
        super().__init__(
            {
                "s_axis_tdata": In(16),
                "s_axis_tvalid": In(1),
                "s_axis_tready": Out(1),
                "s_axis_tlast": In(1),
                "m_axis_tdata": Out(SCORE_BITS),
                "m_axis_tvalid": Out(1),
                "m_axis_tready": In(1),
                "m_axis_tlast": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.core = core = self.core
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
        words = Signal(beats * SCORE_BITS)
        left = Signal(range(beats + 1))
        signed_scores = [Signal(SCORE_BITS, name=f"score_{i}") for i in range(core.graph.classes)]
        for place, score in enumerate(signed_scores):
            m.d.comb += score.eq(results.payload.scores[place])
        m.d.comb += [
            results.ready.eq(left == 0),
            self.m_axis_tvalid.eq(left != 0),
            self.m_axis_tdata.eq(words[:SCORE_BITS]),
            self.m_axis_tlast.eq(left == 1),
        ]
        with m.If(results.valid & results.ready):
            label = Signal(SCORE_BITS)
            m.d.comb += label.eq(results.payload.label)
            m.d.sync += [words.eq(Cat(label, *signed_scores)), left.eq(beats)]
        with m.Elif(self.m_axis_tvalid & self.m_axis_tready):
            m.d.sync += [words.eq(Cat(words[SCORE_BITS:], Const(0, SCORE_BITS))), left.eq(left - 1)]
        return m
