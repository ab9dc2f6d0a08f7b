"""The item vectors of a hyperdimensional encoder, from a memory of seeds and shift registers unrolled."""

from __future__ import annotations

from functools import reduce
from operator import xor

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.graph.hypervector import Hypervector
from hwgen.graph.shift_register import TAPS, seed_bits


class ItemMemory(wiring.Component):
    """Part of a symbol's item vector, two cycles after its row was asked for.

    Row ``pass * symbols + symbol`` is the pass's part of the symbol. Initiation interval one cycle. Costs a memory of
    16 bits for each block of each symbol (of the block's bits, if it has fewer), and a look-up table and a flip-flop
    for every other value of a part. The exclusive-ors are ``(block - 16) / 11`` tables deep.

    Args:
        passes: parts of a vector.

    Ports:
        row: of the seeds that are read.
        enable: on in cycles in which to move on.
        item: ``dimension / passes`` bits.
    """

    LATENCY = 2

    def __init__(self, node: Hypervector, passes: int) -> None:
        self.node, self.passes = node, passes
        self.lanes = node.dimension // passes
        self.depth = passes * node.symbol_count
        super().__init__({"row": In(range(self.depth)), "enable": In(1), "item": Out(self.lanes)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        block, width = self.node.block, seed_bits(self.node.block)
        blocks = self.lanes // block
        rows = self.node.seeds.reshape(-1, self.passes, blocks).transpose(1, 0, 2).reshape(-1, blocks)
        m.submodules.seeds = memory = Memory(
            shape=blocks * width,
            depth=self.depth,
            init=[sum(seed << place * width for place, seed in enumerate(row)) for row in rows.tolist()],
        )
        read = memory.read_port()
        m.d.comb += [read.addr.eq(self.row), read.en.eq(self.enable)]
        # A register for each block; one for all lanes would be slow to simulate.
        expanded = [Signal(block, name=f"item_{number}", reset_less=True) for number in range(blocks)]
        for number, part in enumerate(expanded):
            row = self._expanded(m, read.data.word_select(number, width), f"row_{number}")
            with m.If(self.enable):
                m.d.sync += part.eq(row)
        m.d.comb += self.item.eq(Cat(expanded))
        return m

    def _expanded(self, m: Module, row: Value, name: str) -> Value:
        """As `hwgen.graph.shift_register.expand`, as many bits at a time as come from those that are there."""
        for start in range(len(row), self.node.block, min(TAPS)):
            more = Signal(min(min(TAPS), self.node.block - start), name=f"{name}_from_{start}")
            m.d.comb += more.eq(reduce(xor, (row[start - tap : start - tap + len(more)] for tap in TAPS)))
            row = Cat(row, more)
        return row
