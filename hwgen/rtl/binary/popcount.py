"""The number of ones in a vector."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.chips.cells.adders import Wires
from hwgen.chips.family import GENERIC, Family
from hwgen.rtl.binary.compressor import Compressor


class Popcount(wiring.Component):
    """Counts the ones of `bits`, by a tree of adders made for a part's cells.

    Latency ``latency`` cycles, initiation interval 1. Costs two thirds of a look-up table a bit on 7-series, 1.4 on
    ECP5, 1.5 on iCE40 and Gowin (`docs/results/popcount.md`), and with registers the bits that cross a stage.

    Args:
        inputs: how many bits.
        family: of the part whose primitives it is made of. Without a platform, as in simulation,
            the sums of the same tree are plain.
        levels_per_stage: levels of adders between two registers; 0 for none at all.

    Ports:
        bits: the vector.
        enable: lets the registers take the next values.
        count: 0 to `inputs`.
    """

    def __init__(self, inputs: int, family: Family = GENERIC, *, levels_per_stage: int = 0) -> None:
        self.plan = Compressor.of(inputs, family)
        self.family = family
        self.levels_per_stage = levels_per_stage
        self.latency = -(-len(self.plan.levels) // levels_per_stage) if levels_per_stage else 0
        super().__init__({"bits": In(inputs), "enable": In(1), "count": Out(self.plan.width)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        plan, family = self.plan, self.family if platform is not None else GENERIC
        wires: Wires = dict(enumerate(self.bits))
        for number, level in enumerate(plan.levels, start=1):
            family.add(m, level, wires)
            for bit in sorted(self._kept(number) & wires.keys()):
                kept = Signal(name=f"bit_{bit}_at_{number}", reset_less=True)
                with m.If(self.enable):
                    m.d.sync += kept.eq(wires[bit])
                wires[bit] = kept
        m.d.comb += self.count.eq(Cat(wires[bit] for bit in plan.result))
        return m

    @property
    def cells(self) -> int:
        """Of all adders."""
        return sum(adder.cells for level in self.plan.levels for adder in level)

    @property
    def flip_flops(self) -> int:
        """Of all registers."""
        known, count = set(range(self.plan.inputs)), 0
        for number, level in enumerate(self.plan.levels, start=1):
            known |= {bit for adder in level for bit in adder.outputs}
            count += len(self._kept(number) & known)
        return count

    def _kept(self, level: int) -> set[int]:
        """Bits that a later level, or the result, still needs, where there is a register behind a level."""
        levels = self.plan.levels
        if not self.latency or (level % self.levels_per_stage and level != len(levels)):
            return set()
        adders = [adder for later in levels[level:] for adder in later]
        return {bit for adder in adders for bit in adder.inputs} | set(self.plan.result)
