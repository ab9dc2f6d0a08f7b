"""The host's end of a simulated line, in the board's clock cycles; `line.cpp` does the same in C++."""

from __future__ import annotations

from collections import deque
from fractions import Fraction


class HostUart:
    """Sends and receives with bits of its own length, exactly: no time is rounded to a clock cycle of the board.

    Bytes to send follow each other without a gap. A received byte begins with a falling edge, is sampled in the middle
    of each of its bits, and is dropped when its stop bit is low.

    Attributes:
        sending: bytes that wait.
        received: bytes that have come.
    """

    def __init__(self, bit: Fraction) -> None:
        """
        Args:
            bit: in clock cycles of the board.
        """
        # Times are whole numbers of halves of the smallest part of a cycle that `bit` needs.
        self._bit, self._cycle = 2 * bit.numerator, 2 * bit.denominator
        self._now = 0
        self.sending: deque[int] = deque()
        self.received = bytearray()
        self._out, self._out_left, self._out_end = 1, 0, 0
        self._in, self._in_place, self._in_due = 0, -1, 0

    def level(self) -> int:
        """What the board's `rx` sees in the cycle that begins now."""
        while self._out_left and self._now >= self._out_end:
            self._out >>= 1
            self._out_left -= 1
            self._out_end += self._bit
        if not self._out_left and self.sending:
            # Right behind another byte, a byte begins where that has ended, be it in the middle of a cycle.
            ended = self._out_end - self._bit
            begin = ended if self._now - ended < self._cycle else self._now
            self._out, self._out_left, self._out_end = self.sending.popleft() << 1 | 1 << 9, 10, begin + self._bit
        return self._out & 1 if self._out_left else 1

    def sample(self, tx: int) -> None:
        """See what the board's `tx` is for the length of this cycle, and go on to the next one."""
        if self._in_place < 0 and not tx:
            self._in, self._in_place, self._in_due = 0, 0, self._now + self._bit // 2
        self._now += self._cycle
        if self._in_place < 0 or self._in_due >= self._now:
            return
        self._in |= tx << self._in_place
        self._in_place += 1
        self._in_due += self._bit
        if self._in_place == 10:
            self._in_place = -1
            if self._in & 1 << 9:
                self.received.append(self._in >> 1 & 0xFF)
