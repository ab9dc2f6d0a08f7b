"""Bytes and tables out of a simulated flash, under stalls."""

from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, ResetInserter, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import Out, connect, flipped
from amaranth.sim import Simulator

from hwgen.errors import HwgenError
from hwgen.graph.nodes import Embedding
from hwgen.rtl.table.embedding import packed_rows
from hwgen.rtl.table.flash_reader import FlashPlace, FlashReader
from hwgen.rtl.table.spram_embedding import TABLE
from hwgen.rtl.table.table_image import table_image
from hwgen.rtl.table.table_loader import ATTEMPTS, TableLoader
from hwgen.sim.flash import SimulatedFlash

PLACE = FlashPlace(0x12F0A5, 9)
DIGEST = bytes(range(0x10, 0x18))


class Reading(wiring.Component):
    """A reader that can be reset, beside a flash."""

    def __init__(self, flash: SimulatedFlash) -> None:
        self.reader, self.flash, self.again = FlashReader(PLACE), flash, Signal()
        super().__init__({"bytes": Out(self.reader.bytes.signature)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.reader, m.submodules.flash = ResetInserter(self.again)(self.reader), self.flash
        connect(m, self.reader.flash, self.flash.pins)
        connect(m, self.reader.bytes, flipped(self.bytes))
        return m


@pytest.mark.parametrize("stall", [0.0, 0.5, 0.97])
def test_bytes_in_order_and_anew_after_a_reset(stall: float) -> None:
    random = Random(1)
    contents = random.randbytes(40)
    dut = Reading(SimulatedFlash(contents, PLACE.offset, wake=PLACE.pause))
    found: list[bytes] = []

    async def receive(ctx: Any) -> None:
        for count in (50, 7, 50):
            got = bytearray()
            while len(got) < count:
                ctx.set(dut.bytes.ready, random.random() >= stall)
                _, _, moved, byte = await ctx.tick().sample(dut.bytes.valid & dut.bytes.ready, dut.bytes.payload)
                if moved:
                    got.append(byte)
            found.append(bytes(got))
            ctx.set(dut.again, 1)
            await ctx.tick()
            ctx.set(dut.again, 0)

    run(dut, receive)
    assert found == [contents + b"\xff" * 10, contents[:7], contents + b"\xff" * 10]


def test_what_goes_over_the_pins() -> None:
    """Release, a rest, then read; `copi` stands for a cycle on either side of the rising edge, a bit takes two."""
    dut = Reading(SimulatedFlash(b"", 0))
    trace: list[tuple[int, int, int]] = []

    async def watch(ctx: Any) -> None:
        ctx.set(dut.bytes.ready, 1)
        pins = dut.reader.flash
        async for _, _, cs, clk, copi in ctx.tick().sample(pins.cs, pins.clk, pins.copi):
            trace.append((cs, clk, copi))
            if len(trace) == 400:
                return

    run(dut, watch)
    frames: list[list[int]] = []
    rest, rises = 0, []
    for place, ((cs, clk, copi), (_, clk_next, copi_next)) in enumerate(pairwise(trace)):
        assert cs or not clk, "the flash is clocked while it is not selected"
        if cs and rest:
            assert rest > PLACE.pause, "too short a rest before a command"
            frames.append([])
        rest = 0 if cs else rest + 1
        if not clk and clk_next:
            assert cs and copi == copi_next
            frames[-1].append(copi_next)
            rises.append(place)
    bits = ["".join(map(str, frame)) for frame in frames]
    assert bits[0] == f"{0xAB:08b}" and bits[1].startswith(f"{0x03:08b}{PLACE.offset:024b}")
    assert set(np.diff(rises[8:])) == {2}


@pytest.mark.parametrize("place", [(1 << 24, 1), (-1, 1), (0, 0)])
def test_an_impossible_place_is_refused(place: tuple[int, int]) -> None:
    with pytest.raises(HwgenError, match=r"flash\.(offset|pause): "):
        FlashPlace(*place)


class Loading(wiring.Component):
    """A loader beside a flash."""

    def __init__(self, node: Embedding, flash: SimulatedFlash) -> None:
        self.loader, self.flash = TableLoader(node, DIGEST, PLACE), flash
        super().__init__({"table": Out(TABLE), "fault": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.loader, m.submodules.flash = self.loader, self.flash
        connect(m, self.loader.flash, self.flash.pins)
        connect(m, self.loader.table, flipped(self.table))
        m.d.comb += self.fault.eq(self.loader.fault)
        return m


def embedding(rows: int = 5, rank: int = 5) -> Embedding:
    table = np.random.default_rng(2).integers(-15, 16, (rows, rank))
    table[0] = 0
    return Embedding(table, 5, 0)


def changed(image: bytes, place: int, bit: int = 0) -> bytes:
    return image[:place] + bytes([image[place] ^ 1 << bit]) + image[place + 1 :]


GOOD = table_image(embedding(), DIGEST)
BAD = {
    "empty": b"",
    "zeros": bytes(len(GOOD)),
    "wrong mark": changed(GOOD, 1, 7),
    "wrong length": changed(GOOD, 4),
    "other model": table_image(embedding(), DIGEST[::-1]),
    "last byte of the digest": changed(GOOD, 15, 4),
    "first word": changed(GOOD, 16, 3),
    "last word": changed(GOOD, len(GOOD) - 5, 1),
    "CRC": changed(GOOD, len(GOOD) - 1, 6),
    "cut short": GOOD[:-9],
    "moved": b"\xff" + GOOD,
}


def load(flash: SimulatedFlash, stall: float = 0.0) -> tuple[list[int], int, int]:
    """Words since the last restart, restarts, fault; the table must then stay as it is."""
    dut, random = Loading(embedding(), flash), Random(3)
    words: list[int] = []
    restarts = fault = 0
    table = dut.table

    async def take(ctx: Any) -> None:
        nonlocal restarts, fault
        after = 0
        while after < 2000:
            ctx.set(table.words.ready, random.random() >= stall)
            _, _, moved, word, restart, is_open = await ctx.tick().sample(
                table.words.valid & table.words.ready, table.words.payload, table.restart, table.open
            )
            assert not (moved and is_open), "a word came into an open table"
            after = after + 1 if is_open else 0
            assert not after or not restart
            if restart:
                restarts += 1
                words.clear()
            if moved:
                words.append(word)
        assert not ctx.get(dut.loader.reader.flash.cs), "the flash stays selected"
        fault = ctx.get(dut.fault)

    run(dut, take)
    return words, restarts, fault


def run(dut: Any, bench: Any) -> None:
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize("stall", [0.0, 0.9])
def test_a_good_table_is_loaded_at_once(stall: float) -> None:
    words, restarts, fault = load(SimulatedFlash(GOOD, PLACE.offset, wake=PLACE.pause), stall)
    rows = b"".join(row.to_bytes(4, "little") for row in packed_rows(embedding()))
    assert words == np.frombuffer(rows, "<u2").tolist()
    assert (restarts, fault) == (0, 0)


@pytest.mark.parametrize("bad_reads", range(1, ATTEMPTS))
def test_a_table_read_wrongly_is_read_again(bad_reads: int) -> None:
    words, restarts, fault = load(SimulatedFlash(GOOD, PLACE.offset, wake=PLACE.pause, bad_reads=bad_reads), 0.3)
    assert len(words) == (len(GOOD) - 20) // 2 and (restarts, fault) == (bad_reads, 0)


@pytest.mark.parametrize("what", BAD)
def test_a_bad_table_is_given_up(what: str) -> None:
    _, restarts, fault = load(SimulatedFlash(BAD[what], PLACE.offset, wake=PLACE.pause))
    assert (restarts, fault) == (ATTEMPTS, 1)


def test_a_flash_that_does_not_wake_up_is_given_up() -> None:
    _, restarts, fault = load(SimulatedFlash(GOOD, PLACE.offset, wake=1 << 16))
    assert (restarts, fault) == (ATTEMPTS, 1)
