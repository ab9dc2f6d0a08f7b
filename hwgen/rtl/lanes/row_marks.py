"""What a `MacArray` keeps in a row of its ROM, counted without laying the array out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from hwgen.graph.tensor import Integers
from hwgen.rtl.lanes.schedule import Schedule
from hwgen.rtl.lanes.window import Window
from hwgen.rtl.sums.multiplier import signed_width


class RowMarks:
    """The different bits of all rows of a schedule, and how many registers each passes on its way.

    Attributes:
        farthest: of each bit, as an integer with row 0 lowest, the stage of the array that it is last read in.
        ends: bits that travel a second time, gated, through every stage of the array.
    """

    def __init__(self, schedule: Schedule, window: Window, product_delay: int, depths: Sequence[int]) -> None:
        """
        Args:
            product_delay: cycles from a lane's operand to its product, the last register left out.
            depths: levels of adders of each unit.
        """
        self.rows = schedule.period
        self.farthest: dict[int, int] = {}
        self.ends: set[int] = set()
        for number, lane in enumerate(schedule.lanes):
            weights = np.array([product.weight if product else 0 for product in lane], dtype=np.int64)
            used = sorted({product.weight for product in lane if product})
            if len(used) > 1:
                self._read(_bits(weights, signed_width((used[0], used[-1]))), window.DELAY)
            own = next(product for product in lane if product)
            codes = np.array([window.code(number, product or own) for product in lane], dtype=np.int64)
            self._read(_bits(codes, window.code_bits(number)), 0)
        self._read([1 << self.rows - 1], 0)
        for unit, depth in zip(schedule.units, depths, strict=True):
            busy = begins = ends = 0
            for span in unit.spans:
                busy |= (1 << span.end + 1) - (1 << span.begin)
                begins |= 1 << span.begin
                ends |= 1 << span.end
            for _, mask in unit.feeds:
                (own_rows,) = _bits(np.array(mask, dtype=np.int64), 1)
                if busy & ~own_rows:
                    self._read([own_rows], window.DELAY + product_delay - 1)
            self._read([begins], window.DELAY + product_delay + depth)
            self._read([ends], 0)
            self.ends.add(ends)

    @property
    def stored(self) -> int:
        """Bits of a row as a `RowRom` stores it: neither constants nor what is equal or opposite to another bit."""
        full = (1 << self.rows) - 1
        return len({min(bits, full ^ bits) for bits in self.farthest if bits not in (0, full)})

    def flip_flops(self, latency: int) -> int:
        """Registers that all of them pass in an array of so many cycles."""
        return sum(self.farthest.values()) + latency * len(self.ends)

    def _read(self, marks: Iterable[int], stage: int) -> None:
        full = (1 << self.rows) - 1
        for bits in marks:
            if bits != full:
                self.farthest[bits] = max(self.farthest.get(bits, 0), stage)


def _bits(values: Integers, width: int) -> list[int]:
    """Each of the `width` low bits of every row's value, row 0 lowest."""
    planes = (values >> np.arange(width)[:, None] & 1).astype(np.uint8)
    packed = np.packbits(planes, axis=1, bitorder="little")
    return [int.from_bytes(plane.tobytes(), "little") for plane in packed]
