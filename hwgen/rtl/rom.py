"""A table in block RAM, cut to the blocks' shape."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Array, Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hwgen.rtl.packing import Packing, Stack


class PackedRom(wiring.Component):
    """One row a cycle, each block RAM a memory of its own, so that synthesis need not choose the cut.

    Latency 1 cycle, initiation interval 1. Costs the `packing`'s block RAMs and, for each of its multiplexers, half a
    four-input look-up table to one, before `data`.

    Ports:
        address: of the row; past the last one, `data` is any row's or zero.
        enable: `data` follows in the next cycle; it stays as it is otherwise.
        data: the row.
    """

    def __init__(self, packing: Packing, width: int, rows: Sequence[int]) -> None:
        self.packing, self.rows = packing, rows
        super().__init__({"address": In(range(len(rows))), "enable": In(1), "data": Out(width)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        address = Signal.like(self.address)
        with m.If(self.enable):
            m.d.sync += address.eq(self.address)
        below, data = len(self.rows), None
        for layer, (rows, stacks) in reversed(list(enumerate(self.packing.layers))):
            start = below - rows
            columns = self._layer(m, f"layer_{layer}", range(start, below), stacks, address)
            data = columns if data is None else Mux(address < below, columns, data)
            below = start
        m.d.comb += self.data.eq(data)
        return m

    def _layer(self, m: Module, name: str, rows: range, stacks: tuple[Stack, ...], address: Signal) -> Value:
        """The columns of `rows`, at the `address` of the cycle before."""
        columns: list[Value] = []
        at = 0
        for place, stack in enumerate(stacks):
            parts: list[Value] = []
            for first in rows[:: stack.rows]:
                held = self.rows[first : min(first + stack.rows, rows.stop)]
                init = [row >> at & (1 << stack.columns) - 1 for row in held]
                memory = Memory(shape=stack.columns, depth=len(init), init=init)
                m.submodules[f"{name}_{place}_{len(parts)}"] = memory
                port = memory.read_port()
                m.d.comb += [port.addr.eq(self.address - rows.start), port.en.eq(self.enable)]
                parts.append(port.data)
            number = (address - rows.start)[ceil_log2(stack.rows) :]
            columns.append(Array(parts)[number] if len(parts) > 1 else parts[0])
            at += stack.columns
        return Cat(columns)
