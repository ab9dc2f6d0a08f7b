"""Sets right what synthesis makes of a Gowin design, for the router's sake; what it computes stays.

Before all else nextpnr leads nets of 8 to 50 loads, more than ten of them far away, along the chip's long wires. Block
RAMs are out of reach of these: for each one it then looks through the whole chip in vain, and the address of a table
that lies in thirty of them takes minutes. With a copy of its register for every few block RAMs there is no such net.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container
from copy import deepcopy
from typing import Any

from hwgen.chips.netlist.cells import free_net

MOST = 8
"""Block RAMs on a net."""
_WIDE = 50
"""Loads from which nextpnr does not look at a net."""
_COPIED = ("DFF", "LUT")
"""How the types of cells begin that may be there more than once."""


def share_out(design: dict[str, Any], block_rams: Container[str]) -> int:
    """Give a net's block RAMs to copies of what drives it, `MOST` to each.

    Args:
        design: yosys's JSON, changed in place.
        block_rams: their types.

    Returns:
        how many cells were added.
    """
    return sum(_share_out(module, block_rams) for module in design["modules"].values())


def _share_out(module: dict[str, Any], block_rams: Container[str]) -> int:
    cells: dict[str, dict[str, Any]] = module["cells"]
    drivers: dict[int, tuple[str, str]] = {}
    loads: defaultdict[int, int] = defaultdict(int)
    pins: defaultdict[int, list[tuple[list[int | str], int]]] = defaultdict(list)
    for name, cell in cells.items():
        for port, nets in cell["connections"].items():
            for place, net in enumerate(nets):
                if cell["port_directions"].get(port) == "output":
                    drivers[net] = name, port
                elif isinstance(net, int):
                    loads[net] += 1
                    if cell["type"] in block_rams:
                        pins[net].append((nets, place))
    free = free_net(module)
    added = 0
    for net, addressed in pins.items():
        name, port = drivers.get(net, ("", ""))
        if not name or not cells[name]["type"].startswith(_COPIED) or not MOST < len(addressed) <= loads[net] <= _WIDE:
            continue
        kept = MOST if loads[net] == len(addressed) else 0
        for number, first in enumerate(range(kept, len(addressed), MOST), 1):
            copy, copied = f"{name}_copy{number}", free + added
            cells[copy] = deepcopy(cells[name])
            cells[copy]["connections"][port] = [copied]
            module["netnames"][copy] = {"hide_name": 0, "bits": [copied], "attributes": {}}
            for nets, place in addressed[first : first + MOST]:
                nets[place] = copied
            added += 1
    return added
