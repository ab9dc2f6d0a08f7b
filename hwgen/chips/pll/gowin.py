"""Gowin's rPLL and PLLVR."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Self

from amaranth.hdl import ClockDomain, ClockSignal, Const, Instance, Module, Signal
from amaranth.lib.cdc import ResetSynchronizer

from hwgen.chips.pll.pll import Between, OutputFeedbackPll, oscillator

FEEDBACKS = range(1, 65)
OUTPUTS = (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128)


@dataclass(frozen=True)
class Limits:
    """What a part's data sheet allows, and which primitive its PLL is."""

    primitive: str
    phases: Between
    vco: Between
    output: Between


_GW1N_1 = Limits("rPLL", Between.of(3, 400), Between.of(400, 900), Between.of(3.125, 450))
_GW1N_9 = Limits("rPLL", Between.of(3, 400), Between.of(400, 1200), Between.of(3.125, 600))
_GW1NZ_1 = Limits("rPLL", Between.of(3, 400), Between.of(400, 800), Between.of(3.125, 400))
_GW1N_4 = Limits("PLLVR", Between.of(3, 400), Between.of(400, 1000), Between.of(3.125, 500))
_GW1NS_4 = Limits("PLLVR", Between.of(3, 400), Between.of(400, 1200), Between.of(3.125, 600))
_GW2A_18 = Limits("rPLL", Between.of(3, 500), Between.of(500, 1250), Between.of(3.90625, 625))
LIMITS = {
    "GW1N-1": _GW1N_1,
    "GW1NR-1": _GW1N_1,
    "GW1NZ-1": _GW1NZ_1,
    "GW1N-4": _GW1N_4,
    "GW1NR-4": _GW1N_4,
    "GW1NS-4": _GW1NS_4,
    "GW1NSR-4": _GW1NS_4,
    "GW1N-9": _GW1N_9,
    "GW1NR-9": _GW1N_9,
    "GW2A-18": _GW2A_18,
    "GW2AR-18": _GW2A_18,
}
"""Gowin data sheets DS117, DS861, DS226 and kin, PLL switching characteristics of speed grades C6/I5 and faster."""
SLOW, SLOWER = "C5/I4", Fraction(4, 5)
"""The slowest grade, and how fast its PLL is beside the others."""


@dataclass(frozen=True)
class GowinPll(OutputFeedbackPll):
    """Gowin's rPLL or PLLVR, by the part."""

    @classmethod
    def settings(cls, part: str, reference: Fraction) -> Iterator[Self]:
        limits = limits_of(part)
        for divider in range(1, 65):
            if limits is None or reference / divider not in limits.phases:
                break
            for feedback in FEEDBACKS:
                for output in OUTPUTS:
                    setting = cls(reference, divider, feedback, output)
                    if setting.frequency in limits.output and setting.vco in limits.vco:
                        yield setting

    def clocking(self, m: Module, platform: Any) -> None:
        """The reset is let go two cycles after the lock, and holds again as soon as the lock is lost."""
        limits = limits_of(platform.part)
        assert limits is not None
        clock, locked = Signal(name="pll_clk"), Signal(name="pll_locked")
        m.submodules.pll = Instance(
            limits.primitive,
            p_FCLKIN=f"{float(self.reference) / 1e6:g}",
            p_DEVICE=platform.family,
            p_IDIV_SEL=self.divider - 1,
            p_FBDIV_SEL=self.feedback - 1,
            p_ODIV_SEL=self.output,
            p_DYN_IDIV_SEL="false",
            p_DYN_FBDIV_SEL="false",
            p_DYN_ODIV_SEL="false",
            p_DYN_DA_EN="false",
            p_DYN_SDIV_SEL=2,
            p_PSDA_SEL="0000",
            p_DUTYDA_SEL="1000",
            p_CLKFB_SEL="internal",
            p_CLKOUT_BYPASS="false",
            p_CLKOUTP_BYPASS="false",
            p_CLKOUTD_BYPASS="false",
            i_CLKIN=oscillator(m, platform),
            # No CLKFB, which the internal feedback does not need: with a 0 there, nextpnr looks from each of the PLL's
            # inputs that are 0 through the whole chip for a clock divider before it, for most of a minute.
            i_RESET=0,
            i_RESET_P=0,
            i_FBDSEL=Const(0, 6),
            i_IDSEL=Const(0, 6),
            i_ODSEL=Const(0, 6),
            i_PSDA=Const(0, 4),
            i_DUTYDA=Const(0, 4),
            i_FDLY=Const(0, 4),
            **({"i_VREN": 1} if limits.primitive == "PLLVR" else {}),
            o_CLKOUT=clock,
            o_LOCK=locked,
        )
        m.domains.sync = ClockDomain()
        m.d.comb += ClockSignal().eq(clock)
        m.submodules.reset = ResetSynchronizer(~locked)
        platform.add_clock_constraint(clock, float(self.frequency))


def limits_of(part: str) -> Limits | None:
    """Of a part number such as GW1NR-LV9QN88PC6/I5; None where hwgen does not know its PLL."""
    match = re.match(r"(GW\w+)-[A-Z]*(\d+)[A-Z]", part)
    limits = LIMITS.get(f"{match[1]}-{match[2]}") if match else None
    if limits is None or not part.endswith(SLOW):
        return limits
    return replace(
        limits,
        phases=Between(limits.phases.least, limits.phases.most * SLOWER),
        vco=limits.vco * SLOWER,
        output=limits.output * SLOWER,
    )
