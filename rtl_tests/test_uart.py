"""Transmitter to receiver over a wire, and a receiver under a clock that is a little off."""

from fractions import Fraction
from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.sim import Simulator
from hypothesis import assume, given
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.rtl.line.baud import Baud, BitTimer
from hwgen.rtl.line.uart import UartReceiver, UartTransmitter


class Loop(wiring.Component):
    """A transmitter wired to a receiver."""

    def __init__(self, clocks: Fraction) -> None:
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


@pytest.mark.parametrize("clocks", [4, 5, 8, Fraction(25, 3), Fraction(1999, 200), 12, 27])
def test_every_byte_survives(clocks: Fraction) -> None:
    dut = Loop(Fraction(clocks))
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
    dut = UartReceiver(Fraction(16))
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
    dut, counts = UartReceiver(Fraction(clocks)), [0, 0]
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


@pytest.mark.parametrize("bits", [1, 2, 5, 8.5])
def test_behind_a_byte_that_breaks_off_ten_bits_of_silence_are_enough(bits: float) -> None:
    """For the receiver to be done with it, whatever it makes of it."""
    received, _, _ = _receive([(0, bits), (1, 10), *_levels(0x5C, 0xA3)])
    assert received[-2:] == [0x5C, 0xA3]


def test_a_byte_not_taken_stays_and_the_next_is_lost() -> None:
    assert _receive(_levels(1, 2, 3), ready=False) == ([1], 0, 2)


def test_a_rate_too_fast_for_the_clock_is_refused() -> None:
    assert Baud(Fraction(24_000_000), 3_000_000).clocks == 8
    with pytest.raises(HwgenError, match=r"^uart\.baud: 3000000 needs a clock of at least 24 MHz.*this one has 23 MHz"):
        Baud(Fraction(23_000_000), 3_000_000)


@given(st.integers(1_000_000, 400_000_000), st.integers(1, 1000), st.integers(300, 12_000_000))
def test_any_clock_makes_any_rate(clock: int, parts: int, rate: int) -> None:
    """Within 0.006 %, and a token has at least 2 % less time than at that rate."""
    hertz = Fraction(clock, parts)
    assume(hertz >= 8 * rate)
    baud = Baud(hertz, rate)
    assert abs(baud.error) < 0.000062
    assert baud.cycles_per_token * Fraction(102, 100) <= 20 * baud.clocks < (baud.cycles_per_token + 1) * 1.03


@pytest.mark.parametrize("clocks", [Fraction(4), Fraction(25, 3), Fraction(9), Fraction(1001, 1024) + 12])
def test_beats_are_never_a_whole_clock_late(clocks: Fraction) -> None:
    dut, beats = BitTimer(clocks), []

    async def bench(ctx: Any) -> None:
        await ctx.tick().repeat(5)
        ctx.set(dut.restart, 1)
        await ctx.tick()
        ctx.set(dut.restart, 0)
        for cycle in range(1, 3000):
            if ctx.get(dut.beat):
                beats.append(cycle)
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    late = [clocks / 2 + place * clocks - beat for place, beat in enumerate(beats)]
    assert len(beats) > 200 and all(0 <= each < 1 + Fraction(1, 1024) for each in late)


@pytest.mark.parametrize("clocks", [Fraction(8), Fraction(25, 3)])
def test_bytes_that_are_there_follow_each_other_without_a_gap(clocks: Fraction) -> None:
    dut, taken = UartTransmitter(clocks), []

    async def bench(ctx: Any) -> None:
        ctx.set(dut.bytes.valid, 1)
        for cycle in range(3000):
            if ctx.get(dut.bytes.ready):
                taken.append(cycle)
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert abs((taken[-1] - taken[0]) - 10 * clocks * (len(taken) - 1)) < 1
