"""By default the cheapest design that keeps up with a board's link is built; other aims on request."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from rich.console import Console

from hwgen.chips.ecp5 import ECP5
from hwgen.chips.xilinx7 import XILINX7
from hwgen.errors import HwgenError
from hwgen.flow import board as boards
from hwgen.flow import fit
from hwgen.flow.aim import HEADROOM, KEEP_UP, LATENCY, Aim
from hwgen.flow.candidates import ENGINES, Constraints
from hwgen.flow.choose import Design, designs, explored, model_for
from hwgen.flow.estimate import estimate
from hwgen.flow.link import Link
from hwgen.flow.pace import cycles_per_sentence, latency
from hwgen.flow.target import Target
from hwgen.model import Model
from hwgen.rtl.core import Core
from hwgen.rtl.plan import Plan, Spatial, Spram
from hwgen.shipped import shipped_models


@lru_cache
def model(name: str) -> Model:
    return Model.load(shipped_models()[name])


@lru_cache
def built(board: str, name: str | None = None, aim: Aim = KEEP_UP) -> tuple[Model, Design]:
    loaded = boards.load(board)
    chosen = model(name or model_for(loaded, 5, aim))
    return chosen, next(designs(chosen, Target.of(loaded), aim))


def at_baud(board: str, baud: int) -> Target:
    loaded = boards.load(board)
    return Target.of(replace(loaded, uart=replace(loaded.uart, baud=baud)))


@pytest.mark.parametrize("name", boards.names())
def test_every_boards_default_keeps_up_with_its_link(name: str) -> None:
    """Sentences of every length, with room to spare, and each is answered soon."""
    chosen, design = built(name)
    stages, target = Core(chosen.graph, design.plan).stages, design.target
    assert design.aim == "keeps up with the link"
    for tokens in (1, 2, 5, 8, 20, 100, 3_000):
        circuit = target.clock / cycles_per_sentence(stages, tokens)
        assert circuit >= HEADROOM * target.link.sentences_per_second(tokens, chosen.graph.classes)
    assert latency(stages, chosen.vocabulary.USUAL) <= LATENCY * target.clock


@pytest.mark.parametrize("fastest", [False, True])
def test_a_part_without_a_known_pll_is_built_at_its_oscillator(fastest: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target.of(boards.load("tang_nano_9k"))
    monkeypatch.setattr(type(target.clocks), "plans", [target.clocks.own])
    design = next(designs(model("sst2-small-5bit"), target, Aim(fastest=fastest)))
    assert design.target.clock == 27e6


def test_a_fast_oscillator_without_a_known_pll_stays_the_clock_of_the_fastest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the one that a full ECP5 is routed for, which is nothing to other parts."""
    target = Target.of(boards.load("arty_a7"))
    monkeypatch.setattr(type(target.clocks), "plans", [target.clocks.own])
    design = next(designs(model("sst2-small-5bit"), target, Aim(fastest=True)))
    assert design.target.clock == 100e6


@pytest.mark.parametrize(("board", "name"), [("ulx3s", "sst2-full-5bit"), ("icebreaker", "sst2-small-5bit")])
def test_nothing_cheaper_keeps_up(board: str, name: str) -> None:
    """The search stops early; one of everything there is ends with the same."""
    chosen, design = built(board, name)
    found = fit.choices(chosen.graph, design.target, Constraints(20))
    reached = [choice for choice in found if KEEP_UP.reached(choice, design.target, 20, 2)]
    assert min(reached, key=lambda choice: choice.cheapest_first).plan == design.plan


def test_a_faster_line_takes_more_lanes_and_a_slow_one_is_bound_by_latency() -> None:
    chosen = model("sst2-full-5bit")
    lanes = [
        next(designs(chosen, at_baud("ulx3s", baud), KEEP_UP)).plan.convolution.lanes  # type: ignore[union-attr]
        for baud in (300, 1_000_000, 3_000_000)
    ]
    assert lanes[0] < lanes[1] < lanes[2]
    slow = next(designs(chosen, at_baud("ulx3s", 300), KEEP_UP))
    stages = Core(chosen.graph, slow.plan).stages
    assert cycles_per_sentence(stages, 20) < 0.1 * slow.target.clock * 20 * 10 / 300, "the line would let it be slower"
    assert latency(stages, 20) <= LATENCY * 25e6


def test_a_line_too_fast_for_the_oscillator_gets_a_faster_clock() -> None:
    target = at_baud("icebreaker", 3_000_000)
    assert target.clock == 24e6 and target.run_at.pll
    design = next(designs(model("sst2-full-5bit"), target, KEEP_UP))
    assert design.target.clock == 24e6 and design.plan.name.endswith("table in SPRAM")
    given = Target.of(target.board, 30e6)
    assert next(designs(model("sst2-full-5bit"), given, KEEP_UP, clock_given=True)).target.clock == 30e6


def test_what_lanes_cannot_do_at_the_oscillators_clock_is_done_at_a_faster_one() -> None:
    target = at_baud("icebreaker", 1_500_000)
    assert target.clock == 12e6
    roomy = Link(1_500_000).tokens_per_second
    board = replace(target.board, budget=replace(target.board.budget, luts=4_400))
    design = next(designs(model("sst2-full-5bit"), Target.of(board), KEEP_UP))
    assert 12e6 < design.target.clock <= 30e6 and design.aim == "keeps up with the link"
    assert Core(model("sst2-full-5bit").graph, design.plan).tokens_per_cycle * design.target.clock >= HEADROOM * roomy


