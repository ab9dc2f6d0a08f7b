"""From values to places on a picture, in per cent, so that pictures fit any width and their text keeps its size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Tick:
    """A place on an axis, in per cent, and what stands there."""

    place: float
    label: str


@dataclass(frozen=True)
class LogScale:
    """An axis on which a factor is a distance.

    Attributes:
        low, high: its ends, both above zero.
    """

    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> LogScale:
        """The axis for some values, none of them at its ends."""
        listed = [max(value, 1e-9) for value in values]
        margin = max((max(listed) / min(listed)) ** 0.08, 1.2)
        return cls(min(listed) / margin, max(listed) * margin)

    def at(self, value: float) -> float:
        """The place of a value."""
        return round(100 * math.log(max(value, 1e-9) / self.low) / math.log(self.high / self.low), 2)

    def ticks(self) -> list[Tick]:
        """Round values on the axis, about five."""
        decades = math.log10(self.high / self.low)
        steps = (1,) if decades > 3 else (1, 3) if decades > 2 else (1, 2, 5) if decades > 0.8 else tuple(range(1, 10))
        ticks = [Tick(self.at(value), short(value)) for value in self._round(steps)]
        return ticks if len(ticks) > 1 else [Tick(self.at(value), short(value)) for value in (self.low, self.high)]

    def _round(self, steps: tuple[int, ...]) -> Iterator[float]:
        for power in range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1):
            yield from (step * 10.0**power for step in steps if self.low <= step * 10.0**power <= self.high)


def short(value: float) -> str:
    """A value of about three digits, such as 350, 12k or 1.2M."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{letter}"
    return f"{value:.3g}"
