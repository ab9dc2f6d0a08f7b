"""How much of a part a design takes, from yosys's cell counts, in the units of the part's data sheet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwgen.chips.family import ChipFamily, Toolchain
from hwgen.chips.netlist.cells import primitives
from hwgen.errors import HwgenError
from hwgen.flow.board import Board


@dataclass(frozen=True)
class Utilisation:
    """Resources a design takes; half a block RAM is a half."""

    luts: int
    ffs: int
    dsps: float
    brams: float
    sprams: float = 0

    @classmethod
    def of_cells(cls, cells: Mapping[str, int], family: ChipFamily) -> Utilisation:
        """Count a netlist's `cells` by type."""

        def total(weights: Mapping[str, float]) -> float:
            return sum(count * weights.get(kind, 0) for kind, count in cells.items())

        kinds = family.cells
        ffs = sum(count for kind, count in cells.items() if kind.startswith(kinds.ffs))
        return cls(round(total(kinds.luts)), ffs, total(kinds.dsps), total(kinds.brams), total(kinds.sprams))

    def placed(self, report: dict[str, dict[str, int]], toolchain: Toolchain, spare: int = 0) -> Utilisation:
        """These figures as nextpnr's ``utilization`` has them after packing: with route-throughs and padded carries.

        Args:
            spare: look-up tables in it that only keep their places free.
        """
        counts = {
            name: sum(report.get(kind, {}).get("used", 0) * weight for kind, weight in weights.items())
            for name, weights in toolchain.placed.items()
        }
        luts, ffs = round(counts["luts"]) - spare, round(counts.get("ffs", self.ffs))
        return Utilisation(luts, ffs, counts["dsps"], counts["brams"], counts.get("sprams", 0))


def of_netlist(netlist: Path, family: ChipFamily) -> Utilisation:
    """`of_design`, of a file."""
    return of_design(json.loads(netlist.read_text(encoding="utf-8")), family)


def of_design(design: dict[str, Any], family: ChipFamily) -> Utilisation:
    """Count the cells of yosys's JSON of a synthesised design, those inside of its modules' instances, too."""
    return Utilisation.of_cells(primitives(design), family)


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
