"""The MMCM of Xilinx 7-series parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from amaranth.hdl import ClockDomain, ClockSignal, Instance, Module, Signal

from hwgen.chips.pll.pll import Between, Pll, oscillator

INPUT, PHASES, VCO, OUTPUT = (Between.of(*ends) for ends in ((10, 800), (10, 450), (600, 1200), (4.69, 800)))
"""Xilinx DS181, MMCM switching characteristics of the slowest speed grade, -1."""
DIVIDERS, MULTIPLIERS, OUTPUTS = range(1, 107), range(2, 65), range(1, 129)


@dataclass(frozen=True)
class SevenSeriesPll(Pll):
    """Whole numbers only: ``vco = reference * multiplier / divider``, ``frequency = vco / output``."""

    divider: int
    multiplier: int
    output: int

    @classmethod
    def settings(cls, part: str, reference: Fraction) -> Iterator[Self]:
        for divider in DIVIDERS:
            if reference not in INPUT or reference / divider not in PHASES:
                break
            for multiplier in MULTIPLIERS:
                vco = reference * multiplier / divider
                if vco in VCO:
                    yield from (cls(reference, divider, multiplier, out) for out in OUTPUTS if vco / out in OUTPUT)

    @property
    def frequency(self) -> Fraction:
        return self.vco / self.output

    @property
    def phases(self) -> Fraction:
        return self.reference / self.divider

    @property
    def vco(self) -> Fraction:
        return self.reference * self.multiplier / self.divider

    def clocking(self, m: Module, platform: Any) -> None:
        """The clock stands still until the lock, and registers keep what the bitstream gave them: `sync` has no reset,
        as on Amaranth's platform."""
        made, clock, locked, feedback = Signal(), Signal(name="pll_clk"), Signal(name="pll_locked"), Signal()
        m.submodules.pll = Instance(
            "MMCME2_BASE",
            p_BANDWIDTH="OPTIMIZED",
            p_CLKIN1_PERIOD=float(1_000_000_000 / self.reference),
            p_DIVCLK_DIVIDE=self.divider,
            p_CLKFBOUT_MULT_F=float(self.multiplier),
            p_CLKOUT0_DIVIDE_F=float(self.output),
            i_CLKIN1=oscillator(m, platform),
            i_CLKFBIN=feedback,
            i_RST=0,
            i_PWRDWN=0,
            o_CLKFBOUT=feedback,
            o_CLKOUT0=made,
            o_LOCKED=locked,
        )
        # A BUFGCE in other words: Vivado takes that name amiss on 7-series.
        m.submodules.gate = Instance(
            "BUFGCTRL",
            **({"p_SIM_DEVICE": "7SERIES"} if platform.toolchain == "Vivado" else {}),
            i_I0=made,
            i_S0=1,
            i_CE0=locked,
            i_IGNORE0=0,
            i_I1=1,
            i_S1=0,
            i_CE1=0,
            i_IGNORE1=1,
            o_O=clock,
        )
        m.domains.sync = ClockDomain(reset_less=True)
        m.d.comb += ClockSignal().eq(clock)
        platform.add_clock_constraint(clock, float(self.frequency))
