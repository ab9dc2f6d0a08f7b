"""Lattice's iCE40."""

from __future__ import annotations

from amaranth.vendor import LatticeICE40Platform

from hwgen.chips.budget import Budget
from hwgen.chips.cells.ice40 import ice40_line, ice40_lut
from hwgen.chips.family import Cells, FourInputFamily, Toolchain
from hwgen.chips.pll.ice40 import Ice40Pll


class Ice40(FourInputFamily):
    """iCE40."""

    def synthesis(self, budget: Budget) -> str:
        """yosys leaves multipliers alone unless it is told to use them."""
        return "-dsp" if budget.dsps else ""

    def scarce_wires(self, *, counts: bool) -> bool:
        """Among the carry chains of popcounts."""
        return counts


ICE40 = Ice40(
    name="ice40",
    lut=ice40_lut,
    line=ice40_line,
    platforms=LatticeICE40Platform,
    devices="ice40",
    parts={
        "ice40lp1k": Budget(1280, 1280, 0, 16, 4),
        "ice40hx1k": Budget(1280, 1280, 0, 16, 4),
        "ice40lp4k": Budget(3520, 3520, 0, 20, 4),
        "ice40hx4k": Budget(3520, 3520, 0, 20, 4),
        "ice40lp8k": Budget(7680, 7680, 0, 32, 4),
        "ice40hx8k": Budget(7680, 7680, 0, 32, 4),
        "ice40up3k": Budget(2800, 2800, 4, 20, 4, 4),
        "ice40up5k": Budget(5280, 5280, 8, 30, 4, 4),
    },
    pin_attributes={"IO_STANDARD": "SB_LVCMOS"},
    block_ram_kbit=4,
    cells=Cells(
        luts={"SB_LUT4": 1},
        ffs=("SB_DFF",),
        dsps={"SB_MAC16": 1},
        brams={"SB_RAM40_4K": 1},
        sprams={"SB_SPRAM256KA": 1},
    ),
    toolchain=Toolchain(
        router="nextpnr-ice40",
        packer="icepack",
        netlist="top.json",
        bitstream="top.bin",
        # A logic cell is a look-up table, a flip-flop and a carry; nextpnr does not count its parts.
        placed={
            "luts": {"ICESTORM_LC": 1},
            "dsps": {"ICESTORM_DSP": 1},
            "brams": {"ICESTORM_RAM": 1},
            "sprams": {"ICESTORM_SPRAM": 1},
        },
    ),
    pll=Ice40Pll,
    fill=0.96,
    fast=30e6,
    distributed_memory=False,
    keeps_sums=True,
    chains_reset_alike=True,
    multiplier_inputs=(16, 16),
    least_product=11,
    multiplies_pairs_only=True,
)
