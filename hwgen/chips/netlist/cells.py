"""The cells of a netlist in yosys's JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

_LIBRARY = {"blackbox", "whitebox"}
"""What marks the model of a primitive."""


def top_module(design: dict[str, Any]) -> dict[str, Any]:
    """The one that yosys's JSON marks as the top."""
    modules: dict[str, dict[str, Any]] = design["modules"]
    return next(module for module in modules.values() if int(module["attributes"].get("top", "0"), 2))


def primitives(design: dict[str, Any]) -> Counter[str]:
    """How many there are of each type, those inside of modules' instances, too."""
    return _primitives(top_module(design), design["modules"])


def _primitives(module: dict[str, Any], modules: dict[str, Any]) -> Counter[str]:
    own = Counter(cell["type"] for cell in module["cells"].values())
    total: Counter[str] = Counter()
    for kind, count in own.items():
        if kind in modules and not _LIBRARY & modules[kind]["attributes"].keys():
            total.update({name: count * each for name, each in _primitives(modules[kind], modules).items()})
        else:
            total[kind] += count
    return total


def free_net(module: dict[str, Any]) -> int:
    """The first net number that a module does not use, nor any behind it."""
    used = (net for each in module["netnames"].values() for net in each["bits"] if isinstance(net, int))
    return 1 + max(used, default=1)
