"""How much of a part a design takes, from yosys's cell counts, in the units of the part's data sheet."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwgen.errors import HwgenError
from hwgen.flow.board import Board

# Look-up tables that one cell occupies; carry chains and distributed memories are made of them too.
_LUTS: dict[str, Mapping[str, float]] = {
    "ecp5": {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6},
    "ice40": {"SB_LUT4": 1},
    "gowin": {"LUT1": 1, "LUT2": 1, "LUT3": 1, "LUT4": 1, "ALU": 1, "RAM16SDP1": 8, "RAM16SDP2": 8, "RAM16SDP4": 8},
    "xilinx": {f"LUT{n}": 1 for n in range(1, 7)}
    | {"LUT6_2": 1, "INV": 1, "RAM32M": 4, "RAM64M": 4, "RAM32X1D": 2, "RAM64X1D": 2, "SRL16E": 1, "SRLC32E": 1},
}
_FFS = {"ecp5": ("TRELLIS_FF",), "ice40": ("SB_DFF",), "gowin": ("DFF",), "xilinx": ("FDRE", "FDSE", "FDCE", "FDPE")}
_DSPS: dict[str, Mapping[str, float]] = {
    "ecp5": {"MULT18X18D": 1},
    "ice40": {"SB_MAC16": 1},
    "gowin": {"MULT9X9": 0.5, "MULT18X18": 1, "MULT36X36": 4, "MULTADDALU18X18": 2},
    "xilinx": {"DSP48E1": 1},
}
BRAMS: dict[str, Mapping[str, float]] = {
    "ecp5": {"DP16KD": 1, "PDPW16KD": 1},
    "ice40": {"SB_RAM40_4K": 1},
    "gowin": {name: 1 for name in ("SP", "SPX9", "SDPB", "SDPX9B", "DPB", "DPX9B", "pROM", "pROMX9")},
    "xilinx": {"RAMB36E1": 1, "RAMB18E1": 0.5},
}
_SPRAMS = {"SB_SPRAM256KA": 1}
# nextpnr's own names of the same, in its report.
_PLACED: dict[str, Mapping[str, Mapping[str, float]]] = {
    "ecp5": {
        "luts": {"TRELLIS_COMB": 1},
        "ffs": {"TRELLIS_FF": 1},
        "dsps": {"MULT18X18D": 1},
        "brams": {"DP16KD": 1},
    },
    # A logic cell is a look-up table, a flip-flop and a carry; nextpnr does not count its parts.
    "ice40": {
        "luts": {"ICESTORM_LC": 1},
        "dsps": {"ICESTORM_DSP": 1},
        "brams": {"ICESTORM_RAM": 1},
        "sprams": {"ICESTORM_SPRAM": 1},
    },
    "gowin": {
        "luts": {"LUT4": 1, "ALU": 1, "RAM16SDP1": 8, "RAM16SDP2": 8, "RAM16SDP4": 8},
        "ffs": {"DFF": 1},
        "dsps": _DSPS["gowin"],
        "brams": {"BSRAM": 1},
    },
}


@dataclass(frozen=True)
class Utilisation:
    """Resources a design takes; half a block RAM is a half."""

    luts: int
    ffs: int
    dsps: float
    brams: float
    sprams: float = 0

    @classmethod
    def of_cells(cls, cells: dict[str, int], family: str) -> Utilisation:
        """Count a netlist's `cells` by type."""

        def total(weights: Mapping[str, float]) -> float:
            return sum(count * weights.get(kind, 0) for kind, count in cells.items())

        ffs = sum(count for kind, count in cells.items() if kind.startswith(_FFS[family]))
        others = total(_DSPS[family]), total(BRAMS[family]), total(_SPRAMS)
        return cls(round(total(_LUTS[family])), ffs, *others)

    def placed(self, report: dict[str, dict[str, int]], family: str, spare: int = 0) -> Utilisation:
        """These figures as nextpnr's ``utilization`` has them after packing: with route-throughs and padded carries.

        Args:
            spare: look-up tables in it that only keep their places free.
        """
        counts = {
            name: sum(report.get(kind, {}).get("used", 0) * weight for kind, weight in weights.items())
            for name, weights in _PLACED[family].items()
        }
        luts, ffs = round(counts["luts"]) - spare, round(counts.get("ffs", self.ffs))
        return Utilisation(luts, ffs, counts["dsps"], counts["brams"], counts.get("sprams", 0))


_LIBRARY = {"blackbox", "whitebox"}
"""What marks the model of a primitive."""


def of_netlist(netlist: Path, family: str) -> Utilisation:
    """`of_design`, of a file."""
    return of_design(json.loads(netlist.read_text(encoding="utf-8")), family)


def of_design(design: dict[str, Any], family: str) -> Utilisation:
    """Count the cells of yosys's JSON of a synthesised design, those inside of its modules' instances, too."""
    return Utilisation.of_cells(_cells(top_module(design), design["modules"]), family)


def top_module(design: dict[str, Any]) -> dict[str, Any]:
    """The one that yosys's JSON marks as the top."""
    modules: dict[str, dict[str, Any]] = design["modules"]
    return next(module for module in modules.values() if int(module["attributes"].get("top", "0"), 2))


def _cells(module: dict[str, Any], modules: dict[str, Any]) -> Counter[str]:
    """Primitives by type."""
    own = Counter(cell["type"] for cell in module["cells"].values())
    total: Counter[str] = Counter()
    for kind, count in own.items():
        if kind in modules and not _LIBRARY & modules[kind]["attributes"].keys():
            total.update({name: count * each for name, each in _cells(modules[kind], modules).items()})
        else:
            total[kind] += count
    return total


class FitError(HwgenError):
    """The design is larger than the part."""


def check_fit(used: Utilisation, board: Board, advice: str) -> None:
    """Refuse a design that is larger than the part.

    Args:
        advice: what would fit, for the message.

    Raises:
        FitError: naming what is short and by how much.
    """
    short = []
    for name in ("luts", "ffs", "dsps", "brams", "sprams"):
        needed, available = getattr(used, name), getattr(board.budget, name)
        if needed > available:
            short.append(f"{needed:g} {name.upper()[:-1]}s of {available} (+{needed - available:g})")
    if short:
        raise FitError(f"the design does not fit {board.title}: it needs {', '.join(short)}; {advice}")
