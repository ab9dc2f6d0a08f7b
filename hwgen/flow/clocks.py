"""From a board's oscillator and a wished frequency to the clock that the board runs at."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

from hwgen.chips.families import family_of
from hwgen.chips.pll.pll import Pll, reference_of
from hwgen.errors import HwgenError
from hwgen.rtl.line.baud import least_clock

_OFF = 0.02
"""Of a clock that is asked for: what the fastest that there is may fall short of it."""


@dataclass(frozen=True)
class ClockPlan:
    """What a board runs at.

    Attributes:
        reference: its oscillator, in Hz.
        pll: what makes the clock of it; None where the oscillator is the clock.
    """

    reference: Fraction
    pll: Pll | None = None

    @property
    def frequency(self) -> Fraction:
        """The clock, in Hz, exactly."""
        return self.pll.frequency if self.pll else self.reference

    def __str__(self) -> str:
        megahertz = f"{float(self.frequency) / 1e6:g} MHz"
        return f"{megahertz} by PLL from {float(self.reference) / 1e6:g} MHz" if self.pll else megahertz


class Clocks:
    """Every clock that a board can have.

    Attributes:
        reference: the frequency of its oscillator, in Hz.
    """

    def __init__(self, platform: Any) -> None:
        """
        Args:
            platform: an Amaranth platform, as `hwgen.flow.platform.make` gives it.
        """
        family = family_of(type(platform))
        self.reference, self._pll, self._part = reference_of(platform), family.pll, family.part(platform)

    @cached_property
    def plans(self) -> Sequence[ClockPlan]:
        """All of them, in order of frequency, one each; a part has up to a hundred thousand settings."""
        return _plans(self._pll, self._part, self.reference)

    @cached_property
    def _frequencies(self) -> list[Fraction]:
        return [plan.frequency for plan in self.plans]

    @property
    def own(self) -> ClockPlan:
        """The oscillator itself."""
        return ClockPlan(self.reference)

    def for_line(self, rate: int) -> ClockPlan:
        """The oscillator, or where that is too slow for a line of `rate` bits per second the slowest that is not.

        Raises:
            HwgenError: when there is none.
        """
        least = least_clock(rate)
        return self.own if self.reference >= least else self.at_least(least)

    def at_most(self, hertz: float | Fraction) -> ClockPlan:
        """The fastest that is no faster than `hertz`.

        Raises:
            HwgenError: when all are.
        """
        place = bisect_right(self._frequencies, Fraction(hertz))
        if not place:
            raise self._out_of_reach(hertz)
        return self.plans[place - 1]

    def below(self, hertz: float) -> ClockPlan:
        """`at_most` of a clock that is asked for.

        Raises:
            HwgenError: also when even the fastest is slower by more than `_OFF`.
        """
        if float(self._frequencies[-1]) < (1 - _OFF) * hertz:
            raise self._out_of_reach(hertz)
        return self.at_most(hertz)

    def at_least(self, hertz: float | Fraction) -> ClockPlan:
        """The slowest that is no slower than `hertz`.

        Raises:
            HwgenError: when all are.
        """
        place = bisect_left(self._frequencies, Fraction(hertz))
        if place == len(self.plans):
            raise self._out_of_reach(hertz)
        return self.plans[place]

    def _out_of_reach(self, hertz: float | Fraction) -> HwgenError:
        own = float(self.reference) / 1e6
        wish = f"clock: {float(hertz) / 1e6:g} MHz"
        if len(self.plans) == 1:
            return HwgenError(f"{wish} is not the board's {own:g} MHz, and hwgen knows no PLL of its part")
        least, most = (float(self._frequencies[place]) / 1e6 for place in (0, -1))
        return HwgenError(f"{wish} is out of reach; the board's {own:g} MHz and its PLL give {least:g} to {most:g} MHz")


@lru_cache
def _plans(kind: type[Pll], part: str, reference: Fraction) -> Sequence[ClockPlan]:
    """Every frequency, in order; of settings for the same one that with the fastest phase detector and oscillator,
    which jitter least."""
    best: dict[Fraction, Pll] = {}
    for pll in kind.settings(part, reference):
        other = best.setdefault(pll.frequency, pll)
        if (pll.phases, pll.vco) > (other.phases, other.vco):
            best[pll.frequency] = pll
    plans = {frequency: ClockPlan(reference, pll) for frequency, pll in best.items()}
    plans[reference] = ClockPlan(reference)
    return [plans[frequency] for frequency in sorted(plans)]
