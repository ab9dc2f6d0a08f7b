"""Transmitter to receiver over a wire, and a receiver under a clock that is a little off."""

from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.sim import Simulator

from hwgen.errors import HwgenError
from hwgen.rtl.uart import UartReceiver, UartTransmitter, clocks_per_bit


class Loop(wiring.Component):
    """A transmitter wired to a receiver."""

    def __init__(self, clocks: int) -> None:
        self.clocks = clocks
        super().__init__({"sent": In(stream.Signature(8)), "received": Out(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.transmitter = transmitter = UartTransmitter(self.clocks)
        m.submodules.receiver = receiver = UartReceiver(self.clocks)
        m.d.comb += receiver.rx.eq(transmitter.tx)
        connect(m, flipped(self.sent), transmitter.bytes)
        connect(m, receiver.bytes, flipped(self.received))
        return m


@pytest.mark.parametrize("clocks", [4, 5, 12, 27])
def test_every_byte_survives(clocks: int) -> None:
    dut = Loop(clocks)
    received: list[int] = []

    async def send(ctx: Any) -> None:
        for byte in range(256):
            ctx.set(dut.sent.payload, byte)
            ctx.set(dut.sent.valid, 1)
            await ctx.tick().until(dut.sent.ready)
        ctx.set(dut.sent.valid, 0)

    async def receive(ctx: Any) -> None:
        ctx.set(dut.received.ready, 1)
        while len(received) < 256:
            _, _, valid, byte = await ctx.tick().sample(dut.received.valid, dut.received.payload)
            if valid:
                received.append(byte)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(send)
    simulator.add_testbench(receive)
    simulator.run()
    assert received == list(range(256))


async def _play(ctx: Any, dut: UartReceiver, levels: list[int], bit: float) -> None:
    """Hold each level for `bit` cycles, which need not be whole."""
    done = 0
    for place, level in enumerate(levels, start=1):
        ctx.set(dut.rx, level)
        while done < round(place * bit):
            await ctx.tick()
            done += 1


@pytest.mark.parametrize("drift", [0.97, 1.0, 1.03])
def test_a_sender_three_per_cent_off_and_a_broken_stop_bit(drift: float) -> None:
    dut = UartReceiver(16)
    received: list[int] = []
    frames = [(byte, 1) for byte in (0x00, 0xFF, 0x55, 0xA7)] + [(0x12, 0), (0x34, 1)]

    async def send(ctx: Any) -> None:
        for byte, stop in frames:
            bits = [byte >> place & 1 for place in range(8)]
            await _play(ctx, dut, [0, *bits, stop, 1, 1, 1], 16 * drift)

    async def receive(ctx: Any) -> None:
        ctx.set(dut.bytes.ready, 1)
        while True:
            _, _, valid, byte = await ctx.tick().sample(dut.bytes.valid, dut.bytes.payload)
            if valid:
                received.append(byte)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(send)
    simulator.add_testbench(receive, background=True)
    simulator.run()
    assert received == [byte for byte, stop in frames if stop]


def _receive(levels: list[tuple[int, float]], *, ready: bool = True, clocks: int = 8) -> tuple[list[int], int, int]:
    """What a receiver makes of (level, bits) on its line: bytes, framing errors, overruns.

    Without `ready` it is read only at the end.
    """
    dut, counts = UartReceiver(clocks), [0, 0]
    received: list[int] = []

    async def send(ctx: Any) -> None:
        await ctx.tick().repeat(4)
        for level, bits in levels:
            ctx.set(dut.rx, level)
            await ctx.tick().repeat(round(bits * clocks))
        ctx.set(dut.rx, 1)
        await ctx.tick().repeat(12 * clocks)
        ctx.set(dut.bytes.ready, 1)
        await ctx.tick().repeat(4)

    async def receive(ctx: Any) -> None:
        ctx.set(dut.bytes.ready, ready)
        taken = dut.bytes.valid & dut.bytes.ready
        while True:
            _, _, got, byte, *faults = await ctx.tick().sample(taken, dut.bytes.payload, dut.framing_error, dut.overrun)
            if got:
                received.append(byte)
            counts[:] = [count + fault for count, fault in zip(counts, faults, strict=True)]

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(send)
    simulator.add_testbench(receive, background=True)
    simulator.run()
    return received, counts[0], counts[1]


def _levels(*data: int) -> list[tuple[int, float]]:
    return [(level, 1) for byte in data for level in (0, *(byte >> place & 1 for place in range(8)), 1)]


def test_a_line_held_low_gives_no_byte_and_the_next_one_is_right() -> None:
    assert _receive([(0, 95), (1, 1), *_levels(0x5C, 0xA3)]) == ([0x5C, 0xA3], 1, 0)


def test_a_glitch_is_no_start_bit() -> None:
    assert _receive([(0, 0.3), (1, 3), *_levels(0x5C), (0, 0.3)]) == ([0x5C], 0, 0)


def test_a_byte_not_taken_stays_and_the_next_is_lost() -> None:
    assert _receive(_levels(1, 2, 3), ready=False) == ([1], 0, 2)


def test_a_rate_the_clock_cannot_make_is_refused() -> None:
    assert clocks_per_bit(12e6, 1_000_000) == 12
    assert clocks_per_bit(12e6, 115_200) == 104
    for clock, baud in ((12e6, 5_000_000), (12e6, 2_400_000.0 * 1.1)):
        with pytest.raises(HwgenError, match=r"uart\.baud"):
            clocks_per_bit(clock, baud)
