"""Each cell of a netlist is counted once, for the component that it is in."""

from pathlib import Path

import numpy as np
import pytest

from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import ChipFamily
from hwgen.chips.gowin import GOWIN
from hwgen.chips.ice40 import ICE40
from hwgen.chips.xilinx7 import XILINX7
from hwgen.errors import HwgenError
from hwgen.flow.estimate import estimate
from hwgen.flow.utilisation import Utilisation
from hwgen.page import costs
from hwgen.page.components import components, flat
from hwgen.rtl import plan as plans
from hwgen.rtl.core import Core
from hwgen.rtl.plan import Members
from tests.page.builds import CELLS, model_of, subject
from tests.random_graph import random_ensemble, random_graph

CNN = random_graph(np.random.default_rng(4), classes=2)
CORE = Core(CNN, plans.spatial(CNN))


def test_cells_are_named_after_what_they_drive() -> None:
    namer = costs.Namer(CORE)
    assert [namer(cell) for cell in CELLS] == [
        "embedding",
        "convolution",
        "convolution",  # drives what enters the requantiser
        "requantise",  # reads it
        "requantise",
        "requantise",
        "max_over_time",
        "dense",  # the reader says whether it is ready
        "dense",
        "around",
        "around",
        "around",
        "line",
        "line",
    ]


def test_the_cells_of_a_netlist_are_counted(tmp_path: Path) -> None:
    made = subject(tmp_path, model_of(CNN), plans.spatial(CNN))
    found = costs.counted(tmp_path, made.target.family, made.core)
    assert found["convolution"] == Utilisation(0, 2, 0, 0)
    assert found["requantise"] == Utilisation(2, 1, 0, 0)
    assert found["embedding"] == Utilisation(0, 0, 0, 1)
    assert sum(cost.luts for cost in found.values()) == 6 and sum(cost.ffs for cost in found.values()) == 7


@pytest.mark.parametrize("text", ["", "{}", '{"modules": {"top": {"cells": [1]}}}'])
def test_a_damaged_netlist_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "top.json").write_text(text)
    with pytest.raises(HwgenError, match=r"top\.json: no netlist"):
        costs.counted(tmp_path, ECP5, CORE)


@pytest.mark.parametrize("family", [ECP5, ICE40, GOWIN, XILINX7], ids=str)
def test_the_estimates_of_all_components_are_that_of_the_whole(family: ChipFamily) -> None:
    core = Core(CNN, plans.spatial(CNN, family))
    parts, whole = costs.estimated(core, family).values(), estimate(core, family)
    assert sum(part.luts for part in parts) == pytest.approx(whole.luts, abs=len(parts))
    assert sum(part.ffs for part in parts) == pytest.approx(whole.ffs, abs=len(parts))
    assert sum(part.brams for part in parts) == whole.brams


def test_members_side_by_side_are_told_apart() -> None:
    graph = random_ensemble(np.random.default_rng(2), "convolution")
    core = Core(graph, plans.spatial(graph, members=Members.side_by_side))
    namer = costs.Namer(core)
    assert namer("shell.core.vote.member_1.dense.node_3_LUT4_Z") == "vote.member_1.dense"
    assert namer("shell.core.vote.member_1.argmax.scores__payload_TRELLIS_FF_Q") == "vote.member_1.dense"
    assert namer("shell.core.vote.counted_LUT4_Z") == "vote"
    shown = {component.key for component in flat(components(core, 5, "token"))}
    assert {site.key for site in costs.sites(core)} < shown
    whole = costs.together({"vote.member_0.dense": Utilisation(1, 2, 0, 0.5), "vote": Utilisation(3, 4, 0, 0)}, "vote")
    assert whole == Utilisation(4, 6, 0, 0.5)
