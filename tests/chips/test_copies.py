"""Many block RAMs hang on copies of what drives them, and read the same."""

from __future__ import annotations

import copy
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.chips.netlist.copies import MOST
from hwgen.chips.netlist.copies import share_out as share_out_among

CLOCK, INPUT, ADDRESS = 2, 3, 4


def share_out(design: dict[str, Any]) -> int:
    return share_out_among(design, ["SPX9"])


def cell(kind: str, output: str, **pins: list[int | str]) -> dict[str, Any]:
    return {
        "type": kind,
        "parameters": {"INIT": "0"},
        "attributes": {"src": "here"},
        "port_directions": {pin: "output" if pin == output else "input" for pin in pins},
        "connections": pins,
    }


def table(block_rams: int, others: int, driver: str = "DFFE") -> dict[str, Any]:
    """A design of a register that addresses block RAMs, with `others` more loads."""
    cells = {"address": cell(driver, "Q", CLK=[CLOCK], D=[INPUT], Q=[ADDRESS])}
    for number in range(block_rams):
        cells[f"ram{number}"] = cell("SPX9", "DO", CLK=[CLOCK], AD=["0", ADDRESS, "1"], DO=[10 + number])
    for number in range(others):
        cells[f"load{number}"] = cell("LUT1", "F", I0=[ADDRESS], F=[100 + number])
    nets = {"all": {"bits": sorted({net for each in cells.values() for net in reading(each) | driving(each)})}}
    return {"modules": {"top": {"attributes": {"top": "1"}, "cells": cells, "netnames": nets}}}


def nets(each: dict[str, Any], direction: str) -> set[int]:
    return {
        net
        for pin, own in each["connections"].items()
        if each["port_directions"][pin] == direction
        for net in own
        if isinstance(net, int)
    }


def reading(each: dict[str, Any]) -> set[int]:
    return nets(each, "input")


def driving(each: dict[str, Any]) -> set[int]:
    return nets(each, "output")


def cells_of(design: dict[str, Any]) -> dict[str, Any]:
    return dict(design["modules"]["top"]["cells"])


def loads(design: dict[str, Any]) -> Counter[int]:
    return Counter(net for each in cells_of(design).values() for net in reading(each))


def behind(design: dict[str, Any], net: int) -> Any:
    """What drives a net: a cell with its inputs, whatever its name and its output are."""
    for each in cells_of(design).values():
        if net in driving(each):
            inputs = {pin: own for pin, own in each["connections"].items() if each["port_directions"][pin] == "input"}
            return json.dumps([each["type"], each["parameters"], inputs])
    return net


@given(st.integers(0, 50), st.integers(0, 60))
def test_every_cell_reads_what_it_read(block_rams: int, others: int) -> None:
    before = table(block_rams, others)
    after = copy.deepcopy(before)
    added = share_out(after)
    assert len(cells_of(after)) == len(cells_of(before)) + added
    for name, own in cells_of(before).items():
        for pin, levels in own["connections"].items():
            moved = cells_of(after)[name]["connections"][pin]
            if own["port_directions"][pin] == "output":
                assert moved == levels
            else:
                assert [behind(after, net) for net in moved] == [behind(before, net) for net in levels]
    outputs = Counter(net for each in cells_of(after).values() for net in driving(each))
    assert set(outputs.values()) == {1}, "a net has two drivers"


@pytest.mark.parametrize(("block_rams", "others", "added"), [(36, 0, 4), (36, 1, 5), (50, 0, 6), (9, 0, 1)])
def test_no_net_has_many_block_rams(block_rams: int, others: int, added: int) -> None:
    design = table(block_rams, others)
    assert share_out(design) == added
    for net, count in loads(design).items():
        assert count <= MOST or net in (CLOCK, INPUT)


@pytest.mark.parametrize(
    "design",
    [table(MOST, 20), table(36, 20), table(20, 0, "IBUF"), table(20, 0, "SPX9")],
    ids=["few", "wide enough to be left alone", "an input", "another block RAM"],
)
def test_what_routes_as_it_is_stays(design: dict[str, Any]) -> None:
    before = json.dumps(design)
    assert share_out(design) == 0 and json.dumps(design) == before


def test_names_and_nets_are_new() -> None:
    design = table(36, 0)
    used = set(design["modules"]["top"]["netnames"]["all"]["bits"])
    share_out(design)
    module = design["modules"]["top"]
    assert not used & {net for name, net in copied(module)}
    assert {name for name, _ in copied(module)} <= module["cells"].keys()


def copied(module: dict[str, Any]) -> list[tuple[str, int]]:
    return [(name, net) for name, each in module["netnames"].items() if name != "all" for net in each["bits"]]
