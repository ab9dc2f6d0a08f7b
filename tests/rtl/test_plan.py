"""How an ensemble's members work: as asked, or on one engine where they can share it and lose nothing by it."""

import numpy as np
import pytest

from hwgen.chips.ecp5 import ECP5
from hwgen.chips.ice40 import ICE40
from hwgen.errors import HwgenError
from hwgen.graph.ensemble import EnsembleGraph, Vote
from hwgen.graph.graph import Graph
from hwgen.rtl import plan as plans
from hwgen.rtl.plan import Counting, EnsemblePlan, InTurnPlan, Members
from tests.random_graph import random_ensemble, random_graph, random_hypervector_graph


def ensemble(kind: str, **given: int) -> EnsembleGraph:
    return random_ensemble(np.random.default_rng(0), kind, **given)


def unlike() -> EnsembleGraph:
    random = np.random.default_rng(0)
    members: tuple[Graph, ...] = tuple(random_hypervector_graph(random) for _ in range(2))
    return EnsembleGraph((Vote(members, np.ones(2, int)),))


def test_members_share_where_they_can() -> None:
    cnn, hypervectors = ensemble("convolution"), ensemble("hypervector")
    assert isinstance(plans.folded(cnn), InTurnPlan) and isinstance(plans.folded(hypervectors), InTurnPlan)
    # All at once, only the hypervector is the same for all members.
    assert isinstance(plans.spatial(cnn), EnsemblePlan) and isinstance(plans.spatial(hypervectors), InTurnPlan)
    for make in (plans.spatial, plans.folded):
        assert isinstance(make(unlike()), EnsemblePlan)
        for graph in (cnn, hypervectors):
            assert isinstance(make(graph, members=Members.in_turn), InTurnPlan)
            assert isinstance(make(graph, members=Members.side_by_side), EnsemblePlan)


def test_the_engine_is_that_of_one_member() -> None:
    """Its lanes are, at most, as many as the largest member has filters."""
    graph = ensemble("convolution", embedding_bits=1)
    plan = plans.folded(graph, 4, ICE40)
    assert isinstance(plan, InTurnPlan) and isinstance(plan.engine, plans.Plan)
    assert plan.engine.convolution == Counting(4, ICE40, 3) and plan.members == 3
    assert plan.counts and not plan.never_stalls
    whole = plans.spatial(graph, members=Members.in_turn)
    assert isinstance(whole, InTurnPlan) and isinstance(whole.engine, plans.Plan)
    assert whole.engine.convolution == Counting(15, groups=3)


def test_names_say_how() -> None:
    graph = ensemble("convolution")
    assert plans.folded(graph, 2).name == "3 members in turn, popcounts x2"
    assert plans.folded(graph, 2, members=Members.side_by_side).name == "3 members side by side, popcounts x2"
    assert plans.spatial(ensemble("hypervector")).name == "3 members in turn, spatial"


@pytest.mark.parametrize("make", [plans.spatial, plans.folded])
def test_what_does_not_go_together_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(HwgenError, match="their hypervectors differ"):
        make(unlike(), members=Members.in_turn)
    for members in Members:
        with pytest.raises(HwgenError, match=rf"--members {members}: the model is no ensemble"):
            make(random_graph(np.random.default_rng(0)), members=members)


def test_folded_layers_keep_pace() -> None:
    """Lanes up to one a weight, multipliers for the convolution first, and a dense layer done within four tokens."""
    graph = random_graph(np.random.default_rng(0), filters=20)
    taps = graph.convolution.products
    for lanes, multipliers in ((1, 3), (16, 9), (taps, taps)):
        plan = plans.folded(graph, lanes, ECP5, multipliers=multipliers)
        assert isinstance(plan, plans.Plan)
        assert plan.convolution == plans.Folded(lanes, ECP5, min(multipliers, -(-lanes // 2)))
        assert isinstance(plan.dense, plans.Folded) and isinstance(plan.convolution, plans.Folded)
        assert plan.dense.multipliers + plan.convolution.multipliers == multipliers
        assert -(-np.count_nonzero(graph.dense.weights) // plan.dense.lanes) <= 4 * -(-taps // lanes)
    with pytest.raises(HwgenError, match="multipliers: -1 is less than 0"):
        plans.Folded(1, multipliers=-1)


def test_weights_of_hundreds_of_classes_are_not_soon_wired() -> None:
    few = random_graph(np.random.default_rng(0), filters=12, bits=5, classes=20)
    many = random_graph(np.random.default_rng(0), filters=12, bits=5, classes=1500)
    assert plans.soon_wired(few) and not plans.soon_wired(many)
    assert plans.soon_wired(random_hypervector_graph(np.random.default_rng(0)))
    assert plans.soon_wired(ensemble("convolution"))
