"""What frames are made of on either side of the parser; `docs/protocol.md` is the specification."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.crc import Processor, catalog
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hwgen.wire import ESCAPE, ESCAPE_FLIP, Kind, Status

SYMBOL = data.StructLayout({"byte": 8, "sync": 1})
"""A byte of a frame, or (`sync`) the mark that starts one; the byte is then of no meaning."""

ORDER = data.StructLayout(
    {
        "status": unsigned(bits_for(max(Status))),
        "kind": unsigned(bits_for(max(Kind))),
        "sequence": unsigned(8),
        "has_result": 1,
    }
)
"""One request's outcome, on its way to the reply. `has_result`: the core was given a sentence for it, so one result
belongs to it, wanted or not."""


def crc() -> Processor:
    """CRC-16/CCITT-FALSE over bytes: polynomial 0x1021, initial value 0xFFFF."""
    return catalog.CRC16_IBM_3740(data_width=8).create()


class Unstuffer(wiring.Component):
    """Takes byte stuffing out: after `sync`, which is never data, a frame starts, whatever came before.

    Latency 1 cycle, initiation interval 1. Costs 11 LUTs and 11 flip-flops on iCE40.

    Ports:
        bytes: as received.
        symbols: `SYMBOL`.
    """

    def __init__(self, sync: int) -> None:
        self.sync = sync
        super().__init__({"bytes": In(stream.Signature(8)), "symbols": Out(stream.Signature(SYMBOL))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        escaped = Signal()
        byte, symbol = self.bytes.payload, self.symbols.payload
        m.d.comb += self.bytes.ready.eq(~self.symbols.valid | self.symbols.ready)
        with m.If(self.bytes.ready):
            starts, escapes = byte == self.sync, (byte == ESCAPE) & ~escaped
            m.d.sync += [
                self.symbols.valid.eq(self.bytes.valid & (starts | ~escapes)),
                symbol.sync.eq(starts),
                symbol.byte.eq(byte ^ Mux(escaped, ESCAPE_FLIP, 0)),
            ]
            with m.If(self.bytes.valid):
                m.d.sync += escaped.eq(escapes)
        return m


class Stuffer(wiring.Component):
    """Puts byte stuffing in.

    No latency; initiation interval 1 cycle, 2 for a byte that must be escaped. Costs 20 LUTs and a
    flip-flop on iCE40.

    Ports:
        symbols: `SYMBOL`.
        bytes: to send.
    """

    def __init__(self, sync: int) -> None:
        self.sync = sync
        super().__init__({"symbols": In(stream.Signature(SYMBOL)), "bytes": Out(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        symbol = self.symbols.payload
        escaped, escape = Signal(), Signal()
        special = (symbol.byte == self.sync) | (symbol.byte == ESCAPE)
        m.d.comb += [
            escape.eq(special & ~symbol.sync & ~escaped),
            self.bytes.valid.eq(self.symbols.valid),
            self.bytes.payload.eq(symbol.byte ^ Mux(escaped, ESCAPE_FLIP, 0)),
            self.symbols.ready.eq(self.bytes.ready & ~escape),
        ]
        with m.If(symbol.sync):
            m.d.comb += self.bytes.payload.eq(self.sync)
        with m.Elif(escape):
            m.d.comb += self.bytes.payload.eq(ESCAPE)
        with m.If(self.bytes.valid & self.bytes.ready):
            m.d.sync += escaped.eq(escape)
        return m
