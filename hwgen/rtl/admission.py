"""Room for every result before its sentence is let in."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from hwgen.graph.tensor import TensorType
from hwgen.rtl.streams import result_stream, token_stream


class Admission(wiring.Component):
    """Lets a sentence in only while the result buffer has a place for its result.

    So the buffer's input is always ready, nothing inside the core ever stalls for its reader, and synthesis strips
    the enables from thousands of registers. Results leave in order, one cycle or more after they arrive.

    Costs a counter and ``depth`` results of memory: with 32 results of two 14-bit scores 87 LUTs and two block RAMs on
    iCE40, 197 LUTs on ECP5. `depth` above the core's latency in cycles by two lets even one-token sentences follow
    each other without a bubble.

    Ports:
        tokens, admitted: `token_stream` from outside and on into the core; no added latency.
        finished, results: `result_stream` from the core and out to the reader.
    """

    def __init__(self, vocabulary: int, scores: TensorType, *, depth: int) -> None:
        self.depth = depth
        super().__init__(
            {
                "tokens": In(token_stream(vocabulary)),
                "admitted": Out(token_stream(vocabulary)),
                "finished": In(result_stream(scores)),
                "results": Out(result_stream(scores)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        width = self.finished.payload.shape().size
        m.submodules.buffer = buffer = SyncFIFOBuffered(width=width, depth=self.depth)
        inside = Signal(range(self.depth + 1))
        admit, enter, leave = Signal(), Signal(), Signal()
        m.d.comb += [
            admit.eq(~self.tokens.payload.first | (inside != self.depth)),
            self.admitted.payload.eq(self.tokens.payload),
            self.admitted.valid.eq(self.tokens.valid & admit),
            self.tokens.ready.eq(self.admitted.ready & admit),
            enter.eq(self.tokens.valid & self.tokens.ready & self.tokens.payload.first),
            buffer.w_data.eq(self.finished.payload),
            buffer.w_en.eq(self.finished.valid),
            self.finished.ready.eq(1),
            self.results.payload.eq(buffer.r_data),
            self.results.valid.eq(buffer.r_rdy),
            buffer.r_en.eq(self.results.ready),
        ]
        # A place is counted free one cycle late, so that the reader's `ready` ends in a register.
        m.d.sync += [leave.eq(self.results.valid & self.results.ready), inside.eq(inside + enter - leave)]
        return m
