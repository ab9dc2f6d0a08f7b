"""What a board's PLL makes of its oscillator: exactly, within the data sheet, the nearest there is."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.chips.families import FAMILIES
from hwgen.chips.pll import ecp5, gowin, ice40, seven_series
from hwgen.errors import HwgenError
from hwgen.flow import board as boards
from hwgen.flow import platform as platforms
from hwgen.flow.clocks import Clocks
from hwgen.flow.design import make_shell
from hwgen.flow.target import Target
from hwgen.flow.top import BoardTop
from hwgen.model import Model
from hwgen.rtl.plan import Plan
from hwgen.text.vocabulary import Vocabulary
from tests.random_graph import random_graph

OF_EACH_FAMILY = {"ulx3s": ecp5, "icebreaker": ice40, "tang_nano_9k": gowin, "arty_a7": seven_series}


@lru_cache
def clocks(name: str) -> Clocks:
    return Clocks(platforms.make(boards.load(name)))


@pytest.mark.parametrize("name", boards.names())
@settings(deadline=None, max_examples=30)
@given(megahertz=st.fractions(min_value=4, max_value=250))
def test_the_nearest_on_either_side(name: str, megahertz: Fraction) -> None:
    every, wish = clocks(name), megahertz * 1_000_000
    made = [plan.frequency for plan in every.plans]
    if made[0] <= wish <= made[-1]:
        below, above = every.at_most(wish), every.at_least(wish)
        assert below.frequency <= wish <= above.frequency
        assert not [each for each in made if below.frequency < each < above.frequency and each != wish]
    assert every.at_most(every.reference).pll is None and every.at_least(every.reference).pll is None


@pytest.mark.parametrize("name", OF_EACH_FAMILY)
def test_every_setting_is_within_the_data_sheet(name: str) -> None:
    platform = platforms.make(boards.load(name))
    limits: Any = gowin.limits_of(platform.part) if name == "tang_nano_9k" else None
    phases, vco, output = (
        (limits.phases, limits.vco, limits.output)
        if limits
        else (getattr(OF_EACH_FAMILY[name], each) for each in ("PHASES", "VCO", "OUTPUT"))
    )
    made = [plan.pll for plan in clocks(name).plans if plan.pll]
    assert len(made) > 100
    for pll in made:
        assert pll.phases in phases and pll.vco in vco and pll.frequency in output


@pytest.mark.parametrize(
    ("family", "reference", "wish", "setting"),
    [
        ("ecp5", 25, 70, (5, 14, 9)),
        ("ice40", 12, 24, (0, 63, 5)),  # as icepll
        ("ice40", 12, 48, (0, 63, 4)),
        ("gowin", 27, 108, (1, 4, 8)),
        ("xilinx", 12, 96, (1, 64, 8)),
        ("xilinx", 100, 150, (1, 12, 8)),
    ],
)
def test_settings_as_the_vendors_tools_choose_them(
    family: str, reference: int, wish: int, setting: tuple[int, int, int]
) -> None:
    hertz = Fraction(reference * 1_000_000)
    made = [
        pll for pll in FAMILIES[family].pll.settings("GW1NR-LV9QN88PC6/I5", hertz) if pll.frequency == wish * 1_000_000
    ]
    best = max(made, key=lambda pll: (pll.phases, pll.vco))
    assert tuple(vars(best).values()) == (hertz, *setting)


def test_a_frequency_out_of_reach_is_one_clear_line() -> None:
    with pytest.raises(HwgenError, match=r"clock: 900 MHz is out of reach; the board's 25 MHz .* 3\.125 to 400 MHz"):
        clocks("ulx3s").at_least(900e6)
    with pytest.raises(HwgenError, match=r"clock: 0\.1 MHz is out of reach"):
        clocks("icebreaker").at_most(1e5)
    with pytest.raises(HwgenError, match=r"clock: 409 MHz is out of reach"):
        Target.of(boards.load("ulx3s"), 409e6)
    assert Target.of(boards.load("ulx3s"), 401e6).clock == 400e6


def test_a_part_without_a_known_pll_has_its_oscillator(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = platforms.make(boards.load("tang_nano_9k"))
    monkeypatch.setattr(type(platform), "part", "GW5A-LV25MG121NES")
    every = Clocks(platform)
    assert every.at_most(100e6).frequency == 27_000_000
    with pytest.raises(HwgenError, match=r"28 MHz is not the board's 27 MHz, and hwgen knows no PLL"):
        every.at_least(28e6)


def test_a_slower_grade_has_a_slower_pll() -> None:
    fast, slow = (gowin.limits_of(f"GW1NR-LV9QN88P{grade}") for grade in ("C6/I5", "C5/I4"))
    assert fast and slow and (slow.vco.most, fast.vco.most) == (960, 1200) and slow.phases.least == fast.phases.least
    assert gowin.limits_of("GW5A-LV25MG121NES") is None


def test_the_line_has_its_eight_clocks_a_bit() -> None:
    assert clocks("icebreaker").for_line(3_000_000).frequency == 24_000_000
    assert clocks("ulx3s").for_line(3_000_000).pll is None
    assert clocks("cmod_a7").for_line(12_000_000).frequency == 96_000_000


@pytest.mark.parametrize(
    ("name", "megahertz", "file", "line"),
    [
        ("ulx3s", 70, "top.lpf", 'FREQUENCY NET "pll_clk" 70000000.0 HZ;'),
        ("icebreaker", 24, "top.pcf", "set_frequency pll_clk 24.0"),
        ("arty_a7", 125, "top.xdc", 'create_clock -name pll_clk -period 8.0 [get_nets "pll_clk"]'),
    ],
)
def test_the_clock_that_is_made_is_constrained(name: str, megahertz: float, file: str, line: str) -> None:
    graph = random_graph(np.random.default_rng(0), vocabulary=64, filters=2, classes=2)
    model = Model(graph, Vocabulary(tuple(f"w{i}" for i in range(61)), 2), ("no", "yes"), {})
    board, clock = boards.load(name), clocks(name).at_most(megahertz * 1e6)
    shell = make_shell(model, Plan.folded(3), Target.of(board).at(clock))
    made = platforms.plan(platforms.make(board), board, BoardTop(shell, board, clock), "top").files[file]
    text = made if isinstance(made, str) else made.decode()
    assert line in text.splitlines()
    other = text.replace(line, "")
    assert f"{float(clock.reference) / (1 if name == 'ulx3s' else 1e6)}" in other or "-period 10.0" in other
