"""The whole top level in simulation, presented as a serial port."""

from __future__ import annotations

from collections import deque
from typing import Any

from amaranth.sim import Simulator

from hwgen.rtl.shell import Shell


class VirtualBoard:
    """A simulated `Shell` whose line is played bit by bit; `read` and `write` are those of a serial port.

    Time passes only while the host reads: each call runs the simulation until a byte has come or `quiet` bit times
    have passed without one.
    """

    def __init__(self, shell: Shell, *, quiet: int = 2000) -> None:
        self._shell, self._bit, self._quiet = shell, shell.clocks_per_bit, quiet
        self._outgoing: deque[int] = deque()
        self._received = bytearray()
        self._simulator = Simulator(shell)
        self._simulator.add_clock(1e-6)
        self._simulator.add_testbench(self._play, background=True)
        self._simulator.add_testbench(self._record, background=True)

    def write(self, data: bytes) -> int:
        """Put bytes onto the board's `rx`."""
        self._outgoing.extend(data)
        return len(data)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes from the board's `tx`; fewer when the line stays quiet."""
        silence = 0
        while len(self._received) < size and silence < self._quiet:
            before = len(self._received)
            self.run(10)
            silence = 0 if len(self._received) > before or self._outgoing else silence + 10
            if len(self._received) > before and not self._outgoing:
                break
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def run(self, bits: int) -> None:
        """Let `bits` bit times pass."""
        for _ in range(bits * self._bit * 2):
            self._simulator.advance()

    async def _play(self, ctx: Any) -> None:
        while True:
            if not self._outgoing:
                await ctx.tick()
                continue
            byte = self._outgoing.popleft()
            for level in (0, *(byte >> place & 1 for place in range(8)), 1):
                ctx.set(self._shell.rx, level)
                await ctx.tick().repeat(self._bit)

    async def _record(self, ctx: Any) -> None:
        while True:
            _, _, level = await ctx.tick().sample(self._shell.tx)
            if level:
                continue
            await ctx.tick().repeat(self._bit // 2)
            byte = 0
            for place in range(8):
                (level,) = await ctx.tick().sample(self._shell.tx).repeat(self._bit)
                byte |= level << place
            await ctx.tick().repeat(self._bit)
            self._received.append(byte)
