"""Gowin's LittleBee and Arora."""

from __future__ import annotations

from typing import Any

from amaranth.vendor import GowinPlatform

from hwgen.chips.budget import Budget
from hwgen.chips.cells.gowin import gowin_line, gowin_lut
from hwgen.chips.family import Cells, FourInputFamily, Netlist, Toolchain
from hwgen.chips.netlist.copies import share_out
from hwgen.chips.pll.gowin import GowinPll

_HIMBAECHEL = r"""
    {{invoke_tool("nextpnr-himbaechel-gowin")}}
        {{quiet("--quiet")}}
        {{get_override("nextpnr_opts")|options}}
        --log {{name}}.tim
        --device {{platform.part}}
        --vopt family={{platform._chipdb_device}}
        --vopt cst={{name}}.cst
        --json {{name}}.syn.json
        --write {{name}}.pnr.json
"""
_DSPS = {"MULT9X9": 0.5, "MULT18X18": 1, "MULT36X36": 4, "MULTADDALU18X18": 2}
_DISTRIBUTED = {"RAM16SDP1": 8, "RAM16SDP2": 8, "RAM16SDP4": 8}


class _Himbaechel:
    """Calls nextpnr the way it is shipped today; Amaranth's template is for its predecessor."""

    @property
    def required_tools(self) -> list[str]:
        return ["yosys", "nextpnr-himbaechel-gowin", "gowin_pack"]

    @property
    def command_templates(self) -> list[str]:
        synthesise, _, pack = self._apicula_command_templates  # type: ignore[attr-defined]
        return [synthesise, _HIMBAECHEL, pack]


class Gowin(FourInputFamily):
    """Gowin."""

    def part(self, platform: Any) -> str:
        return str(platform.part)

    def platform(self, kind: type[Any], toolchain: str | None = None) -> Any:
        return type(kind.__name__, (_Himbaechel, kind), {})(toolchain="Apicula")

    def pinned(self, device: str, package: str, speed: str) -> dict[str, str]:
        return {"part": device, "family": package}

    def mend(self, design: Netlist) -> bool:
        """Give block RAMs of a wide net copies of its driver."""
        share_out(design, self.cells.brams)
        return True

    def router_options(self, clock: float, *, spread: bool) -> list[str]:
        """No constraint file carries the clock here."""
        return ["--freq", f"{clock / 1e6:.6f}"]


GOWIN = Gowin(
    name="gowin",
    lut=gowin_lut,
    line=gowin_line,
    platforms=GowinPlatform,
    devices="gw",
    parts={
        "gw1n-lv1q": Budget(1152, 864, 0, 4, 18),
        "gw1nz-lv1q": Budget(1152, 864, 0, 4, 18),
        "gw1n-lv4": Budget(4608, 3456, 16, 10, 18),
        "gw1nr-lv4": Budget(4608, 3456, 16, 10, 18),
        "gw1nsr-lv4c": Budget(4608, 3456, 16, 10, 18),
        "gw1n-lv9": Budget(8640, 6480, 20, 26, 18),
        "gw1nr-lv9": Budget(8640, 6480, 20, 26, 18),
        "gw2a-lv18": Budget(20736, 15552, 48, 46, 18),
        "gw2ar-lv18": Budget(20736, 15552, 48, 46, 18),
    },
    pin_attributes={"IO_TYPE": "LVCMOS33"},
    block_ram_kbit=18,
    cells=Cells(
        luts={"LUT1": 1, "LUT2": 1, "LUT3": 1, "LUT4": 1, "ALU": 1, **_DISTRIBUTED},
        ffs=("DFF",),
        dsps=_DSPS,
        brams={name: 1 for name in ("SP", "SPX9", "SDPB", "SDPX9B", "DPB", "DPX9B", "pROM", "pROMX9")},
    ),
    toolchain=Toolchain(
        router="nextpnr-himbaechel-gowin",
        packer="gowin_pack",
        netlist="top.syn.json",
        bitstream="top.fs",
        placed={
            "luts": {"LUT4": 1, "ALU": 1, **_DISTRIBUTED},
            "ffs": {"DFF": 1},
            "dsps": _DSPS,
            "brams": {"BSRAM": 1},
        },
        packs_silently=True,
    ),
    pll=GowinPll,
    # nextpnr takes long to place carry chains, which close whole slices.
    fill=0.55,
    fast=81e6,
    keeps_sums=True,
    least_factor=4,
    multipliers_per_lane=0.5,  # halved for products of up to 9 x 9 bits
)
