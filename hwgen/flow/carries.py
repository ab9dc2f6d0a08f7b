"""Sets right what synthesis makes of ECP5's carry chains."""

from __future__ import annotations

import json
from pathlib import Path

from hwgen.flow.carry_ends import open_ends
from hwgen.flow.carry_pins import spread_pins


def mend_carries(netlist: Path) -> None:
    """Open the ends of carry chains and spread their inputs; what they compute stays.

    Args:
        netlist: JSON of yosys, rewritten.
    """
    design = json.loads(netlist.read_text(encoding="utf-8"))
    for module in design["modules"].values():
        open_ends(module)
        spread_pins(list(module["cells"].values()))
    netlist.write_text(json.dumps(design), encoding="utf-8")
