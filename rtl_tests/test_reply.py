"""Orders and results to reply frames, read back by the host's own parser."""

import struct
from random import Random
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.sim import Simulator

from hwgen.errors import HwgenError
from hwgen.graph.tensor import TensorType
from hwgen.host.protocol import Frame, FrameReader, Identity
from hwgen.rtl.line.frames import Stuffer
from hwgen.rtl.line.reply import ReplyBuilder
from hwgen.rtl.streams import result_stream
from hwgen.wire import REPLY_SYNC, Kind, Status

DIGEST = bytes.fromhex("5a7d a57d 5a00 0001")


class Stuffed(wiring.Component):
    """The builder before the component that puts byte stuffing in."""

    def __init__(self, scores: TensorType, vocabulary: int) -> None:
        self.builder = ReplyBuilder(scores, digest=DIGEST, vocabulary=vocabulary, window=512)
        super().__init__(
            {
                "orders": In(self.builder.orders.signature.flip()),
                "results": In(result_stream(scores)),
                "bytes": Out(stream.Signature(8)),
                "label": Out(len(self.builder.label)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.builder = builder = self.builder
        m.submodules.stuffer = stuffer = Stuffer(REPLY_SYNC)
        connect(m, flipped(self.orders), builder.orders)
        connect(m, flipped(self.results), builder.results)
        connect(m, builder.symbols, stuffer.symbols)
        connect(m, stuffer.bytes, flipped(self.bytes))
        m.d.comb += self.label.eq(builder.label)
        return m


@pytest.mark.parametrize(("classes", "bits"), [(2, 2), (2, 32), (3, 9), (8, 13), (150, 13), (300, 8)])
def test_replies_in_order(classes: int, bits: int) -> None:
    random = Random(classes)
    limit = 1 << bits - 1
    scores = TensorType(np.full(classes, -limit), np.full(classes, limit - 1), per_token=False)
    dut = Stuffed(scores, vocabulary=65_536)
    reader = FrameReader()
    replies: list[Frame] = []
    labels: list[int] = []
    extremes = [-limit, limit - 1]
    results = [
        (random.randrange(classes), [random.choice([*extremes, random.randrange(*extremes)]) for _ in range(classes)])
        for _ in range(4)
    ]
    # (sequence, status, identify, has_result)
    orders = [
        (1, Status.OK, 0, 1),
        (2, Status.OK, 1, 0),
        (3, Status.BAD_CRC, 0, 1),
        (4, Status.TIMEOUT, 0, 0),
        (5, Status.OK, 0, 1),
        (6, Status.BAD_KIND, 1, 0),
        (7, Status.OK, 0, 1),
    ]

    async def order(ctx: Any) -> None:
        for sequence, status, identify, has_result in orders:
            value = {
                "sequence": sequence, "kind": Kind(identify), "has_result": has_result, "status": status
            }  # fmt: skip
            ctx.set(dut.orders.payload, value)
            ctx.set(dut.orders.valid, 1)
            await ctx.tick().until(dut.orders.ready)
            ctx.set(dut.orders.valid, 0)
            await ctx.tick().repeat(random.randrange(1, 9))

    async def result(ctx: Any) -> None:
        for label, values in results:
            await ctx.tick().repeat(random.randrange(1, 60))
            ctx.set(dut.results.payload, {"label": label, "scores": values})
            ctx.set(dut.results.valid, 1)
            await ctx.tick().until(dut.results.ready)
            ctx.set(dut.results.valid, 0)

    async def receive(ctx: Any) -> None:
        while len(replies) < len(orders):
            ctx.set(dut.bytes.ready, random.random() < 0.6)
            _, _, got, byte = await ctx.tick().sample(dut.bytes.valid & dut.bytes.ready, dut.bytes.payload)
            if got:
                found = reader.feed(bytes([byte]))
                replies.extend(found)
                labels.extend(ctx.get(dut.label) for _ in found)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(order)
    simulator.add_testbench(result)
    simulator.add_testbench(receive)
    simulator.run()
    assert [(reply.sequence, reply.code) for reply in replies] == [order[:2] for order in orders]
    assert Identity.decode(replies[1].payload) == Identity(1, DIGEST, 65_536, classes, 512)
    # The third order's result was thrown away.
    for reply, expected in ((replies[0], results[0]), (replies[4], results[2]), (replies[6], results[3])):
        # Any class, also one that does not score most: what the reply says is not its builder's concern.
        label, *values = struct.unpack(f"<H{classes}i", reply.payload)
        assert (label, values) == expected
    assert labels == [results[place][0] for place in (0, 0, 0, 0, 2, 2, 3)]
    assert all(not reply.payload for reply in replies if reply.code != Status.OK)


def test_what_a_reply_cannot_hold_is_refused() -> None:
    wide = TensorType(np.full(2, -(2**32)), np.full(2, 2**32), per_token=False)
    with pytest.raises(HwgenError, match="scores: 34 bits"):
        ReplyBuilder(wide, digest=DIGEST, vocabulary=10, window=512)
    narrow = TensorType(np.full(2, -8), np.full(2, 7), per_token=False)
    with pytest.raises(HwgenError, match="digest: 7 bytes"):
        ReplyBuilder(narrow, digest=DIGEST[:7], vocabulary=10, window=512)
