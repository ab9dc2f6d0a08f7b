"""Wide control nets reach the same flip-flops over the clock network."""

from __future__ import annotations

from typing import Any

import pytest

from hwgen.chips.netlist import control_nets
from hwgen.chips.netlist.control_nets import LEAST, lead_controls


def flip_flops(count: int, **pins: int | str) -> dict[str, Any]:
    """A module of flip-flops on the same control nets, each with data of its own."""
    cells = {
        f"ff{number}": {
            "type": "TRELLIS_FF",
            "connections": {"CLK": [2], "DI": [100 + number], "Q": [100 + count + number]}
            | {pin: [net] for pin, net in pins.items()},
        }
        for number in range(count)
    }
    return {"cells": cells, "netnames": {"all": {"bits": list(range(2, 100 + 2 * count))}}}


def sources(module: dict[str, Any]) -> list[dict[str, Any]]:
    """Of every flip-flop, where its pins' values come from, through buffers."""
    behind = {
        cell["connections"]["CLKO"][0]: cell["connections"]["CLKI"][0]
        for cell in module["cells"].values()
        if cell["type"] == "DCCA"
    }
    return [
        {pin: behind.get(net, net) for pin, (net,) in cell["connections"].items()}
        for cell in module["cells"].values()
        if cell["type"] == "TRELLIS_FF"
    ]


def buffers(module: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in module["cells"].values() if cell["type"] == "DCCA"]


def test_every_flip_flop_keeps_its_controls() -> None:
    module = flip_flops(LEAST, CE=3, LSR=4)
    before = sources(module)
    assert lead_controls(module) == 2
    assert sources(module) == before
    led = {
        tuple(cell["connections"][pin])
        for cell in module["cells"].values()
        for pin in ("CE", "LSR")
        if pin in cell["connections"] and cell["type"] == "TRELLIS_FF"
    }
    assert led == {tuple(each["connections"]["CLKO"]) for each in buffers(module)}


def test_buffers_are_always_on_and_their_nets_are_new() -> None:
    module = flip_flops(LEAST, CE=3, LSR=4)
    nets = set(module["netnames"]["all"]["bits"])
    lead_controls(module)
    for each in buffers(module):
        assert each["connections"]["CE"] == ["1"]
        assert not nets & set(each["connections"]["CLKO"])


def test_enables_take_the_lower_clocks() -> None:
    module = flip_flops(LEAST, CE=3, LSR=4)
    lead_controls(module)
    names = [name for name, cell in module["cells"].items() if cell["type"] == "DCCA"]
    assert [name.rsplit("_")[-2] for name in sorted(names, reverse=True)] == ["CE", "LSR"]


@pytest.mark.parametrize("pins", [{"CE": 3}, {"CE": "1"}, {}])
def test_narrow_nets_and_constants_stay(pins: dict[str, int | str]) -> None:
    module = flip_flops(LEAST - 1 if pins == {"CE": 3} else LEAST, **pins)
    assert lead_controls(module) == 0
    assert not buffers(module)


def test_no_more_nets_than_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_nets, "LEAST", 1)
    module = flip_flops(10)
    for number, cell in enumerate(module["cells"].values()):
        cell["connections"] |= {"CE": [10 + number], "LSR": [30 + number]}
    assert lead_controls(module) == 7
