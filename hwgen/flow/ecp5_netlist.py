"""Sets right what synthesis makes of an ECP5 design, for the router's sake; what it computes stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hwgen.flow.carry_ends import open_ends
from hwgen.flow.carry_pins import spread_pins
from hwgen.flow.control_nets import lead_controls
from hwgen.flow.spare_rows import leave_rows, room_on
from hwgen.flow.utilisation import Utilisation, top_module


def mend(design: dict[str, Any]) -> None:
    """Open the ends of carry chains and spread their inputs.

    Args:
        design: yosys's JSON, changed in place.
    """
    for module in design["modules"].values():
        open_ends(module)
        spread_pins(list(module["cells"].values()))


def mend_file(netlist: Path) -> None:
    """`mend` a file, rewriting it."""
    design = json.loads(netlist.read_text(encoding="utf-8"))
    mend(design)
    netlist.write_text(json.dumps(design), encoding="utf-8")


def spread(design: dict[str, Any], part: str, used: Utilisation) -> int:
    """Give a large design twice the wires, where the part has room: every other row, and the clock network.

    Where there is no room, wide control nets stay on common wires, too: the clock network's own way to enables is by
    wires that are short there.

    Args:
        design: yosys's JSON, changed in place.
        part: as its vendor names it.
        used: of the design.

    Returns:
        how many look-up tables were added, that only keep their places free.
    """
    die = room_on(part, used)
    if die is None:
        return 0
    top = top_module(design)
    lead_controls(top)
    return leave_rows(top, die)
