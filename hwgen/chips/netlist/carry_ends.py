"""Opens the ends of ECP5's carry chains in a netlist."""

from __future__ import annotations

from collections import Counter
from typing import Any

_OPEN = ["x"]


def open_ends(module: dict[str, Any]) -> None:
    """Take away the wires of last carries that nobody reads, and of first ones that make no difference.

    Synthesis names every carry and ties unconnected ones to a constant; nextpnr then spends two cells on each, to lead
    it out of the chain or into it.

    Args:
        module: of yosys's JSON, changed in place.
    """
    cells = module["cells"].values()
    readers = Counter(bit for cell in cells for bit in _inputs(cell))
    for port in module.get("ports", {}).values():
        readers.update(port["bits"])
    for cell in cells:
        if cell["type"] != "CCU2C":
            continue
        pins = cell["connections"]
        if not any(readers[bit] for bit in pins.get("COUT", [])):
            pins["COUT"] = _OPEN
        if pins["CIN"] in (["0"], ["1"]) and _ignores_carry(cell) and not any(readers[bit] for bit in pins["S0"]):
            pins["CIN"] = _OPEN


def _inputs(cell: dict[str, Any]) -> list[int | str]:
    directions = cell["port_directions"]
    return [bit for port, bits in cell["connections"].items() if directions[port] == "input" for bit in bits]


def _ignores_carry(cell: dict[str, Any]) -> bool:
    """Whether the first half makes the carry by itself: its table is 0 wherever D is 1, as it always is."""
    table = int(cell["parameters"]["INIT0"], 2)
    return cell["connections"].get("D0") == ["1"] and table >> 8 == 0
