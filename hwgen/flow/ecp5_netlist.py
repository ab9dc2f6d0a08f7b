"""Sets right what synthesis makes of an ECP5 design, for the router's sake; what it computes stays."""

from __future__ import annotations

import json
from pathlib import Path

from hwgen.flow.carry_ends import open_ends
from hwgen.flow.carry_pins import spread_pins
from hwgen.flow.control_nets import lead_controls


def mend(netlist: Path) -> None:
    """Open the ends of carry chains, spread their inputs, and lead wide control nets over the clock network.

    Args:
        netlist: JSON of yosys, rewritten.
    """
    design = json.loads(netlist.read_text(encoding="utf-8"))
    for module in design["modules"].values():
        open_ends(module)
        spread_pins(list(module["cells"].values()))
        lead_controls(module)
    netlist.write_text(json.dumps(design), encoding="utf-8")
