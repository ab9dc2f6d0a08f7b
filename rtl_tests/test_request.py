"""Requests to sentences and orders, with pauses on every side."""

from random import Random
from typing import Any

import pytest
from amaranth.sim import Simulator

from hwgen.host import protocol
from hwgen.host.protocol import Kind, Status
from hwgen.rtl.request import RequestParser

VOCABULARY, TIMEOUT = 50, 100
SILENCE = None

Sentence = list[int]
Outcome = tuple[int, Status, bool]


def parse(pieces: list[int | None], seed: int) -> tuple[list[Sentence], list[Outcome]]:
    """Send bytes (`SILENCE` waits past the timeout); returns the sentences and the orders."""
    dut, random = RequestParser(VOCABULARY, idle_timeout=TIMEOUT), Random(seed)
    sentences: list[Sentence] = []
    orders: list[Outcome] = []

    async def send(ctx: Any) -> None:
        for byte in pieces:
            await ctx.tick().repeat(TIMEOUT + 50 if byte is SILENCE else random.randrange(1, 4))
            if byte is not SILENCE:
                ctx.set(dut.bytes.payload, byte)
                ctx.set(dut.bytes.valid, 1)
                await ctx.tick().until(dut.bytes.ready)
                ctx.set(dut.bytes.valid, 0)
        await ctx.tick().repeat(300)

    async def core(ctx: Any) -> None:
        open_ = False
        while True:
            ctx.set(dut.tokens.ready, random.random() < 0.5)
            taken = dut.tokens.valid & dut.tokens.ready
            _, _, got, payload = await ctx.tick().sample(taken, dut.tokens.payload)
            if got:
                assert bool(payload.first) != open_, "a sentence begins inside another, or not at its first token"
                if payload.first:
                    sentences.append([])
                sentences[-1].append(payload.token)
                open_ = not payload.last

    async def reply(ctx: Any) -> None:
        while True:
            ctx.set(dut.orders.ready, random.random() < 0.3)
            taken = dut.orders.valid & dut.orders.ready
            _, _, got, order = await ctx.tick().sample(taken, dut.orders.payload)
            if got:
                orders.append((order.sequence, Status(int(order.status.value)), bool(order.has_result)))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(send)
    simulator.add_testbench(core, background=True)
    simulator.add_testbench(reply, background=True)
    simulator.run()
    return sentences, orders


GOOD = protocol.request(Kind.CLASSIFY, 7, [1, 2, 3])


@pytest.mark.parametrize("seed", range(3))
def test_good_frames(seed: int) -> None:
    frames = [GOOD, protocol.request(Kind.CLASSIFY, 8, []), protocol.request(Kind.IDENTIFY, 9), b"\x00\xff\x12" + GOOD]
    sentences, orders = parse([byte for frame in frames for byte in frame], seed)
    assert sentences == [[1, 2, 3], [0], [1, 2, 3]]
    assert orders == [(7, Status.OK, True), (8, Status.OK, True), (9, Status.OK, False), (7, Status.OK, True)]


def _with_crc(body: bytes) -> bytes:
    return bytes([protocol.REQUEST_SYNC]) + body + protocol.crc(body).to_bytes(2, "little")


@pytest.mark.parametrize(
    ("frame", "sentence", "status"),
    [
        (GOOD[:-1] + bytes([GOOD[-1] ^ 1]), [1, 2, 3], Status.BAD_CRC),
        (GOOD[:6] + bytes([9]) + GOOD[7:], None, Status.BAD_CRC),
        (protocol.request(Kind.CLASSIFY, 7, [1, 50, 3]), [1, 0, 3], Status.BAD_TOKEN),
        (protocol.request(Kind.CLASSIFY, 7, [0xFFFF]), [0], Status.BAD_TOKEN),
        (_with_crc(bytes([2, 7, 2, 0, 1, 0])), None, Status.BAD_KIND),
        (_with_crc(bytes([0, 7, 3, 0, 1, 0, 2])), None, Status.BAD_LENGTH),
        (_with_crc(bytes([1, 7, 2, 0, 1, 0])), None, Status.BAD_LENGTH),
        (GOOD[:9], None, Status.TIMEOUT),
        (GOOD[:4], None, Status.TIMEOUT),
        (GOOD[:-1], [1, 2, 3], Status.TIMEOUT),
    ],
)
def test_a_bad_frame_is_reported_and_the_next_good_one_works(
    frame: bytes, sentence: Sentence | None, status: Status
) -> None:
    pieces: list[int | None] = [*frame, SILENCE, *GOOD]
    sentences, orders = parse(pieces, seed=1)
    assert orders[0][1] == status
    assert orders[-1] == (7, Status.OK, True)
    assert sentences[-1] == [1, 2, 3]
    # Whatever went into the core has an order that takes its result out again.
    assert len(sentences) == sum(has_result for _, _, has_result in orders)
    if sentence is not None:
        assert sentences[0] == sentence
