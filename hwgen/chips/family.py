"""What a chip family is able to do, and what hwgen knows of it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from amaranth.build import Platform
from amaranth.hdl import Module, Value

from hwgen.chips.budget import Budget
from hwgen.chips.cells.adders import Adder, Operand, Wires, plain_count, plain_sum, put
from hwgen.chips.cells.lines import ChainCell, lines_of, place_line
from hwgen.chips.cells.tables import majority, parity
from hwgen.chips.pll.pll import Pll

Netlist = dict[str, Any]
"""A synthesised design as yosys writes it in JSON."""
Costs = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Coefficients of the resource model, by kind of component, "luts" or "ffs", and feature."""


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Types of a family's primitives, by what they take.

    Attributes:
        luts: look-up tables of each; carry chains and distributed memories are made of them, too.
        ffs: how the types of flip-flops begin.
        dsps, brams, sprams: multipliers, block RAMs and large memories of each; half a one is a half.
    """

    luts: Mapping[str, float]
    ffs: tuple[str, ...]
    dsps: Mapping[str, float]
    brams: Mapping[str, float]
    sprams: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    """The open tools that make a bitstream of a netlist.

    Attributes:
        router, packer: programs, after yosys.
        netlist, bitstream: files that synthesis and the packer leave.
        packs_silently: whether nextpnr does not say what its slices are filled with as it packs them.
        placed: types of cells in nextpnr's report, and how many tables ("luts"), flip-flops ("ffs") and so on each is;
            no "ffs" where it does not count them.
    """

    router: str
    packer: str
    netlist: str
    bitstream: str
    placed: Mapping[str, Mapping[str, float]]
    packs_silently: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """What circuits ask of a chip; by itself, that of no chosen part: plain logic, which any tool understands.

    Numbers are attributes, what is made otherwise from family to family is a method. A family that has no way of its
    own inherits the one that suits any.

    Attributes:
        name: as yosys and the `[pins]` of a board's file spell it.
        block_ram_kbit: of a block RAM; None where a table is left to synthesis as a whole.
        block_ram_registers: whether block RAMs have registers at their outputs that hwgen uses.
        adder_operands: that an adder of numbers may have.
        pipelinings: adders between two registers of a spatial engine, as many registers as are worth having first.
        keeps_sums: whether synthesis must be kept from making carry-save trees of adders, which are larger.
        chains_reset_alike: whether a carry chain stays whole only if all flip-flops behind it are reset, or all set.
        counts_by_columns, counts_fours: how popcounts are made: column by column, six bits at once; or by a tree of
            chains, whose pairs of cells may take four bits.
        multiplier_inputs: bits of the signed inputs of a multiplier that two products may share; None where there is
            none, or it shares itself.
        least_factor, least_product: bits below which synthesis multiplies in tables whatever there is.
        multiplies_pairs_only: whether synthesis makes a single product of a few bits in tables whatever there is.
        products_in_tables: whether hwgen writes products that have no multiplier as sums.
        select_group: values that the multiplexers of a slice join; None where tables do it all.
        row_rom_rows: most rows of a ROM that `row_rom` makes.
    """

    name: str = ""
    block_ram_kbit: int | None = None
    block_ram_registers: bool = False
    adder_operands: int = 2
    pipelinings: tuple[int, ...] = (2, 4, 8)
    keeps_sums: bool = False
    chains_reset_alike: bool = False
    counts_by_columns: bool = False
    counts_fours: bool = False
    multiplier_inputs: tuple[int, int] | None = None
    least_factor: int = 0
    least_product: int = 0
    multiplies_pairs_only: bool = False
    products_in_tables: bool = True
    select_group: int | None = None
    row_rom_rows: int = 0

    def __str__(self) -> str:
        return self.name or "any"

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy is the same family."""
        return _named, (self.name,)

    def add(self, m: Module, adders: Sequence[Adder], wires: Wires) -> None:
        """Place adders of bits, whose inputs are in `wires`, and put their outputs there."""
        for adder in adders:
            put(adder, plain_count(m, adder, wires), wires)

    def sum_of(self, m: Module, operands: Sequence[Operand], width: int) -> Value:
        """The low `width` bits of the sum of up to three operands, of which at most two are negated."""
        return plain_sum(m, operands, width)

    def exceeds(self, one: Value, other: Value) -> Value:
        """Whether `one` is greater."""
        return one > other

    def select(self, m: Module, bits: Sequence[Value], number: Value) -> Value:
        """``bits[number]``, of up to `select_group` bits; anything for a number that has no bit."""
        raise NotImplementedError

    def block_ram_columns(self, rows: int) -> int | None:
        """Bits of a row of a `block_ram` with so many rows; None where there is no such."""
        return None

    def block_ram(
        self, m: Module, columns: int, rows: Sequence[int], readers: Sequence[tuple[Value, Value]]
    ) -> list[Value]:
        """A block RAM as a ROM; latency 2 cycles, of those in which it is enabled.

        Args:
            columns: of `block_ram_columns`.
            rows: contents.
            readers: address and enable, of one or both ports.

        Returns:
            for each reader the row.
        """
        raise NotImplementedError

    def row_rom(self, m: Module, columns: Sequence[int], rows: int, address: Value, enable: Value) -> Value:
        """A ROM of up to `row_rom_rows` rows that is read one after the other; latency 2 cycles of those with `enable`.

        Args:
            columns: a bit of all rows each, row 0 the lowest.
        """
        raise NotImplementedError


