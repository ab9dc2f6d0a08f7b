"""Sets right what synthesis makes of an ECP5 design, for the router's sake; what it computes stays."""

from __future__ import annotations

import json
from pathlib import Path

from hwgen.flow.carry_ends import open_ends
from hwgen.flow.carry_pins import spread_pins
from hwgen.flow.control_nets import lead_controls
from hwgen.flow.spare_rows import leave_rows, room_on
from hwgen.flow.utilisation import Utilisation


def mend(netlist: Path) -> None:
    """Open the ends of carry chains and spread their inputs.

    Args:
        netlist: JSON of yosys, rewritten.
    """
    design = json.loads(netlist.read_text(encoding="utf-8"))
    for module in design["modules"].values():
        open_ends(module)
        spread_pins(list(module["cells"].values()))
    netlist.write_text(json.dumps(design), encoding="utf-8")


def spread(netlist: Path, part: str, used: Utilisation) -> int:
    """Give a large design twice the wires, where the part has room: every other row, and the clock network.

    Where there is no room, wide control nets stay on common wires, too: the clock network's own way to enables is by
    wires that are short there.

    Args:
        netlist: JSON of yosys, rewritten.
        part: as its vendor names it.
        used: of the design.

    Returns:
        how many look-up tables were added, that only keep their places free.
    """
    die = room_on(part, used)
    if die is None:
        return 0
    design = json.loads(netlist.read_text(encoding="utf-8"))
    top = next(module for module in design["modules"].values() if int(module["attributes"].get("top", "0"), 2))
    lead_controls(top)
    spare = leave_rows(top, die)
    netlist.write_text(json.dumps(design), encoding="utf-8")
    return spare
