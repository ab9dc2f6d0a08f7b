"""ECP5's EHXPLLL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from amaranth.hdl import ClockDomain, ClockSignal, Instance, Module, Signal

from hwgen.chips.pll.pll import Between, OutputFeedbackPll, oscillator

INPUT, PHASES, VCO, OUTPUT = (Between.of(*ends) for ends in ((8, 400), (3.125, 400), (400, 800), (3.125, 400)))
"""Lattice ECP5 family data sheet, sysCLOCK PLL timing."""
DIVIDERS = range(1, 129)


@dataclass(frozen=True)
class Ecp5Pll(OutputFeedbackPll):
    """ECP5's EHXPLLL."""

    @classmethod
    def settings(cls, part: str, reference: Fraction) -> Iterator[Self]:
        if reference not in INPUT:
            return
        for divider in DIVIDERS:
            if reference / divider not in PHASES:
                break
            for feedback in DIVIDERS:
                clock = reference * feedback / divider
                if clock in OUTPUT:
                    output = min(max(round(VCO.middle() / clock), 1), DIVIDERS[-1])
                    setting = cls(reference, divider, feedback, output)
                    if setting.vco in VCO:
                        yield setting

    def clocking(self, m: Module, platform: Any) -> None:
        """As Amaranth's platform: all registers hang on the global reset, here until the lock, so `sync` has none."""
        clock, locked, seen, released = Signal(name="pll_clk"), Signal(name="pll_locked"), Signal(), Signal()
        m.submodules.pll = Instance(
            "EHXPLLL",
            # Of the analogue part, as Lattice's own generator sets them.
            a_ICP_CURRENT="12",
            a_LPF_RESISTOR="8",
            a_MFG_ENABLE_FILTEROPAMP="1",
            a_MFG_GMCREF_SEL="2",
            p_PLLRST_ENA="DISABLED",
            p_INTFB_WAKE="DISABLED",
            p_STDBY_ENABLE="DISABLED",
            p_DPHASE_SOURCE="DISABLED",
            p_OUTDIVIDER_MUXA="DIVA",
            p_CLKOP_ENABLE="ENABLED",
            p_CLKI_DIV=self.divider,
            p_CLKFB_DIV=self.feedback,
            p_CLKOP_DIV=self.output,
            p_CLKOP_CPHASE=self.output - 1,
            p_CLKOP_FPHASE=0,
            p_FEEDBK_PATH="CLKOP",
            i_CLKI=oscillator(m, platform),
            i_CLKFB=clock,
            i_RST=0,
            i_STDBY=0,
            i_PHASESEL0=0,
            i_PHASESEL1=0,
            i_PHASEDIR=0,
            i_PHASESTEP=0,
            i_PHASELOADREG=0,
            i_PLLWAKESYNC=0,
            i_ENCLKOP=0,
            o_CLKOP=clock,
            o_LOCK=locked,
        )
        for name, before, after in (("lock_seen", locked, seen), ("lock_passed", seen, released)):
            m.submodules[name] = Instance("FD1S3AX", p_GSR="DISABLED", i_CK=clock, i_D=before, o_Q=after)
        m.submodules.reset = Instance("SGSR", i_CLK=clock, i_GSR=released)
        m.domains.sync = ClockDomain(reset_less=True)
        m.d.comb += ClockSignal().eq(clock)
        platform.add_clock_constraint(clock, float(self.frequency))