GENERIC = Family(products_in_tables=False)
"""No part is chosen, as in simulation."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ChipFamily(Family):
    """A chip family: one object each, that whoever makes something for a chip asks.

    Attributes:
        platforms: Amaranth's class for its boards.
        devices: pattern that the names of its parts begin with, in lower case.
        parts: what those offer whose names begin so, in lower case, by their data sheets; the longest beginning counts.
        pin_attributes: of a pin at 3.3 V.
        table_inputs: of a look-up table.
        cells: of its netlists.
        toolchain: None where no open place and route comes as a package.
        pll: what its PLLs can do.
        fill: of the look-up tables, how much a choice may fill by estimate.
        fast: Hz that the fastest design aims at, since such circuits route to it; None where nothing is routed here,
            and no clock beyond the oscillator's is known to hold.
        slowest: speed grade of a part whose board file says none; what holds for it holds for the others.
        distributed_memory: whether look-up tables can be a memory.
        multipliers_per_lane: that a product on a multiplier of its own takes; None where lanes may share one.
    """

    name: str
    block_ram_kbit: int
    platforms: type[Platform]
    devices: str
    parts: Mapping[str, Budget]
    pin_attributes: Mapping[str, str]
    table_inputs: int
    cells: Cells
    toolchain: Toolchain | None
    pll: type[Pll]
    fill: float
    fast: float | None
    slowest: str = ""
    distributed_memory: bool = True
    multipliers_per_lane: float | None = None

    @cached_property
    def costs(self) -> Costs:
        """As `scripts/resources.py` found them."""
        text = (resources.files("hwgen.chips") / f"{self.name}.toml").read_text(encoding="utf-8")
        return tomllib.loads(text)

    # ---- boards

    def serves(self, kind: type[Any]) -> bool:
        """Whether an Amaranth platform's class is of the family; vendors' classes may be for several."""
        return issubclass(kind, self.platforms) and re.match(self.devices, self.part(kind), re.IGNORECASE) is not None

    def part(self, platform: Any) -> str:
        """The part of a platform, or of its class, as its vendor names it."""
        return f"{platform.device}-{platform.package}".lower()

    def budget(self, part: str) -> Budget | None:
        """What a part offers; None where hwgen does not know."""
        known = [beginning for beginning in self.parts if part.lower().startswith(beginning)]
        return self.parts[max(known, key=len)] if known else None

    def synthesis(self, budget: Budget) -> str:
        """Options that yosys's synthesis command needs to use all of a part."""
        return ""

    def platform(self, kind: type[Any], toolchain: str | None = None) -> Any:
        """A platform, of a board's class, that calls the tools as they are shipped today.

        Args:
            toolchain: where there are several.

        Raises:
            ValueError: when the class says something that cannot be.
        """
        return kind()

    def pinned(self, device: str, package: str, speed: str) -> dict[str, str]:
        """Attributes of a board's class that name the part.

        Args:
            device, package, speed: as in the `[pins]` of a board's file.
        """
        return {"device": device, "package": package, "speed": speed or self.slowest}

    # ---- place and route

    def mend(self, design: Netlist) -> bool:
        """Set right what synthesis makes, for the router's sake; what it computes stays.

        Returns:
            whether the family has anything to set right.
        """
        return False

    def mend_file(self, netlist: Path) -> None:
        """`mend` a file."""
        design = json.loads(netlist.read_text(encoding="utf-8"))
        if self.mend(design):
            netlist.write_text(json.dumps(design), encoding="utf-8")

    def spread(self, design: Netlist, part: str, luts: int) -> int:
        """Give a large design more wires; returns how many look-up tables only keep places free."""
        return 0

    def crowded_clock(self, part: str, luts: int) -> float | None:
        """Hz that a design of so many tables can be routed for where wires are scarce; None where they are not."""
        return None

    def scarce_wires(self, *, counts: bool) -> bool:
        """Whether router1 would go round for ever.

        Args:
            counts: whether there are popcounts in the design.
        """
        return False

    def router_options(self, clock: float, *, spread: bool) -> list[str]:
        """For nextpnr.

        Args:
            clock: in Hz.
            spread: whether the design was spread.
        """
        return []

    def synthesised_amiss(self, log: str, *, failed: bool) -> bool:
        """Whether flip-flops have to be mapped along with the logic, as yosys's log tells."""
        return False

    # ---- costs

    def row_rom_blocks(self, rows: int, columns: int) -> float | None:
        """Block RAMs of a ROM that is read one row after the other; None where they are as of any table."""
        return None


@dataclass(frozen=True, kw_only=True, eq=False)
class FourInputFamily(ChipFamily):
    """A family whose tables have four inputs.

    Attributes:
        lut: makes a table of up to four inputs, and returns its output.
        line: makes a carry chain, the lowest cell first, and returns its sums.
    """

    table_inputs: int = 4
    lut: Callable[[Module, Callable[..., int], Sequence[Value]], Value]
    line: Callable[[Module, Sequence[ChainCell]], list[Value]]

    def exceeds(self, one: Value, other: Value) -> Value:
        """The sign of the difference takes a carry chain and nothing else; synthesis makes twice as much of a
        comparison. With six inputs, a table compares two places, and the comparison is smaller."""
        return (other - one)[-1]  # one bit wider than either, and signed

    def add(self, m: Module, adders: Sequence[Adder], wires: Wires) -> None:
        """Full adders as two tables, and the chains of a level in as few lines as they fit."""
        for adder in adders:
            if not adder.atoms:
                bits = [wires[bit] for bit in adder.single]
                put(adder, [self.lut(m, function, bits) for function in (parity, majority)], wires)
        for line in lines_of([adder for adder in adders if adder.atoms]):
            place_line(m, line, wires, self.line)


def _named(name: str) -> Family:
    from hwgen.chips.families import FAMILIES  # which import this

    return FAMILIES[name] if name else GENERIC
