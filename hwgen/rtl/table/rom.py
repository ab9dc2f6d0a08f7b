"""A table in block RAM, cut to the blocks' shape."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Array, Cat, Module, Mux, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hwgen.chips.family import GENERIC, Family
from hwgen.rtl.pipeline import register
from hwgen.rtl.table.packing import Packing, Stack

ROM_LATENCY = 2


def rom_port(depth: int, width: int) -> wiring.Signature:
    """Of who reads a ROM: `data` is the row at `address` two cycles of `enable` later.

    Past the last row, `data` is any row's or zero.
    """
    return wiring.Signature({"address": Out(range(depth)), "enable": Out(1), "data": In(width)})


class PackedRom(wiring.Component):
    """One row a cycle to each reader, each block RAM a memory of its own, so that synthesis need not choose the cut.

    Latency `ROM_LATENCY` cycles, initiation interval 1. Costs the `packing`'s block RAMs, for each of its multiplexers
    half a four-input look-up table to one, and a flip-flop for each bit of `data`; on ECP5 the block RAMs' own output
    registers serve. Two readers take the two ports that block RAMs have; iCE40's have one to read, and are doubled.

    Ports:
        readers: `rom_port`, one each.
    """

    def __init__(
        self, packing: Packing, width: int, rows: Sequence[int], *, readers: int = 1, family: Family = GENERIC
    ) -> None:
        """
        Args:
            family: of the part.
        """
        self.packing, self.rows, self.family = packing, rows, family
        super().__init__({"readers": In(rom_port(len(rows), width)).array(readers)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        placed = self.family.block_ram_registers and platform is not None
        addresses = []
        for number, reader in enumerate(self.readers):
            address: Value = reader.address
            for cycle in range(ROM_LATENCY if placed else 1):
                address = register(m, reader.enable, address, f"address_{number}_{cycle}")
            addresses.append(address)
        below = len(self.rows)
        data: list[Value] = []
        for layer, (rows, stacks) in reversed(list(enumerate(self.packing.layers))):
            start = below - rows
            lower = self._layer(m, f"layer_{layer}", range(start, below), stacks, addresses, placed)
            upper = [address < below for address in addresses]
            data = [Mux(*each) for each in zip(upper, lower, data, strict=True)] if data else lower
            below = start
        for number, (reader, value) in enumerate(zip(self.readers, data, strict=True)):
            m.d.comb += reader.data.eq(value if placed else register(m, reader.enable, value, f"data_{number}"))
        return m

    def _layer(
        self, m: Module, name: str, rows: range, stacks: tuple[Stack, ...], addresses: Sequence[Value], placed: bool
    ) -> list[Value]:
        """For each reader the columns of `rows`, at its address of as many cycles before as they take."""
        columns: list[list[Value]] = [[] for _ in addresses]
        at = 0
        for place, stack in enumerate(stacks):
            parts: list[list[Value]] = [[] for _ in addresses]
            for number, first in enumerate(rows[:: stack.rows]):
                held = self.rows[first : min(first + stack.rows, rows.stop)]
                init = [row >> at & (1 << stack.columns) - 1 for row in held]
                reads = [(reader.address - rows.start, reader.enable) for reader in self.readers]
                words = self._block(m, f"{name}_{place}_{number}", stack, init, reads, placed)
                for own, part in zip(parts, words, strict=True):
                    own.append(part)
            for address, own, all_ in zip(addresses, parts, columns, strict=True):
                which = (address - rows.start)[ceil_log2(stack.rows) :]
                all_.append(Array(own)[which] if len(own) > 1 else own[0])
            at += stack.columns
        return [Cat(each) for each in columns]

    def _block(
        self,
        m: Module,
        name: str,
        stack: Stack,
        init: list[int],
        readers: Sequence[tuple[Value, Value]],
        placed: bool,
    ) -> list[Value]:
        """One block RAM."""
        if placed and (columns := self.family.block_ram_columns(stack.rows)) is not None:
            return [data[: stack.columns] for data in self.family.block_ram(m, columns, init, readers)]
        memory = Memory(shape=stack.columns, depth=len(init), init=init)
        m.submodules[name] = memory
        outputs = []
        for number, (address, enable) in enumerate(readers):
            port = memory.read_port()
            m.d.comb += [port.addr.eq(address), port.en.eq(enable)]
            outputs.append(register(m, enable, port.data, f"{name}_{number}") if placed else port.data)
        return outputs
