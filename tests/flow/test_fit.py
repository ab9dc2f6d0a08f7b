"""Engines, lanes and registers are chosen by a board's budget; what is chosen fits, and nothing that fits is better."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest

from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import ChipFamily
from hwgen.chips.ice40 import ICE40
from hwgen.errors import HwgenError
from hwgen.flow import board as boards
from hwgen.flow import fit
from hwgen.flow.advice import advice
from hwgen.flow.aim import Aim
from hwgen.flow.candidates import Choice, Constraints
from hwgen.flow.choose import designs
from hwgen.flow.estimate import estimate
from hwgen.flow.pace import cycles_per_sentence
from hwgen.flow.table_place import memory, stored
from hwgen.flow.target import Target
from hwgen.graph.ensemble import EnsembleGraph, Vote
from hwgen.graph.graph import Graph
from hwgen.graph.nodes import Embedding
from hwgen.model import Model
from hwgen.rtl.core import Core
from hwgen.rtl.plan import EnsemblePlan, Folded, HypervectorPlan, InTurnPlan, Members, Plan, Spatial, Spram, folded
from hwgen.shipped import shipped
from tests.random_graph import random_graph, random_hypervector_graph

CONSTRAINTS = Constraints(tokens=20)
SLOWEST = 500
"""Cycles a token, where nothing else is said."""


def target_of(board: boards.Board | str) -> Target:
    return Target.of(boards.load(board) if isinstance(board, str) else board)


def choices(
    graph: Graph, board: boards.Board, constraints: Constraints = CONSTRAINTS, slowest: float = SLOWEST
) -> list[Choice]:
    return fit.choices(graph, target_of(board), constraints, slowest)


@lru_cache
def shipped_graph(size: str, bits: int) -> Graph:
    return Model.load(shipped(size, bits)).graph


@lru_cache
def offered(size: str, name: str, engine: str | None = None) -> list[Choice]:
    return choices(shipped_graph(size, 5), boards.load(name), replace(CONSTRAINTS, engine=engine))


def fastest(
    graph: Graph, board: boards.Board, constraints: Constraints = CONSTRAINTS, slowest: float = SLOWEST
) -> Choice:
    return next(fit.fastest(choices(graph, board, constraints, slowest)))


@pytest.mark.parametrize(
    ("size", "name", "family"),
    [("full", "ulx3s", ECP5), ("full", "orangecrab", ECP5), ("small", "icebreaker", ICE40)],
)
def test_a_choice_is_what_its_plan_makes_of_a_core(size: str, name: str, family: ChipFamily) -> None:
    """Layers' costs are added up without making the core; making it gives the same, and the same pace."""
    found = offered(size, name)
    for choice in found[:: max(len(found) // 12, 1)]:
        core = Core(shipped_graph(size, 5), choice.plan)
        assert choice.estimate == estimate(core, family), choice.plan.name
        assert choice.cycles == cycles_per_sentence(core.stages, CONSTRAINTS.tokens)


def test_the_fastest_leads_and_each_next_one_is_smaller() -> None:
    found = offered("full", "ulx3s")
    ordered = list(fit.fastest(found))
    assert ordered[0].plan.never_stalls and ordered[0].cycles == min(choice.cycles for choice in found) == 20
    for one, other in pairwise(ordered):
        assert other.cycles >= one.cycles
        assert other.estimate.luts <= 0.95 * one.estimate.luts or other.estimate.ffs <= 0.95 * one.estimate.ffs


def cheapest(found: list[Choice], rate: float) -> Choice:
    reaching = (choice for choice in found if choice.rate(25e6) >= rate)
    return min(reaching, key=lambda choice: choice.cheapest_first)


@pytest.mark.parametrize("rate", [100, 5_000, 50_000, 1_000_000])
def test_a_target_is_reached_by_the_cheapest(rate: int) -> None:
    """The search that stops where nothing cheaper can come ends with what a search of everything has."""
    target = target_of("ulx3s")
    design = next(designs(Model.load(shipped("full", 5)), target, Aim(rate=rate)))
    keep_up = choices(shipped_graph("full", 5), target.board, slowest=target.baud.cycles_per_token)
    assert design.plan == cheapest(keep_up, rate).plan
    assert design.aim == f"target {rate}/s"


def test_a_target_out_of_reach_names_the_fastest_that_fits() -> None:
    with pytest.raises(HwgenError, match=r"--target: 90,000,000 .* spatial, .* 5,625,000 at 112.5 MHz"):
        next(designs(Model.load(shipped("full", 5)), target_of("ulx3s"), Aim(rate=9e7)))


def test_the_front_is_beaten_by_nothing() -> None:
    found = offered("full", "orangecrab")
    front = fit.front(found)
    assert len(front) > 10
    assert [choice.estimate.luts for choice in front] == sorted({choice.estimate.luts for choice in front})
    for choice in found:
        assert any(own.estimate.luts <= choice.estimate.luts and own.cycles <= choice.cycles for own in front)
    lanes = {choice.plan.convolution.lanes for choice in front if isinstance(choice.plan.convolution, Folded)}
    assert min(lanes) == 3 and len(lanes) > 8, "from the fewest that keep up with the serial line on"


def test_engines_are_obeyed_when_asked() -> None:
    graph, large = shipped_graph("full", 5), boards.load("ulx3s")
    small = replace(large, budget=replace(large.budget, luts=9_000))
    assert isinstance(fastest(graph, small).plan.convolution, Folded)
    asked = replace(CONSTRAINTS, engine="spatial")
    assert {choice.plan.convolution.adders_per_stage for choice in choices(graph, large, asked)} == {2, 4, 8}
    (forced,) = choices(graph, small, asked)
    assert forced.plan.never_stalls, "as asked, though too large"
    for choice in choices(graph, large, replace(CONSTRAINTS, engine="folded")):
        assert isinstance(choice.plan.convolution, Folded) and isinstance(choice.plan.dense, Folded)
    with pytest.raises(HwgenError, match="engine: 'fast' is not one of spatial, folded"):
        Aim(engine="fast")
    with pytest.raises(HwgenError, match=r"block RAMs \(\+\d+\).*sst2-small"):
        fastest(graph, boards.load("tang_nano_9k"))


def test_layers_may_have_different_engines() -> None:
    """A dense layer has a sentence's time for what a convolution must do in a token's."""
    mixed = [
        choice
        for choice in offered("full", "ulx3s")
        if isinstance(choice.plan.convolution, Spatial) and isinstance(choice.plan.dense, Folded)
    ]
    spatial = min(choice.estimate.luts for choice in offered("full", "ulx3s", "spatial"))
    assert any(choice.cycles <= 24 and choice.estimate.luts < spatial for choice in mixed)


def test_multipliers_are_never_more_than_there_are() -> None:
    board = boards.load("orangecrab")
    used = {choice.estimate.dsps for choice in offered("full", "orangecrab")}
    assert max(used) > board.budget.dsps / 2 and max(used) <= board.budget.dsps


def test_what_is_too_slow_for_the_serial_line_is_left_out() -> None:
    graph, board = shipped_graph("full", 5), boards.load("orangecrab")
    for choice in choices(graph, board, slowest=100):
        assert Core(graph, choice.plan).tokens_per_cycle >= 1 / 100


def test_a_table_too_large_for_block_ram_goes_to_spram() -> None:
    """Where the board has SPRAM and a flash to fill it from."""
    graph, board = shipped_graph("full", 5), boards.load("icebreaker")
    line = 240
    plan = fastest(graph, board, slowest=line).plan
    assert isinstance(plan, Plan) and plan.embedding == Spram() and plan.name.endswith(", table in SPRAM")
    assert stored(graph, board, Plan.folded(6)) == replace(Plan.folded(6), embedding=Spram())
    for poorer in (replace(board, flash=None), replace(board, budget=replace(board.budget, sprams=2))):
        assert stored(graph, poorer, Plan.folded(6)) == Plan.folded(6)
        with pytest.raises(HwgenError, match=r"the embedding \(8192 x 16 x 5 bits\).*block RAMs \(\+\d+\)"):
            fastest(graph, poorer, slowest=line)
    small, wide = shipped_graph("small", 5), shipped_graph("full", 8)
    assert stored(small, board, Plan.folded(6)) == Plan.folded(6)
    assert stored(wide, board, Plan.folded(6)) != Plan.folded(6), "128 bits a row fill all four"
    with pytest.raises(HwgenError, match=r"takes \d+ cycles for a token, .* one in 10; .* lower uart.baud"):
        fastest(wide, board, slowest=10)


def test_a_table_too_large_for_spram_is_refused_with_what_would_fit() -> None:
    table = np.random.default_rng(0).integers(-15, 16, (20_000, 16))
    table[0] = 0
    graph = random_graph(np.random.default_rng(0), rank=16, bits=5)
    graph = replace(graph, nodes=(Embedding(table, 5, 0), *graph.nodes[1:]))
    with pytest.raises(HwgenError, match=r"block RAMs \(\+\d+\), or more than 4 SPRAMs; about \d+ tokens"):
        fastest(graph, boards.load("icebreaker"))


def test_what_does_not_fit_is_told_with_what_would() -> None:
    board = boards.load("icebreaker")
    with pytest.raises(HwgenError, match=r"iCEBreaker with any engine; .* or take --model sst2-small-1bit$"):
        fastest(shipped_graph("full", 1), board)
    tiny = replace(board, budget=replace(board.budget, luts=600))
    with pytest.raises(HwgenError, match=r"a folded engine; train with fewer filters or more pruning$"):
        fastest(shipped_graph("small", 5), tiny, replace(CONSTRAINTS, engine="folded"))


def test_popcount_lanes_leave_no_gap() -> None:
    """Of many filters, too, whose dense layer has tens of thousands of weights before they are cut to one bit."""
    graph, board = shipped_graph("full", 1), boards.load("ulx3s")
    found = choices(graph, board)
    for rate in (100_000, 200_000, 300_000, 400_000):
        assert cheapest(found, rate).rate(25e6) <= 1.5 * rate
    front = fit.front(found)
    assert all(other.cycles >= 0.5 * one.cycles for one, other in pairwise(front))


def test_registers_that_find_no_room_are_left_out() -> None:
    """On iCE40, where those without a table of their own before them take a logic cell each."""
    plan = fastest(shipped_graph("small", 5), boards.load("icebreaker")).plan
    assert isinstance(plan.convolution, Spatial) and plan.convolution.adders_per_stage > 2


@pytest.mark.parametrize("filters", [0, 8])
def test_lanes_of_a_hypervector_fill_the_part(filters: int) -> None:
    graph = random_hypervector_graph(
        np.random.default_rng(0), dimension=1024, block=32, longest=64, filters=filters, patch=4
    )
    chosen = {}
    for name, family in (("ulx3s", ECP5), ("icebreaker", ICE40)):
        plan = fastest(graph, boards.load(name)).plan
        assert isinstance(plan, HypervectorPlan) and plan.family == family
        chosen[name] = plan.lanes
    assert chosen["ulx3s"] == 0 and 32 <= chosen["icebreaker"] < 1024


def test_a_hypervector_of_one_block_has_a_folded_engine() -> None:
    graph = random_hypervector_graph(np.random.default_rng(0), dimension=64, block=64, longest=64)
    plan = fastest(graph, boards.load("ulx3s"), replace(CONSTRAINTS, engine="folded")).plan
    assert plan == HypervectorPlan(64, ECP5)


@pytest.fixture
def ensemble() -> Iterator[EnsembleGraph]:
    random = np.random.default_rng(0)
    members = tuple(random_graph(random, bits=1, embedding_bits=1, vocabulary=200, rank=20) for _ in range(3))
    yield EnsembleGraph((Vote(members, np.ones(3, int)),))


def test_ensembles_are_counted_as_their_plan_has_them(ensemble: EnsembleGraph) -> None:
    """In turn, lanes are paid for once and tables share their block RAMs; and the advice is what there is to gain."""
    board = boards.load("icebreaker")
    asked = {how: folded(ensemble, 8, ICE40, how) for how in Members}
    found = {how: estimate(Core(ensemble, plan), ICE40) for how, plan in asked.items()}
    shared, apart = found[Members.in_turn], found[Members.side_by_side]
    assert shared.luts < 0.75 * apart.luts
    tables = {how: memory(ensemble, board.budget, plan) for how, plan in asked.items()}
    assert tables == {Members.in_turn: 4, Members.side_by_side: 6}
    assert apart.brams - shared.brams >= 2
    assert "--members in-turn" in advice(ensemble, board, asked[Members.side_by_side])
    assert "--lanes 4" in advice(ensemble, board, asked[Members.in_turn])
    assert "--engine folded" in advice(ensemble, board, EnsemblePlan((Plan.spatial(),) * 3))
    # A part with room for one lane each, or for many that take turns.
    least = estimate(Core(ensemble, folded(ensemble, 1, ICE40, Members.side_by_side)), ICE40)
    tight = replace(board, budget=replace(board.budget, luts=round(1.02 * least.luts / ICE40.fill)))
    line = replace(CONSTRAINTS, engine="folded")
    in_turn = fastest(ensemble, tight, line).plan
    assert isinstance(in_turn, InTurnPlan)
    apart_plan = fastest(ensemble, tight, replace(line, members=Members.side_by_side)).plan
    assert isinstance(apart_plan, EnsemblePlan)
    assert apart_plan.members[0].convolution.lanes < in_turn.engine.convolution.lanes


@pytest.mark.parametrize("members", Members)
def test_members_of_different_sizes(members: Members) -> None:
    """Each has as many lanes as it has use for; what they share has as many as the largest has."""
    random = np.random.default_rng(0)
    given = tuple(
        random_graph(random, bits=1, embedding_bits=1, vocabulary=200, rank=20, filters=filters) for filters in (2, 8)
    )
    graph = EnsembleGraph((Vote(given, np.ones(2, int)),))
    found = choices(graph, boards.load("ulx3s"), replace(CONSTRAINTS, engine="folded", members=members))
    most = given[1].convolution.filters
    for choice in found:
        if isinstance(choice.plan, EnsemblePlan):
            own = [plan.convolution.lanes for plan in choice.plan.members]
            assert own == [min(own[1], given[0].convolution.filters), own[1]]
            most = max(own[1], most)
    assert len(found) > 4 and most == given[1].convolution.filters
