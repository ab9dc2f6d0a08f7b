"""How to count ones with full adders: which bits each adder takes, for a part's own cells.

A full adder takes three bits of one weight and gives two, so a count of n bits takes about n of them. What one costs
depends on the part. On a carry chain it is one cell, but a chain has to begin and to end; as two look-up tables it
stands alone. 7-series look-up tables have six inputs, and two of them before a carry chain add six bits at once. The
plans below are made of these pieces; a family's `add` turns them into cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from hwgen.chips.cells.adders import Adder, Atom
from hwgen.chips.family import Family
from hwgen.errors import HwgenError


@dataclass
class Compressor:
    """A plan: adders level by level. Bits 0 to n-1 are the input, the adders' outputs follow.

    Attributes:
        inputs: n.
        levels: adders whose inputs all come from levels before.
        result: the count's bits, lowest first.
        size: number of bits there are.
    """

    inputs: int
    levels: list[list[Adder]] = field(default_factory=list)
    result: list[int] = field(default_factory=list)
    size: int = 0

    @classmethod
    @cache
    def of(cls, inputs: int, family: Family) -> Compressor:
        """For a part's `family`; lanes that count as many bits share it.

        Raises:
            HwgenError: when there is nothing to count.
        """
        if inputs < 1:
            raise HwgenError(f"popcount: {inputs} inputs; needs at least 1")
        plan = cls(inputs, size=inputs)
        if family.counts_by_columns:
            plan._by_columns()
        else:
            plan.result = plan._tree(list(range(inputs)), fours=family.counts_fours)[0]
        return plan

    @property
    def width(self) -> int:
        """Bits of the count."""
        return self.inputs.bit_length()

    def count(self, ones: Sequence[int]) -> int:
        """What the plan makes of `inputs` bits; what the circuit computes, adder by adder."""
        bits = [*ones, *[0] * (self.size - self.inputs)]
        for adder in (adder for level in self.levels for adder in level):
            total = adder.value(bits)
            for place, output in enumerate(adder.outputs):
                bits[output] = total >> place & 1
            assert total < 1 << len(adder.outputs), "a plan lost a carry"
        return sum(bits[bit] << place for place, bit in enumerate(self.result))

    def _new(self, count: int) -> tuple[int, ...]:
        self.size += count
        return tuple(range(self.size - count, self.size))

    def _put(self, level: int, adder: Adder) -> None:
        while len(self.levels) <= level:
            self.levels.append([])
        self.levels[level].append(adder)

    # Four-input tables: a tree of numbers, each sum taking one more bit along as its carry in.

    def _tree(self, bits: list[int], fours: bool) -> tuple[list[int], int]:
        """The bits of a count, and the level after which they stand."""
        count = len(bits)
        if count <= 1:
            return bits, 0
        if count <= 3:
            outputs = self._new(2)
            self._put(0, Adder(0, outputs, single=tuple(bits)))
            return list(outputs), 1
        if fours and count <= 5:
            outputs = self._new(3)
            carry_in = bits[4] if count == 5 else None
            self._put(0, Adder(0, outputs, (Atom(tuple(bits[:4]), (), 2),), carry_in=carry_in))
            return list(outputs), 1
        first = _split(count, fours)
        (left, one), (right, other) = self._tree(bits[1 : 1 + first], fours), self._tree(bits[1 + first :], fours)
        level = max(one, other)
        columns = [
            tuple(number[place] for number in (left, right) if place < len(number))
            for place in range(max(len(left), len(right)))
        ]
        outputs = self._new(count.bit_length())
        self._put(level, Adder(0, outputs, tuple(Atom(column) for column in columns), carry_in=bits[0]))
        return list(outputs), level + 1

    # Six-input tables: all bits of a weight together, as many as an atom takes (after Preusser, 2017).

    def _by_columns(self) -> None:
        columns = [list(range(self.inputs)), *([] for _ in range(self.width))]
        level = 0
        while max(len(column) for column in columns[1:]) > 2 or len(columns[0]) > 3:
            following: list[list[int]] = [[] for _ in columns]
            while adder := self._chain(columns):
                self._add(level, adder, following)
            for weight, column in enumerate(columns):
                while len(column) >= 3:
                    bits, column[:] = tuple(column[:3]), column[3:]
                    self._add(level, Adder(weight, self._new(2), single=bits), following)
                following[weight] += column
            columns, level = following, level + 1
        self._finish(columns, level)

    def _add(self, level: int, adder: Adder, columns: list[list[int]]) -> None:
        """Place an adder; bits beyond the count's width would always be zero."""
        outputs = adder.outputs[: self.width - adder.weight]
        self._put(level, Adder(adder.weight, outputs, adder.atoms, adder.single, adder.carry_in))
        for place, output in enumerate(outputs):
            columns[adder.weight + place].append(output)

    def _chain(self, columns: list[list[int]]) -> Adder | None:
        """The next carry chain of a level, its bits taken out of `columns`; None when no start is worth it."""
        starts = [
            weight
            for weight, column in enumerate(columns[:-1])
            if len(column) >= 6 or (len(column) >= 4 and columns[weight + 1])
        ]
        if not starts:
            return None
        weight = start = min(starts, key=lambda weight: (len(columns[weight]) < 6, weight))
        atoms: list[Atom] = []
        while weight < self.width:
            column, above = columns[weight], columns[weight + 1] if weight + 1 < len(columns) else []
            if len(column) >= 6:
                atoms.append(Atom(_take(column, 6), (), 2))
            elif len(column) >= 4 and above:
                atoms.append(Atom(_take(column, 4), _take(above, 1), 2))
            elif len(column) >= 2 and atoms:
                atoms.append(Atom(_take(column, 2)))
            else:
                break
            weight += atoms[-1].cells
        return Adder(start, self._new(weight - start + 1), tuple(atoms))

    def _finish(self, columns: list[list[int]], level: int) -> None:
        """One carry chain over the two rows that are left."""
        columns = columns[: self.width]
        low = next((weight for weight, column in enumerate(columns) if len(column) > 1), self.width)
        self.result = [column[0] for column in columns[:low]]
        if low < self.width:
            carry_in = columns[low].pop() if len(columns[low]) == 3 else None
            outputs = self._new(self.width - low)
            atoms = tuple(Atom(tuple(column)) for column in columns[low:])
            self._put(level, Adder(low, outputs, atoms, carry_in=carry_in))
            self.result += outputs


def _take(column: list[int], count: int) -> tuple[int, ...]:
    taken, column[:] = tuple(column[:count]), column[count:]
    return taken


@cache
def _cost(count: int, fours: bool) -> int:
    """Tables of the tree over `count` bits."""
    if count <= 1:
        return 0
    if count <= 3:
        return 2
    if fours and count <= 5:
        return 3
    first = _split(count, fours)
    return _cost(first, fours) + _cost(count - 1 - first, fours) + count.bit_length()


@cache
def _split(count: int, fours: bool) -> int:
    """How many of ``count - 1`` bits the first of the two numbers counts: halves, or one side a full tree."""
    half, full = (count - 1) // 2, 5 if fours else 3
    sizes = {half}
    while full < count - 1:
        if full >= half:
            sizes.add(full)
        full = 2 * full + 1
    return min(sorted(sizes), key=lambda first: _cost(first, fours) + _cost(count - 1 - first, fours))
