"""What every family's PLL has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from amaranth.build import Clock
from amaranth.hdl import Module
from amaranth.lib import io


@dataclass(frozen=True)
class Between:
    """A range of frequencies in MHz, both ends included, as data sheets give them."""

    least: Fraction
    most: Fraction

    @classmethod
    def of(cls, least: float, most: float) -> Self:
        """Exactly these."""
        return cls(Fraction(least), Fraction(most))

    def __contains__(self, frequency: Fraction) -> bool:
        return self.least <= frequency / 1_000_000 <= self.most

    def __mul__(self, factor: Fraction) -> Between:
        return Between(self.least * factor, self.most * factor)

    def middle(self) -> Fraction:
        """Of it, in Hz."""
        return (self.least + self.most) * 500_000


@dataclass(frozen=True)
class Pll(ABC):
    """A PLL set to make one clock of another.

    Attributes:
        reference: what goes in, in Hz.
    """

    reference: Fraction

    @classmethod
    @abstractmethod
    def settings(cls, part: str, reference: Fraction) -> Iterator[Self]:
        """Every setting that the part's data sheet allows; none where the part has no PLL that hwgen knows.

        Args:
            part: as its vendor names it.
            reference: in Hz.
        """

    @property
    @abstractmethod
    def frequency(self) -> Fraction:
        """What comes out, in Hz."""

    @property
    @abstractmethod
    def phases(self) -> Fraction:
        """The frequency at which its phase detector compares, in Hz."""

    @property
    @abstractmethod
    def vco(self) -> Fraction:
        """The frequency of its oscillator, in Hz."""

    @abstractmethod
    def clocking(self, m: Module, platform: Any) -> None:
        """Add domain `sync` to `m`, clocked by the PLL; its registers are held in reset, or their clock stands still,
        until the PLL has locked."""


@dataclass(frozen=True)
class OutputFeedbackPll(Pll):
    """A PLL whose phase detector watches its output, behind the last divider: ``frequency = reference * feedback /
    divider``, ``vco = frequency * output``."""

    divider: int
    feedback: int
    output: int

    @property
    def frequency(self) -> Fraction:
        return self.reference * self.feedback / self.divider

    @property
    def phases(self) -> Fraction:
        return self.reference / self.divider

    @property
    def vco(self) -> Fraction:
        return self.frequency * self.output


def oscillator(m: Module, platform: Any) -> Any:
    """Request the board's clock pin, through an input buffer added to `m`."""
    m.submodules.oscillator = buffer = io.Buffer("i", platform.request(platform.default_clk, dir="-"))
    return buffer.i


def reference_of(platform: Any) -> Fraction:
    """The board's oscillator, in Hz."""
    constraint = platform.default_clk_constraint
    assert isinstance(constraint, Clock)
    return Fraction(constraint.frequency)
