"""Lattice's ECP5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Module, Value
from amaranth.vendor import LatticeECP5Platform

from hwgen.chips.budget import Budget
from hwgen.chips.cells.adders import Operand
from hwgen.chips.cells.ecp5 import ecp5_line, ecp5_lut, ecp5_sum
from hwgen.chips.cells.ecp5_block_ram import COLUMNS, ROWS, ecp5_block_ram, ecp5_row_rom, row_rom_columns, rows_of
from hwgen.chips.cells.ecp5_multiplexer import GROUP, ecp5_select
from hwgen.chips.family import Cells, FourInputFamily, Netlist, Toolchain
from hwgen.chips.netlist.carry_ends import open_ends
from hwgen.chips.netlist.carry_pins import spread_pins
from hwgen.chips.netlist.cells import top_module
from hwgen.chips.netlist.control_nets import lead_controls
from hwgen.chips.netlist.spare_rows import crowded, leave_rows, room_on
from hwgen.chips.pll.ecp5 import Ecp5Pll

CROWDED_CLOCK = 64e6
"""Hz that router2 reaches where there is no room to spread a design; router1 reaches more, but not within an hour."""
SPREAD = ("--placer-heap-timingweight", "20")
"""For nextpnr, where a design is spread: with twice the ways to go, it matters more how far."""
_CONFLICT = "multiple conflicting drivers"
_LAST_WORDS = ("Running ABC command", "ERROR: Assert")


class Ecp5(FourInputFamily):
    """ECP5."""

    def sum_of(self, m: Module, operands: Sequence[Operand], width: int) -> Value:
        negated = sum(operand.negate for operand in operands)
        if len(operands) == 2 and negated < 2 and width > 1:
            return ecp5_sum(m, operands, width)
        return super().sum_of(m, operands, width)

    def select(self, m: Module, bits: Sequence[Value], number: Value) -> Value:
        return ecp5_select(m, bits, number)

    def block_ram_columns(self, rows: int) -> int | None:
        return next((columns for columns in COLUMNS if rows_of(columns) == rows), None)

    def block_ram(
        self, m: Module, columns: int, rows: Sequence[int], readers: Sequence[tuple[Value, Value]]
    ) -> list[Value]:
        return ecp5_block_ram(m, columns, rows, readers)

    def row_rom(self, m: Module, columns: Sequence[int], rows: int, address: Value, enable: Value) -> Value:
        return ecp5_row_rom(m, columns, rows, address, enable)

    def platform(self, kind: type[Any], toolchain: str | None = None) -> Any:
        return kind(toolchain="Trellis")

    def mend(self, design: Netlist) -> bool:
        """Open the ends of carry chains and spread their inputs."""
        for module in design["modules"].values():
            open_ends(module)
            spread_pins(list(module["cells"].values()))
        return True

    def spread(self, design: Netlist, part: str, luts: int) -> int:
        """Leave every other row to wires, where the part has room, and lead wide control nets over the clock network.

        Where there is no room, control nets stay on common wires, too: the clock network's own way to enables is by
        wires that are short there.
        """
        die = room_on(part, luts)
        if die is None:
            return 0
        top = top_module(design)
        lead_controls(top)
        return leave_rows(top, die)

    def crowded_clock(self, part: str, luts: int) -> float | None:
        return CROWDED_CLOCK if crowded(part, luts) else None

    def router_options(self, clock: float, *, spread: bool) -> list[str]:
        return [*SPREAD] if spread else []

    def synthesised_amiss(self, log: str, *, failed: bool) -> bool:
        """yosys 0.70's ABC9 can leave two flip-flops on one net or fail an assertion, and YoWASP's takes all of yosys
        with it when it crashes, without a word behind the line that announces it."""
        lines = log.strip().splitlines()
        return bool(lines) and lines[-1].startswith(_LAST_WORDS) if failed else _CONFLICT in log

    def row_rom_blocks(self, rows: int, columns: int) -> float | None:
        return -(-columns // row_rom_columns(rows)) if rows <= ROWS else None


ECP5 = Ecp5(
    name="ecp5",
    lut=ecp5_lut,
    line=ecp5_line,
    platforms=LatticeECP5Platform,
    devices="lfe5u",
    parts={
        f"lfe5{kind}-{size}f": Budget(luts, luts, dsps, brams, 18)
        for kind in ("u", "um", "um5g")
        # The die of a 12F is a 25F, and nextpnr uses all of it.
        for size, luts, dsps, brams in (
            (12, 24288, 28, 56),
            (25, 24288, 28, 56),
            (45, 43848, 72, 108),
            (85, 83640, 156, 208),
        )
    },
    pin_attributes={"IO_TYPE": "LVCMOS33"},
    block_ram_kbit=18,
    cells=Cells(
        luts={"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6},
        ffs=("TRELLIS_FF",),
        dsps={"MULT18X18D": 1},
        brams={"DP16KD": 1, "PDPW16KD": 1},
    ),
    toolchain=Toolchain(
        router="nextpnr-ecp5",
        packer="ecppack",
        netlist="top.json",
        bitstream="top.bit",
        placed={
            "luts": {"TRELLIS_COMB": 1},
            "ffs": {"TRELLIS_FF": 1},
            "dsps": {"MULT18X18D": 1},
            "brams": {"DP16KD": 1},
        },
    ),
    pll=Ecp5Pll,
    fill=0.8,
    fast=112.5e6,
    slowest="6",
    block_ram_registers=True,
    counts_fours=True,
    multiplier_inputs=(18, 18),
    select_group=GROUP,
    row_rom_rows=ROWS,
)
