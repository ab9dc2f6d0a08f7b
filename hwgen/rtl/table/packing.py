"""How a table is cut into block RAMs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple


class Shape(NamedTuple):
    """What a block RAM, or half of one, can be set to."""

    rows: int
    columns: int
    blocks: float = 1


_KBIT_18 = ((16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36))
_KBIT_36 = ((32768, 1), (16384, 2), (8192, 4), (4096, 9), (2048, 18), (1024, 36), (512, 72))
SHAPES: dict[int, tuple[Shape, ...]] = {
    4: tuple(Shape(*each) for each in ((2048, 2), (1024, 4), (512, 8), (256, 16))),
    18: tuple(Shape(*each) for each in _KBIT_18),
    36: (*(Shape(*each) for each in _KBIT_36), *(Shape(*each, 0.5) for each in _KBIT_18)),
}
"""By the kilobits of a block RAM; one of 36 serves as two of 18."""


@dataclass(frozen=True)
class Stack:
    """Some columns of a table: `parts` block RAMs on top of each other, each `rows` deep and `blocks` large."""

    rows: int
    columns: int
    parts: int
    blocks: float


@dataclass(frozen=True)
class Packing:
    """A table cut in depth into layers, and each layer into stacks beside each other.

    Attributes:
        layers: rows of each and its stacks, in the order of the table's rows and columns.
    """

    layers: tuple[tuple[int, tuple[Stack, ...]], ...]

    @property
    def blocks(self) -> float:
        """Block RAMs; half a one counts a half."""
        return sum(stack.parts * stack.blocks for _, stacks in self.layers for stack in stacks)

    @property
    def multiplexers(self) -> int:
        """Of two bits each, behind the block RAMs."""
        width = sum(stack.columns for stack in self.layers[0][1])
        inside = sum((stack.parts - 1) * stack.columns for _, stacks in self.layers for stack in stacks)
        return inside + (len(self.layers) - 1) * width


def whole(depth: int, width: int) -> Packing:
    """No cut at all."""
    return Packing(((depth, (Stack(depth, width, 1, 1),)),))


class _Cost(NamedTuple):
    """What is to be least, the first first."""

    blocks: float
    multiplexers: int

    def plus(self, blocks: float, multiplexers: int) -> _Cost:
        """This and so many more."""
        return _Cost(self.blocks + blocks, self.multiplexers + multiplexers)


@cache
def pack(depth: int, width: int, kilobits: int, *, multiplexed: bool = True) -> Packing:
    """The fewest block RAMs for a ``depth x width`` table, and of those cuts the one with the fewest multiplexers.

    Args:
        kilobits: of one block RAM; one of `SHAPES`.
        multiplexed: False: only shapes as deep as the table, if there are any, so that no multiplexer stands between
            a block RAM, whose output is late in its cycle, and the register behind it.
    """
    shapes = SHAPES[kilobits]
    if not multiplexed and (deep := tuple(shape for shape in shapes if shape.rows >= depth)):
        return Packing(((depth, _stacks(depth, width, deep)[0]),))
    # A cut below one or two whole block RAMs of some shape, so that what is left over can have another.
    cuts = sorted({parts * shape.rows for shape in shapes for parts in (1, 2)})
    best: dict[int, tuple[_Cost, int]] = {}
    for rest in _left_over(depth, cuts):
        best[rest] = _stacks(rest, width, shapes)[1], rest
        for rows in cuts:
            if rows < rest:
                cost = best[rest - rows][0].plus(*_stacks(rows, width, shapes)[1]).plus(0, width)
                best[rest] = min(best[rest], (cost, rows), key=lambda each: each[0])
    layers = []
    while depth:
        _, rows = best[depth]
        layers.append((rows, _stacks(rows, width, shapes)[0]))
        depth -= rows
    return Packing(tuple(layers))


def _left_over(depth: int, cuts: list[int]) -> list[int]:
    """Every depth that cuts leave of one, the least first, and itself last."""
    left, new = {depth}, {depth}
    while new:
        new = {rest - rows for rest in new for rows in cuts if rows < rest} - left
        left |= new
    return sorted(left)


@cache
def _stacks(depth: int, width: int, shapes: tuple[Shape, ...]) -> tuple[tuple[Stack, ...], _Cost]:
    """The fewest block RAMs that stand `depth` rows deep, side by side, and what they cost."""
    costs, lasts = [_Cost(0, 0)], [Stack(0, 0, 0, 0)]
    for columns in range(1, width + 1):
        choices = []
        for shape in shapes:
            last = Stack(shape.rows, min(shape.columns, columns), -(-depth // shape.rows), shape.blocks)
            before = costs[columns - last.columns]
            choices.append((before.plus(last.parts * last.blocks, (last.parts - 1) * last.columns), last))
        cost, last = min(choices, key=lambda each: each[0])
        costs.append(cost)
        lasts.append(last)
    stacks: list[Stack] = []
    columns = width
    while columns:
        stacks.append(lasts[columns])
        columns -= lasts[columns].columns
    return tuple(reversed(stacks)), costs[width]
