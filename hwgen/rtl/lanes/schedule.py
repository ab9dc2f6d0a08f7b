"""Which lane multiplies what in which cycle, and which sum it goes to, decided at generation time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from hwgen.errors import HwgenError
from hwgen.graph.tensor import Integers


class Product(NamedTuple):
    """One non-zero weight of a filter, to be multiplied by ``x[channel]`` of the vector `age` before the newest."""

    filter: int
    weight: int
    age: int
    channel: int

    @property
    def operand(self) -> tuple[int, int]:
        return self.age, self.channel


@dataclass(frozen=True)
class Span:
    """The cycles in which a unit sums up a filter, both ends included."""

    filter: int
    begin: int
    end: int


@dataclass(frozen=True)
class Unit:
    """One accumulator.

    Attributes:
        spans: the filters it serves, in order; they do not overlap.
        feeds: of each lane that has products of these filters, its number and in which cycles it has them.
    """

    spans: tuple[Span, ...]
    feeds: tuple[tuple[int, tuple[bool, ...]], ...]

    @property
    def filters(self) -> tuple[int, ...]:
        return tuple(span.filter for span in self.spans)


@dataclass(frozen=True)
class Schedule:
    """All lanes in lock-step, over and over again.

    Attributes:
        lanes: of each its product in every cycle of the period; None where it idles.
        units: the accumulators; most serve one lane's filters, one after the other.
        period: cycles per vector.
        products: non-zero weights in all.
    """

    lanes: tuple[tuple[Product | None, ...], ...]
    units: tuple[Unit, ...]
    period: int
    products: int

    @cached_property
    def filters(self) -> tuple[int, ...]:
        """Those that have a weight; the sum of any other is nought."""
        return tuple(sorted(number for unit in self.units for number in unit.filters))

    @classmethod
    def of(cls, filters: Sequence[Integers], lanes: int, kinds: Sequence[int] | None = None) -> Schedule:
        """The shortest period there is for so many lanes: ``ceil(products / lanes)``.

        All products, filter by filter, lie in one line, which is cut into a lane's work after every `period` of them
        (McNaughton, "Scheduling with deadlines and loss functions", 1959). The order of the filters is free, and so
        whole ones are put together that fill a lane, where there are such; any other cut makes one sum of two lanes'
        products at the same time, which takes an adder more. For that, every second lane is filled backwards: both
        pieces of a filter then end, or begin, together, within the time in which the longer one's unit serves it.
        A filter of more than `period` products has lanes of its own, and what remains goes to a lane of others.

        Args:
            filters: each ``(width, channels)``, oldest tap first.
            lanes: those that the period does not need are left out.
            kinds: of each filter; a lane is filled with filters of one kind where that is possible.

        Raises:
            HwgenError: unless 1 <= lanes <= non-zero weights.
        """
        listed = [
            list(_products(number, weights.tobytes(), weights.shape, weights.dtype.str))
            for number, weights in enumerate(filters)
        ]
        total = sum(map(len, listed))
        most = max(total, 1)
        if not 1 <= lanes <= most:
            raise HwgenError(f"lanes: {lanes} is outside 1..{most} (one for each weight that is not zero)")
        if not total:
            listed[0] = [Product(0, 0, 0, 0)]
        period = -(-most // lanes)
        return _Filling(listed, period, -(-most // period), kinds or [0] * len(filters)).schedule(total)


@lru_cache(maxsize=4096)
def _products(number: int, data: bytes, shape: tuple[int, ...], kind: str) -> tuple[Product, ...]:
    """In the order of their weights, so that lanes that share a filter have weights of like sign and size."""
    weights = np.frombuffer(data, dtype=kind).reshape(shape)
    taps, channels = np.nonzero(weights)
    ages = len(weights) - 1 - taps
    entries = zip(weights[taps, channels].tolist(), ages.tolist(), channels.tolist(), strict=True)
    return tuple(Product(number, *entry) for entry in sorted(entries))


@dataclass
class _Piece:
    """Products of one filter on one lane, and of which unit they are."""

    products: list[Product]
    unit: int


@dataclass
class _Lane:
    """Pieces in the order of the line: forwards, or backwards in time."""

    pieces: list[_Piece] = field(default_factory=list)

    @property
    def load(self) -> int:
        return sum(len(piece.products) for piece in self.pieces)


class _Filling:
    """Lanes, filled one by one."""

    def __init__(self, filters: list[list[Product]], period: int, lanes: int, kinds: Sequence[int]) -> None:
        self.period, self.kinds = period, kinds
        self.lanes: list[_Lane] = []
        self.slack = lanes * period - sum(map(len, filters))
        # What has no lane of its own yet: the products, and the unit of those whose filter has one.
        self.left: list[tuple[list[Product], int | None]] = []
        for products in filters:
            whole = len(products) // period
            unit = len(self.lanes)
            for place in range(whole):
                self.lanes.append(_Lane([_Piece(products[place * period : (place + 1) * period], unit)]))
            if len(products) % period:
                self.left.append((products[whole * period :], unit if whole else None))
        self.left.sort(key=lambda item: -len(item[0]))
        self.backwards = [False] * len(self.lanes)
        self._fill_others()

    def _fill_others(self) -> None:
        carried: _Piece | None = None
        backwards = False
        while self.left or carried:
            lane, number = _Lane(), len(self.lanes)
            self.lanes.append(lane)
            self.backwards.append(backwards)
            if carried:
                lane.pieces.append(carried)
                carried = None
            room = self.period - lane.load
            chosen = self._choose(room)
            for place in chosen:
                products, unit = self.left[place]
                lane.pieces.append(_Piece(products, number if unit is None else unit))
            self.left = [item for place, item in enumerate(self.left) if place not in chosen]
            gap = self.period - lane.load
            if gap <= self.slack or not self.left:
                self.slack -= gap
                continue
            products, unit = self.left.pop(0)  # the greatest; what fits would have been chosen
            here, there = products[:gap], products[gap:]
            if unit is None:
                unit = number if len(here) >= len(there) else number + 1
            lane.pieces.append(_Piece(here, unit))
            carried = _Piece(there, unit)
            backwards = not backwards

    def _choose(self, room: int) -> set[int]:
        """Of what is left, a set that fills a lane, of one kind if possible; or else as far as any can."""
        everything = range(len(self.left))
        kinds = [self.kinds[products[0].filter] for products, _ in self.left]
        for kind in sorted(set(kinds), key=lambda kind: (-kinds.count(kind), kind)):
            own = self._fill([place for place in everything if kinds[place] == kind], room)
            if sum(len(self.left[place][0]) for place in own) == room:
                return own
        return self._fill(everything, room)

    def _fill(self, places: Sequence[int], room: int) -> set[int]:
        """A set of these of what is left that fills as much room as any, with the greatest."""
        reach = [1]  # bit n: some of the last ones have n products together
        for place in reversed(places):
            reach.append(reach[-1] | reach[-1] << len(self.left[place][0]) & (2 << room) - 1)
        reach.reverse()
        size = reach[0].bit_length() - 1
        chosen = set()
        for place, behind in zip(places, reach[1:], strict=True):
            rest = size - len(self.left[place][0])
            if rest >= 0 and behind >> rest & 1:
                chosen.add(place)
                size = rest
        return chosen

    def schedule(self, total: int) -> Schedule:
        """What lies in each cycle."""
        rows: list[tuple[Product | None, ...]] = []
        owners: list[list[int | None]] = []
        for lane, backwards in zip(self.lanes, self.backwards, strict=True):
            row: list[Product | None] = [product for piece in lane.pieces for product in piece.products]
            owner: list[int | None] = [piece.unit for piece in lane.pieces for _ in piece.products]
            idle = self.period - len(row)
            # A filter that is cut between this lane and the last, or the next, lies at the end they have in common.
            row, owner = row + [None] * idle, owner + [None] * idle
            rows.append(tuple(reversed(row) if backwards else row))
            owners.append(list(reversed(owner) if backwards else owner))
        masks: dict[int, dict[int, list[bool]]] = {}
        for place, served in enumerate(owners):
            for owned in dict.fromkeys(unit for unit in served if unit is not None):
                masks.setdefault(owned, {})[place] = [unit == owned for unit in served]
        units = []
        for number, feeds in sorted(masks.items()):
            cycles: dict[int, list[int]] = {}
            for cycle, product in enumerate(rows[number]):
                if product is not None and owners[number][cycle] == number:
                    cycles.setdefault(product.filter, []).append(cycle)
            spans = tuple(Span(filter_, min(own), max(own)) for filter_, own in cycles.items())
            units.append(Unit(spans, tuple((fed, tuple(mask)) for fed, mask in feeds.items())))
        return Schedule(tuple(rows), tuple(units), self.period, total)
