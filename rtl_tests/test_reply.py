"""Orders and results to reply frames, read back by the host's own parser."""

from random import Random
from typing import Any

import numpy as np
import pytest
from amaranth.sim import Simulator

from hwgen.graph.tensor import TensorType
from hwgen.host import protocol
from hwgen.host.protocol import ReplyReader, Status
from hwgen.rtl.frames import Status as RtlStatus
from hwgen.rtl.reply import ReplyBuilder

DIGEST = bytes(range(8))


@pytest.mark.parametrize("classes", [2, 3, 8, 150])
def test_replies_in_order(classes: int) -> None:
    random = Random(classes)
    scores = TensorType(np.full(classes, -3000), np.full(classes, 2999), per_token=False)
    dut = ReplyBuilder(scores, digest=DIGEST, vocabulary=70_000 % 65_537)
    received = bytearray()
    results = [(random.randrange(classes), [random.randrange(-3000, 3000) for _ in range(classes)]) for _ in range(4)]
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
                "sequence": sequence, "identify": identify, "has_result": has_result, "status": RtlStatus(status)
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
        while True:
            ctx.set(dut.bytes.ready, random.random() < 0.6)
            _, _, got, byte = await ctx.tick().sample(dut.bytes.valid & dut.bytes.ready, dut.bytes.payload)
            if got:
                received.append(byte)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(order)
    simulator.add_testbench(result)
    simulator.add_testbench(receive, background=True)
    simulator.run()
    replies = ReplyReader().feed(bytes(received))
    assert [(reply.sequence, reply.status) for reply in replies] == [order[:2] for order in orders]
    assert protocol.identity(replies[1].payload) == protocol.Identity(1, DIGEST, 70_000 % 65_537, classes)
    # The third order's result was thrown away.
    for reply, expected in ((replies[0], results[0]), (replies[4], results[2]), (replies[6], results[3])):
        assert protocol.answer(reply.payload) == expected
    assert all(not reply.payload for reply in replies if reply.status != Status.OK)
