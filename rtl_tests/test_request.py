"""Requests to sentences and orders, with pauses on every side."""

from random import Random
from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.sim import Simulator

from hwgen.chips.family import GENERIC, Family
from hwgen.chips.ice40 import ICE40
from hwgen.host.protocol import Frame, FrameReader, request
from hwgen.rtl.line.frames import ORDER, Unstuffer
from hwgen.rtl.line.request import RequestParser
from hwgen.rtl.streams import token_stream
from hwgen.wire import REQUEST_SYNC, Kind, Status

VOCABULARY, TIMEOUT = 50, 100
SILENCE = None

Sentence = list[int]
Outcome = tuple[int, Status, bool]
FAMILIES = (GENERIC, ICE40)
"""Of a timer that counts down, and of one that counts up."""


class Unstuffed(wiring.Component):
    """The parser behind the component that takes byte stuffing out."""

    def __init__(self, family: Family) -> None:
        self.family = family
        super().__init__(
            {
                "bytes": In(stream.Signature(8)),
                "tokens": Out(token_stream(VOCABULARY)),
                "orders": Out(stream.Signature(ORDER)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.unstuffer = unstuffer = Unstuffer(REQUEST_SYNC)
        m.submodules.parser = parser = RequestParser(VOCABULARY, idle_timeout=TIMEOUT, family=self.family)
        connect(m, flipped(self.bytes), unstuffer.bytes)
        connect(m, unstuffer.symbols, parser.symbols)
        connect(m, parser.tokens, flipped(self.tokens))
        connect(m, parser.orders, flipped(self.orders))
        return m


def parse(pieces: list[int | None], seed: int) -> tuple[list[Sentence], list[Outcome]]:
    """Send bytes (`SILENCE` waits past the timeout); returns sentences and orders (sequence, status, result).

    They are the same whichever way the timer counts.
    """
    down, up = (run(pieces, seed, family) for family in FAMILIES)
    assert down == up
    return down


def run(pieces: list[int | None], seed: int, family: Family) -> tuple[list[Sentence], list[Outcome]]:
    """`parse`, of a family's parser."""
    dut, random = Unstuffed(family), Random(seed)
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
                orders.append((order.sequence, Status(order.status), bool(order.has_result)))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(send)
    simulator.add_testbench(core, background=True)
    simulator.add_testbench(reply, background=True)
    simulator.run()
    return sentences, orders


GOOD = request(Kind.CLASSIFY, 7, [1, 2, 3])


@pytest.mark.parametrize("seed", range(3))
def test_good_frames(seed: int) -> None:
    frames = [GOOD, request(Kind.CLASSIFY, 8, []), request(Kind.IDENTIFY, 9), b"\x00\xff\x12" + GOOD]
    sentences, orders = parse([byte for frame in frames for byte in frame], seed)
    assert sentences == [[1, 2, 3], [0], [1, 2, 3]]
    assert orders == [(7, Status.OK, True), (8, Status.OK, True), (9, Status.OK, False), (7, Status.OK, True)]


def test_an_escape_flips_whatever_follows() -> None:
    """Also a second escape byte, as the host's reader does."""
    line = request(Kind.IDENTIFY, 0x5D).replace(b"\x5d", b"\x7d\x7d", 1)
    assert FrameReader(REQUEST_SYNC).feed(line) == [Frame(Kind.IDENTIFY, 0x5D)]
    assert parse(list(line), seed=0) == ([], [(0x5D, Status.OK, False)])


def _with_crc(body: bytes) -> bytes:
    return Frame(body[0], body[1], body[4:]).encode(REQUEST_SYNC)


@pytest.mark.parametrize("silence", [True, False])
@pytest.mark.parametrize(
    ("frame", "sentence", "status"),
    [
        (GOOD[:-1] + bytes([GOOD[-1] ^ 1]), [1, 2, 3], Status.BAD_CRC),
        (GOOD[:6] + bytes([9]) + GOOD[7:], None, Status.BAD_CRC),
        (request(Kind.CLASSIFY, 7, [1, 50, 3]), [1, 0, 3], Status.BAD_TOKEN),
        (request(Kind.CLASSIFY, 7, [0xFFFF]), [0], Status.BAD_TOKEN),
        (_with_crc(bytes([2, 7, 2, 0, 1, 0])), None, Status.BAD_KIND),
        (_with_crc(bytes([0, 7, 3, 0, 1, 0, 2])), None, Status.BAD_LENGTH),
        (_with_crc(bytes([1, 7, 2, 0, 1, 0])), None, Status.BAD_LENGTH),
        (GOOD[:9], None, Status.TIMEOUT),
        (GOOD[:4], None, Status.TIMEOUT),
        (GOOD[:-1], [1, 2, 3], Status.TIMEOUT),
    ],
)
def test_a_bad_frame_is_reported_and_the_next_good_one_works(
    frame: bytes, sentence: Sentence | None, status: Status, silence: bool
) -> None:
    pieces: list[int | None] = [*frame, *([SILENCE] if silence else []), *GOOD]
    sentences, orders = parse(pieces, seed=1)
    if status == Status.TIMEOUT and not silence:
        status = Status.CUT
    assert orders[0][1] == status
    assert orders[-1] == (7, Status.OK, True)
    assert sentences[-1] == [1, 2, 3]
    # Whatever went into the core has an order that takes its result out again.
    assert len(sentences) == sum(has_result for _, _, has_result in orders)
    if sentence is not None:
        assert sentences[0] == sentence


@pytest.mark.parametrize("family", FAMILIES, ids=["down", "up"])
def test_pauses_of_the_core_and_the_reply_are_no_silence(family: Family) -> None:
    """While the parser is held up, however long, no time counts against the frame."""
    dut, outcomes = Unstuffed(family), []

    async def bench(ctx: Any) -> None:
        for byte in GOOD:
            ctx.set(dut.bytes.payload, byte)
            ctx.set(dut.bytes.valid, 1)
            await ctx.tick().until(dut.bytes.ready)
            ctx.set(dut.bytes.valid, 0)
            await ctx.tick().repeat(5)
            for port in (dut.tokens, dut.orders):
                if ctx.get(port.valid):
                    await ctx.tick().repeat(3 * TIMEOUT)
                    ctx.set(port.ready, 1)
                    payload = ctx.get(port.payload)
                    await ctx.tick()
                    ctx.set(port.ready, 0)
                    await ctx.tick().repeat(TIMEOUT // 2)
                    outcomes.append(payload)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert [token.token for token in outcomes[:3]] == [1, 2, 3]
    assert [(order.sequence, order.status) for order in outcomes[3:]] == [(7, Status.OK)]
