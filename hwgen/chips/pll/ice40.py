"""iCE40's SB_PLL40."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from amaranth.hdl import ClockDomain, ClockSignal, Instance, Module, ResetSignal, Signal
from amaranth.lib.cdc import FFSynchronizer

from hwgen.chips.pll.pll import Between, Pll, oscillator

INPUT, PHASES, VCO, OUTPUT = (Between.of(*ends) for ends in ((10, 133), (10, 133), (533, 1066), (16, 275)))
"""Lattice iCE40 UltraPlus and LP/HX data sheets, sysCLOCK PLL timing."""
FILTERS = (17, 26, 44, 66, 101)
"""MHz of the phase detector at which the next loop filter is due, as icepll chooses them."""
POWER_ON = Fraction(15, 1_000_000)
"""Seconds for which iCE40's block RAMs may read as zero once it is configured, five times over."""
PADS = {
    ("iCE40UP5K", "SG48"): ("35",),
    ("iCE40UP5K", "UWG30"): ("B3",),
    ("iCE40HX1K", "TQ144"): ("49",),
    ("iCE40HX4K", "TQ144"): ("49", "129"),
    ("iCE40HX8K", "CT256"): ("F7", "R9"),
    ("iCE40LP8K", "CM81"): ("G4",),
}
"""Pins that feed a PLL directly. Such a pin is no other input while the PLL runs; any other pin goes to the PLL
through the fabric."""


@dataclass(frozen=True)
class Ice40Pll(Pll):
    """With simple feedback: ``vco = reference * (divf + 1) / (divr + 1)``, ``frequency = vco / 2 ** divq``."""

    divr: int
    divf: int
    divq: int

    @classmethod
    def settings(cls, part: str, reference: Fraction) -> Iterator[Self]:
        for divr in range(16):
            if reference not in INPUT or reference / (divr + 1) not in PHASES:
                break
            for divf in range(128):
                for divq in range(1, 7):
                    setting = cls(reference, divr, divf, divq)
                    if setting.vco in VCO and setting.frequency in OUTPUT:
                        yield setting

    @property
    def frequency(self) -> Fraction:
        return self.vco / (1 << self.divq)

    @property
    def phases(self) -> Fraction:
        return self.reference / (self.divr + 1)

    @property
    def vco(self) -> Fraction:
        return self.reference * (self.divf + 1) / (self.divr + 1)

    def clocking(self, m: Module, platform: Any) -> None:
        """The reset lasts from the lock for as long as Amaranth's own power-on reset."""
        clock, locked, ready = Signal(name="pll_clk"), Signal(name="pll_locked"), Signal()
        pin = platform.lookup(platform.default_clk).ios[0].names[0]
        if pin in PADS.get((platform.device, platform.package.upper()), ()):
            port = platform.request(platform.default_clk, dir="-")
            cell, source = "SB_PLL40_PAD", {"i_PACKAGEPIN": port.io}
        else:
            cell, source = "SB_PLL40_CORE", {"i_REFERENCECLK": oscillator(m, platform)}
        m.submodules.pll = Instance(
            cell,
            p_FEEDBACK_PATH="SIMPLE",
            p_PLLOUT_SELECT="GENCLK",
            p_DIVR=self.divr,
            p_DIVF=self.divf,
            p_DIVQ=self.divq,
            p_FILTER_RANGE=1 + sum(self.phases >= bound * 1_000_000 for bound in FILTERS),
            **source,
            i_RESETB=1,
            i_BYPASS=0,
            o_PLLOUTGLOBAL=clock,
            o_LOCK=locked,
        )
        m.domains.sync = ClockDomain()
        m.domains.por = ClockDomain(reset_less=True, local=True)
        m.d.comb += [ClockSignal().eq(clock), ClockSignal("por").eq(clock), ResetSignal().eq(~ready)]
        steady = Signal()
        m.submodules.synchroniser = FFSynchronizer(locked, steady, o_domain="por")
        cycles = int(self.frequency * POWER_ON)
        timer = Signal(range(cycles + 1))
        with m.If(~steady):
            m.d.por += [timer.eq(0), ready.eq(0)]
        with m.Elif(timer == cycles):
            m.d.por += ready.eq(1)
        with m.Else():
            m.d.por += timer.eq(timer + 1)
        platform.add_clock_constraint(clock, float(self.frequency))
