"""The whole top level in simulation, presented as a serial port: the real client talks to it."""

from __future__ import annotations

import struct
import subprocess
from collections import deque
from fractions import Fraction
from math import ceil
from typing import Any, Protocol

from amaranth.sim import Simulator

from hwgen.errors import HwgenError
from hwgen.progress import SILENT, Say
from hwgen.rtl.shell import Shell
from hwgen.sim.cxxrtl import compile_program
from hwgen.sim.flash import SimulatedFlash, flashed
from hwgen.sim.host_uart import HostUart

STEP = 10
"""Bit times a read goes on at a time: one byte."""
CYCLE = 1e-6


EXACT = Fraction(1)
"""The host's clock as fast as the board's."""


class LineSimulation(Protocol):
    """A simulated shell, with its line played bit by bit."""

    @property
    def rate(self) -> Fraction:
        """The host's, in bits per second."""
        ...

    def run(self, sent: bytes, bits: int) -> bytes:
        """Put `sent` behind what is still on its way to the board, let `bits` of the host's bit times pass, and return
        the bytes that the board has sent in them."""
        ...

    def close(self) -> None:
        """End the simulation."""
        ...


class VirtualBoard:
    """`read`, `write`, `close`, `timeout`, `baudrate` and `in_waiting` as those of pyserial's `Serial`.

    Time passes only while the host reads, and is counted in bit times: a read returns as soon as there is a byte, and
    `timeout` is so many simulated seconds without one.

    Attributes:
        baudrate: the host's, in bits per second.
        bits: the host's bit times that have passed.
    """

    def __init__(self, simulation: LineSimulation, *, timeout_bits: int = 3000, latency: float = 0.0) -> None:
        """
        Args:
            timeout_bits: bit times for `timeout` to begin with.
            latency: simulated seconds that a byte from the board takes through the host's USB.
        """
        self._simulation = simulation
        self._outgoing = bytearray()
        self._received = bytearray()
        self._coming: deque[tuple[int, bytes]] = deque()
        self.baudrate = round(simulation.rate)
        self._latency = round(latency * self.baudrate)
        self.timeout: float | None = timeout_bits / self.baudrate
        self.bits = 0

    def now(self) -> float:
        """Simulated seconds since the start."""
        return self.bits / self.baudrate

    @property
    def in_waiting(self) -> int:
        """Bytes that a read returns at once."""
        return len(self._received)

    def write(self, data: bytes) -> int:
        """Send bytes to the board."""
        self._outgoing += data
        return len(data)

    def read(self, size: int = 1) -> bytes:
        """Up to `size` bytes from the board."""
        left = round((self.timeout or 0) * self.baudrate)
        while not self._received and left > 0:
            self.run(STEP)
            left -= STEP
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def run(self, bits: int) -> None:
        """Let time pass."""
        received = self._simulation.run(bytes(self._outgoing), bits)
        self._outgoing.clear()
        self.bits += bits
        self._coming.append((self.bits + self._latency, received))
        while self._coming and self._coming[0][0] <= self.bits:
            self._received += self._coming.popleft()[1]

    def close(self) -> None:
        """End the simulation."""
        self._simulation.close()


class CompiledLine:
    """CXXRTL and a C++ compiler: compiled once per design, then fast enough for whole test sets."""

    def __init__(
        self, shell: Shell, flash: SimulatedFlash | None = None, *, pace: Fraction = EXACT, say: Say = SILENT
    ) -> None:
        """
        Args:
            flash: beside the shell, where it has one; by default what `hwgen flash` would leave.
            pace: how fast the host's clock is beside the board's; 1.02 where it is 2 % faster.

        Raises:
            HwgenError: when the C++ compiler or yosys is missing or fails.
        """
        self.rate = shell.baud.rate * pace
        bit = shell.baud.ideal / pace
        program = compile_program(flashed(shell, flash), "line.cpp", "", say=say)
        command = [str(program), str(bit.numerator), str(bit.denominator)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, sent: bytes, bits: int) -> bytes:
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(struct.pack("<II", bits, len(sent)) + sent)
        process.stdin.flush()
        count = process.stdout.read(4)
        if len(count) != 4:
            raise HwgenError(f"simulation: the program ended with status {process.wait()}")
        return process.stdout.read(struct.unpack("<I", count)[0])

    def close(self) -> None:
        self._process.communicate()


class PysimLine:
    """Amaranth's own simulator: no compiler needed, about 20,000 clock cycles a second."""

    def __init__(self, shell: Shell, flash: SimulatedFlash | None = None, *, pace: Fraction = EXACT) -> None:
        """
        Args:
            flash, pace: see `CompiledLine`.
        """
        self._shell = flashed(shell, flash)
        self.rate = shell.baud.rate * pace
        self._bit = shell.baud.ideal / pace
        self._cycles = Fraction(0)
        self._host = HostUart(self._bit)
        self._simulator = Simulator(self._shell)
        self._simulator.add_clock(CYCLE)
        self._simulator.add_testbench(self._play, background=True)

    def run(self, sent: bytes, bits: int) -> bytes:
        self._host.sending.extend(sent)
        self._cycles += bits * self._bit
        self._simulator.run_until(ceil(self._cycles) * CYCLE)
        received = bytes(self._host.received)
        self._host.received.clear()
        return received

    def close(self) -> None:
        pass

    async def _play(self, ctx: Any) -> None:
        while True:
            ctx.set(self._shell.rx, self._host.level())
            await ctx.tick()
            self._host.sample(ctx.get(self._shell.tx))