def test_where_nothing_keeps_up_the_fastest_is_built() -> None:
    """A little slower than with headroom: the line is no faster than the circuit, but nearly."""
    chosen = model("sst2-full-5bit")
    target = at_baud("cmod_a7", 1_111_111)
    least = estimate(Core(chosen.graph, next(designs(chosen, target, KEEP_UP)).plan), XILINX7).luts
    budget = replace(target.board.budget, luts=int(least / XILINX7.fill) - 1)
    design = next(designs(chosen, Target.of(replace(target.board, budget=budget)), KEEP_UP))
    assert design.aim == "fastest, since nothing keeps up with the link"


@pytest.mark.parametrize(
    ("board", "name"), [("ulx3s", "sst2-full-5bit"), ("orangecrab", "sst2-full-5bit"), ("arty_a7", "sst2-full-5bit")]
)
def test_the_fastest_has_wired_weights_and_a_high_clock(board: str, name: str) -> None:
    chosen, design = built(board, name, Aim(fastest=True))
    assert isinstance(design.plan, Plan) and design.plan.never_stalls and design.aim == "fastest"
    assert isinstance(design.plan.convolution, Spatial)
    # OrangeCrab's part is too full to be routed for more.
    assert design.plan.convolution.adders_per_stage == {"ulx3s": 2, "orangecrab": 4, "arty_a7": 1}[board]
    assert design.target.clock == {"ulx3s": 112.5e6, "orangecrab": 64e6, "arty_a7": 100e6}[board]
    assert cycles_per_sentence(Core(chosen.graph, design.plan).stages, 20) == 20


def test_a_clock_that_is_asked_for_is_aimed_at_on_a_full_part_too() -> None:
    target = Target.of(boards.load("orangecrab"), 112e6)
    design = next(designs(model("sst2-full-5bit"), target, Aim(fastest=True), clock_given=True))
    assert design.target.clock == 112e6
    assert isinstance(design.plan, Plan) and design.plan.convolution == Spatial(2, ECP5)


def test_of_the_shipped_models_the_most_accurate_that_fits_is_taken() -> None:
    """iCEBreaker holds the full one, with its table in SPRAM; Tang Nano 9K has too little block RAM for it."""
    chosen = {name: model_for(boards.load(name), 5) for name in ("icebreaker", "tang_nano_9k", "ulx3s")}
    assert chosen == {
        "icebreaker": "sst2-full-5bit", "tang_nano_9k": "sst2-small-5bit", "ulx3s": "sst2-full-5bit"
    }  # fmt: skip
    _, design = built("icebreaker")
    assert isinstance(design.plan, Plan) and design.plan.embedding == Spram()
    assert model_for(boards.load("orangecrab"), 8) == "sst2-small-8bit", "the other takes 60 of 56 block RAMs"
    assert model_for(boards.load("icebreaker"), 5, Aim(rate=200_000)) == "sst2-small-5bit"


def test_an_aim_says_what_decided() -> None:
    words = [Aim(fastest=True), Aim(rate=2500), Aim(lanes=3), Aim(engine="folded"), KEEP_UP]
    assert [aim.words for aim in words] == [
        "fastest", "target 2500/s", "as asked: lanes 3", "as asked: engine folded", "keeps up with the link"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "fast"}, "engine: 'fast' is not one of spatial, folded"),
        ({"engine": "spatial", "lanes": 3}, "--lanes belongs to the folded engine"),
        ({"rate": 9.0, "lanes": 3}, "--target chooses the lanes"),
        ({"fastest": True, "rate": 9.0}, "--fastest chooses by itself"),
        ({"fastest": True, "lanes": 9}, "--fastest chooses by itself"),
    ],
)
def test_aims_that_do_not_go_together(options: dict[str, object], message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        Aim(**options)  # type: ignore[arg-type]


def test_explore_marks_what_each_aim_builds(tmp_path: Path) -> None:
    chosen = model("sst2-small-5bit")
    target = Target.of(boards.load("ulx3s"))
    found = explored(chosen, r"$\no{formula$", target, Aim(rate=300_000))
    for mark, aim in zip(found.marks, (KEEP_UP, Aim(fastest=True), Aim(rate=300_000)), strict=True):
        design = next(designs(chosen, target, aim))
        assert mark.choice.plan == design.plan and mark.clock == design.target.clock
    marked = [mark for choice in found.as_json()["choices"] for mark in choice["marks"]]
    assert sorted(marked) == ["default", "fastest", "target"]
    shown = Console(width=150)
    with shown.capture() as capture:
        shown.print(found.table())
    text = capture.get()
    assert all(word in text for word in ("default", "fastest at 112.5 MHz", "target", "the link carries"))
    found.draw(tmp_path / "picture.svg")
    assert (tmp_path / "picture.svg").stat().st_size > 10_000


@pytest.mark.parametrize("engine", ENGINES)
def test_explore_marks_what_an_engine_that_is_asked_for_builds(engine: str) -> None:
    chosen = model("sst2-small-5bit")
    target = Target.of(boards.load("icebreaker" if engine == "folded" else "ulx3s"))
    found = explored(chosen, "small", target, Aim(engine=engine, rate=20_000))
    aims = (Aim(engine=engine), Aim(engine=engine, fastest=True), Aim(engine=engine, rate=20_000))
    for mark, aim in zip(found.marks, aims, strict=True):
        design = next(designs(chosen, target, aim))
        assert mark.choice.plan == design.plan and mark.clock == design.target.clock
    assert [mark.name for mark in found.marks] == ["engine", "fastest", "target"]
    assert found.chosen is found.marks[2].choice
