"""Xilinx's 7-series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Module, Value
from amaranth.vendor import XilinxPlatform

from hwgen.chips.budget import Budget
from hwgen.chips.cells.adders import ZERO, Adder, Operand, Wires, put
from hwgen.chips.cells.seven_series import seven_series_count, seven_series_sum, two_outputs
from hwgen.chips.cells.tables import majority, parity
from hwgen.chips.family import Cells, ChipFamily
from hwgen.chips.pll.seven_series import SevenSeriesPll

OPENXC7 = ("nextpnr-xilinx", "fasm2frames", "xc7frames2bit")
"""Programs of openXC7, none of which comes as a package."""


_OPENXC7_DEVICES = ("xc7a", "xc7z")
"""Beginnings of the parts that it can place and route with Amaranth."""


def toolchains(part: str) -> dict[str, str]:
    """Amaranth's tool chains for a part, each with the folder that its project lies in."""
    vivado = {"Vivado": "vivado"}
    return vivado | {"Xray": "openxc7"} if part.lower().startswith(_OPENXC7_DEVICES) else vivado


class _Vivado:
    """Gives yosys its own language beside the Verilog: of a large table it reads that in a second, not in half a
    minute.
    """

    @property
    def file_templates(self) -> dict[str, str]:
        return {**self._vivado_file_templates, "{{name}}.il": "{{emit_rtlil()}}"}  # type: ignore[attr-defined]


class _OpenXC7:
    """Lets yosys use block RAM, which Amaranth's template forbids; the table would become look-up tables.

    nextpnr-xilinx sets up these block RAMs rightly since August 2026 only: see `docs/boards.md`.
    """

    @property
    def command_templates(self) -> list[str]:
        synthesise, *others = self._xray_command_templates  # type: ignore[attr-defined]
        return [synthesise.replace("-nobram", '{{get_override("synth_opts")|options}}'), *others]


class SevenSeries(ChipFamily):
    """7-series."""

    def add(self, m: Module, adders: Sequence[Adder], wires: Wires) -> None:
        """Full adders as the two outputs of a table, each chain by itself."""
        for adder in adders:
            if not adder.atoms:
                put(adder, two_outputs(m, parity, majority, [wires[bit] for bit in adder.single]), wires)
        for adder in adders:
            if adder.atoms:
                put(adder, seven_series_count(m, adder, wires), wires)

    def sum_of(self, m: Module, operands: Sequence[Operand], width: int) -> Value:
        if len(operands) == 3 or sum(operand.negate for operand in operands) == 2:
            return seven_series_sum(m, [*operands, Operand(ZERO)][:3], width)
        return super().sum_of(m, operands, width)

    def platform(self, kind: type[Any], toolchain: str | None = None) -> Any:
        """
        Args:
            toolchain: "Vivado" (default) or "Xray" (openXC7).
        """
        names = {"device": kind.device.lower(), "package": kind.package.lower()}  # as openXC7 spells them
        mixed = type(kind.__name__, (_OpenXC7 if toolchain == "Xray" else _Vivado, kind), names)
        platform = mixed()  # not every board's class takes a tool chain
        platform.toolchain = toolchain or "Vivado"
        return platform


XILINX7 = SevenSeries(
    name="xilinx",
    platforms=XilinxPlatform,
    devices="xc7",
    parts={
        f"xc7{name}": Budget(luts, 2 * luts, dsps, brams, 36)
        for name, luts, dsps, brams in (
            ("s6", 3750, 10, 5),
            ("s15", 8000, 20, 10),
            ("s25", 14600, 80, 45),
            ("s50", 32600, 120, 75),
            ("s75", 48000, 140, 90),
            ("s100", 64000, 160, 120),
            ("a12t", 8000, 40, 20),
            ("a15t", 10400, 45, 25),
            ("a25t", 14600, 80, 45),
            ("a35t", 20800, 90, 50),
            ("a50t", 32600, 120, 75),
            ("a75t", 47200, 180, 105),
            ("a100t", 63400, 240, 135),
            ("a200t", 134600, 740, 365),
            ("k70t", 41000, 240, 135),
            ("k160t", 101400, 600, 325),
            ("k325t", 203800, 840, 445),
            ("k410t", 254200, 1540, 795),
            ("z007s", 14400, 66, 50),
            ("z010", 17600, 80, 60),
            ("z012s", 34400, 120, 72),
            ("z014s", 40600, 170, 107),
            ("z015", 46200, 160, 95),
            ("z020", 53200, 220, 140),
            ("z030", 78600, 400, 265),
            ("z035", 171900, 900, 500),
            ("z045", 218600, 900, 545),
        )
    },
    pin_attributes={"IOSTANDARD": "LVCMOS33"},
    table_inputs=6,
    block_ram_kbit=36,
    cells=Cells(
        luts={f"LUT{n}": 1 for n in range(1, 7)}
        | {"LUT6_2": 1, "INV": 1, "RAM32M": 4, "RAM64M": 4, "RAM32X1D": 2, "RAM64X1D": 2, "SRL16E": 1, "SRLC32E": 1},
        ffs=("FDRE", "FDSE", "FDCE", "FDPE"),
        dsps={"DSP48E1": 1},
        brams={"RAMB36E1": 1, "RAMB18E1": 0.5},
    ),
    toolchain=None,
    pll=SevenSeriesPll,
    fill=0.9,
    fast=None,
    slowest="1",
    adder_operands=3,  # six-input tables add three as cheaply as two
    # A slice brings out both the sum of three operands and their majority only where the sum is registered.
    pipelinings=(1,),
    counts_by_columns=True,
    multiplier_inputs=(25, 18),
    least_product=9,
)
