"""Constant multiplications as they stand in a program, left to synthesis."""

from __future__ import annotations

from amaranth.hdl import C, Module, Signal, Value

from comparison.window import WindowSums
from hwgen.rtl.pipeline import interval_shape


class PlainSums(WindowSums):
    """A product for every weight that is not zero, and their sum in a register."""

    latency = 1

    def sums_of(self, m: Module, window: list[Value]) -> list[Value]:
        found: list[Value] = []
        weights = self.matrix.reshape(len(self.matrix), -1)
        for row, constant in enumerate(self.constants.tolist()):
            shape = interval_shape(self.kind.low[row], self.kind.high[row])
            total = Signal(shape, name=f"sum_{row}", reset_less=True)
            products = [value * weight for value, weight in zip(window, weights[row].tolist(), strict=True) if weight]
            m.d.sync += total.eq(sum(products, C(constant)))
            found.append(total)
        return found
