"""Adders as a chip's cells are to make them: of bits that are counted, and of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import C, Module, Signal, Value

ZERO = C(0, 1)
Wires = dict[int, Value]
"""Bits by their number, those that exist so far."""


@dataclass(frozen=True)
class Atom:
    """What neighbouring cells of a carry chain add.

    Attributes:
        low: bits of the first cell's weight.
        high: bits of twice that weight; the atom has a second cell for them and for what `low` adds up to.
        cells: 1 adds at most two bits of `low`; 2 add six, or four and one of `high` (7-series), or four (ECP5).
    """

    low: tuple[int, ...]
    high: tuple[int, ...] = ()
    cells: int = 1

    @property
    def bits(self) -> tuple[int, ...]:
        return self.low + self.high


@dataclass(frozen=True)
class Adder:
    """Bits of neighbouring weights become a number.

    Attributes:
        weight: power of two of the lowest.
        atoms: along a carry chain, upwards; none for a full adder made of look-up tables.
        single: for a full adder: its three bits, or two.
        carry_in: one more bit of the lowest weight.
        outputs: the number, lowest bit first.
    """

    weight: int
    outputs: tuple[int, ...]
    atoms: tuple[Atom, ...] = ()
    single: tuple[int, ...] = ()
    carry_in: int | None = None

    @property
    def inputs(self) -> tuple[int, ...]:
        """Every bit it takes."""
        chained = tuple(bit for atom in self.atoms for bit in atom.bits)
        return self.single + chained + (() if self.carry_in is None else (self.carry_in,))

    @property
    def cells(self) -> int:
        """Of the carry chain, without its ends."""
        return sum(atom.cells for atom in self.atoms)

    @property
    def ends_in_carry(self) -> bool:
        """Whether the chain's last carry is the highest bit of the number."""
        return len(self.outputs) > self.cells

    def value(self, bits: Sequence[int]) -> int:
        """The sum in units of ``2**weight``, given the value of every bit of the plan."""
        total = sum(bits[bit] for bit in self.single) + (bits[self.carry_in] if self.carry_in is not None else 0)
        place = 0
        for atom in self.atoms:
            total += sum(bits[bit] for bit in atom.low) << place
            total += sum(bits[bit] for bit in atom.high) << (place + 1)
            place += atom.cells
        return total


@dataclass(frozen=True)
class Operand:
    """Of a sum; its shape says whether it is signed."""

    value: Value
    negate: bool = False


def put(adder: Adder, values: Sequence[Value], wires: Wires) -> None:
    """Put an adder's outputs in `wires`."""
    wires.update(zip(adder.outputs, values, strict=False))


def plain_count(m: Module, adder: Adder, wires: Wires) -> list[Value]:
    """The outputs of an adder as a plain sum, which any synthesis or simulation understands."""
    total = Signal(len(adder.outputs), name=f"sum_{adder.outputs[0]}")
    terms = [wires[bit] for bit in (*adder.single, *([] if adder.carry_in is None else [adder.carry_in]))]
    place = 0
    for atom in adder.atoms:
        terms += [wires[bit] << place for bit in atom.low] + [wires[bit] << (place + 1) for bit in atom.high]
        place += atom.cells
    m.d.comb += total.eq(sum(terms, C(0)))
    return list(total)


def plain_sum(m: Module, operands: Sequence[Operand], width: int) -> Value:
    """The low `width` bits of a sum, left to synthesis."""
    total: Value = C(0)
    for operand in sorted(operands, key=lambda operand: operand.negate):
        total = total - operand.value if operand.negate else total + operand.value
    result = Signal(width)
    m.d.comb += result.eq(total)
    return result


def extended(value: Value, width: int) -> list[Value]:
    """`width` bits of `value`."""
    shape = value.shape()
    above = value[-1] if shape.signed else C(0, 1)
    return [value[place] if place < shape.width else above for place in range(width)]
