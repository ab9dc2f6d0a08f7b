"""Leads the widest control nets of an ECP5 design over the chip's clock network.

What moves with the tokens, thousands of flip-flops, hangs on a handful of enables and clears. Over common wires each
of these reaches from one end of the design to the other, and is taken up and laid down again with whatever it meets.
The clock network reaches every flip-flop's clear from four of the eight clocks that may serve for more than clocking,
and its enable from the other four by a wire beside it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hwgen.chips.netlist.cells import free_net

LEAST = 1_000
"""Flip-flops on a net from which it is led over the clock network."""
_PINS = {"CE": 3, "LSR": 4}
"""Pins, and how many clocks there are for each; one of the first four is the design's own."""


def lead_controls(module: dict[str, Any]) -> int:
    """Put a clock buffer between each wide control net and its flip-flops.

    nextpnr numbers clocks in falling order of their buffers' names: enables take the lower ones.

    Args:
        module: of yosys's JSON, changed in place.

    Returns:
        how many nets were led.
    """
    loads: defaultdict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for cell in module["cells"].values():
        for pin in _PINS if cell["type"] == "TRELLIS_FF" else ():
            for net in cell["connections"].get(pin, ()):
                if isinstance(net, int):
                    loads[pin, net].append(cell)
    wide = [
        chosen
        for pin, most in _PINS.items()
        for chosen in sorted((key for key in loads if key[0] == pin), key=lambda key: -len(loads[key]))[:most]
        if len(loads[chosen]) >= LEAST
    ]
    free = free_net(module)
    for number, (pin, net) in enumerate(wide):
        name = f"control{sum(_PINS.values()) - number}_{pin}"
        module["netnames"][name] = {"hide_name": 0, "bits": [free + number], "attributes": {}}
        module["cells"][f"{name}_buffer"] = _buffer(net, free + number)
        for cell in loads[pin, net]:
            cell["connections"][pin] = [free + number]
    return len(wide)


def _buffer(net: int, led: int) -> dict[str, Any]:
    return {
        "hide_name": 0,
        "type": "DCCA",
        "parameters": {},
        "attributes": {},
        "port_directions": {"CLKI": "input", "CE": "input", "CLKO": "output"},
        "connections": {"CLKI": [net], "CE": ["1"], "CLKO": [led]},
    }
