"""Which lane multiplies what in which cycle, decided at generation time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwgen.errors import HwgenError
from hwgen.graph.tensor import Integers

PIPELINE_GAP = 3
"""Cycles that must lie between the entry that writes a partial sum and the next token's entry that reads it."""


@dataclass(frozen=True)
class Entry:
    """One multiply-accumulate of one lane.

    Attributes:
        weight, channel: the product ``weight * x[channel]``.
        begin, end: first and last entry of the products of one tap.
        fresh: the tap starts a window: it begins with the filter's constant, not with a partial sum.
        emit: the tap completes a window: its sum leaves; otherwise it is stored for the next token.
    """

    weight: int = 0
    channel: int = 0
    begin: bool = False
    end: bool = False
    fresh: bool = False
    emit: bool = False


@dataclass(frozen=True)
class Lane:
    """One lane's filters, in the order it serves them, and its entries for one token."""

    filters: tuple[int, ...]
    entries: tuple[Entry, ...]

    @cached_property
    def slots(self) -> int:
        """Partial sums kept between tokens."""
        return sum(entry.end and not entry.emit for entry in self.entries)

    @property
    def shortest_period(self) -> int:
        """Fewest cycles per token at which no partial sum is read before it is written."""
        writes = [i for i, entry in enumerate(self.entries) if entry.end and not entry.emit]
        reads = [i for i, entry in enumerate(self.entries) if entry.begin and not entry.fresh]
        gaps = [write + PIPELINE_GAP - read for write, read in zip(writes, reads, strict=True)]
        return max([len(self.entries), *gaps])


@dataclass(frozen=True)
class Schedule:
    """All lanes in lock-step.

    Attributes:
        lanes: each with entries for `period` cycles at most; the rest of the period it idles.
        period: cycles per token.
        products: non-zero weights in all.
    """

    lanes: tuple[Lane, ...]
    period: int
    products: int

    @classmethod
    def of(cls, filters: list[Integers], lanes: int) -> Schedule:
        """Share `filters` (each ``(width, channels)``, oldest tap first) out, longest first, to the least busy lane.

        Raises:
            HwgenError: unless 1 <= lanes <= number of filters.
        """
        if not 1 <= lanes <= len(filters):
            raise HwgenError(f"lanes: {lanes} is outside 1..{len(filters)} (a lane serves whole filters)")
        entries = [_filter_entries(weights) for weights in filters]
        shares: list[list[int]] = [[] for _ in range(lanes)]
        load = [0] * lanes
        for index in sorted(range(len(filters)), key=lambda i: (-len(entries[i]), i)):
            lane = load.index(min(load))
            shares[lane].append(index)
            load[lane] += len(entries[index])
        made = tuple(
            Lane(tuple(sorted(share)), tuple(entry for index in sorted(share) for entry in entries[index]))
            for share in shares
        )
        period = max(lane.shortest_period for lane in made)
        return cls(made, period, sum(int(np.count_nonzero(weights)) for weights in filters))


def _filter_entries(weights: Integers) -> list[Entry]:
    """Newest tap first, so that each partial sum is read before it is replaced; only non-zero weights.

    Leading zero taps are left out altogether; a zero tap inside costs one entry, which moves the partial sum on.
    """
    width = len(weights)
    used = np.flatnonzero(weights.any(axis=1))
    oldest = int(used[0]) if used.size else width - 1
    entries = []
    for tap in range(width - 1, oldest - 1, -1):
        channels = np.flatnonzero(weights[tap]).tolist() or [0]
        for place, channel in enumerate(channels):
            entries.append(
                Entry(
                    weight=int(weights[tap, channel]),
                    channel=channel,
                    begin=place == 0,
                    end=place == len(channels) - 1,
                    fresh=tap == oldest,
                    emit=tap == width - 1,
                )
            )
    return entries
