"""A table in block RAM, cut to the blocks' shape."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Array, Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hwgen.rtl.packing import Packing, Stack


def rom_port(depth: int, width: int) -> wiring.Signature:
    """Of who reads a ROM: with `enable`, `data` is the row at `address` in the next cycle; it stays as it is otherwise.

    Past the last row, `data` is any row's or zero.
    """
    return wiring.Signature({"address": Out(range(depth)), "enable": Out(1), "data": In(width)})


class PackedRom(wiring.Component):
    """One row a cycle to each reader, each block RAM a memory of its own, so that synthesis need not choose the cut.

    Latency 1 cycle, initiation interval 1. Costs the `packing`'s block RAMs and, for each of its multiplexers, half a
    four-input look-up table to one, before `data`. Two readers take the two ports that block RAMs have; iCE40's have
    one to read, and are doubled.

    Ports:
        readers: `rom_port`, one each.
    """

    def __init__(self, packing: Packing, width: int, rows: Sequence[int], *, readers: int = 1) -> None:
        self.packing, self.rows = packing, rows
        super().__init__({"readers": In(rom_port(len(rows), width)).array(readers)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        addresses = []
        for number, reader in enumerate(self.readers):
            address = Signal.like(reader.address, name=f"address_{number}")
            with m.If(reader.enable):
                m.d.sync += address.eq(reader.address)
            addresses.append(address)
        below = len(self.rows)
        data: list[Value] = []
        for layer, (rows, stacks) in reversed(list(enumerate(self.packing.layers))):
            start = below - rows
            found = self._layer(m, f"layer_{layer}", range(start, below), stacks, addresses)
            upper = [address < below for address in addresses]
            data = [Mux(*each) for each in zip(upper, found, data, strict=True)] if data else found
            below = start
        for reader, value in zip(self.readers, data, strict=True):
            m.d.comb += reader.data.eq(value)
        return m

    def _layer(
        self, m: Module, name: str, rows: range, stacks: tuple[Stack, ...], addresses: Sequence[Signal]
    ) -> list[Value]:
        """For each reader the columns of `rows`, at the address of the cycle before."""
        columns: list[list[Value]] = [[] for _ in addresses]
        at = 0
        for place, stack in enumerate(stacks):
            parts: list[list[Value]] = [[] for _ in addresses]
            for number, first in enumerate(rows[:: stack.rows]):
                held = self.rows[first : min(first + stack.rows, rows.stop)]
                init = [row >> at & (1 << stack.columns) - 1 for row in held]
                memory = Memory(shape=stack.columns, depth=len(init), init=init)
                m.submodules[f"{name}_{place}_{number}"] = memory
                for reader, own in zip(self.readers, parts, strict=True):
                    port = memory.read_port()
                    m.d.comb += [port.addr.eq(reader.address - rows.start), port.en.eq(reader.enable)]
                    own.append(port.data)
            for address, own, found in zip(addresses, parts, columns, strict=True):
                part = (address - rows.start)[ceil_log2(stack.rows) :]
                found.append(Array(own)[part] if len(own) > 1 else own[0])
            at += stack.columns
        return [Cat(found) for found in columns]
