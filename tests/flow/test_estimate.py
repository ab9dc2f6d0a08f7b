"""The resource model knows every component of every family, and tells what is counted exactly."""

from dataclasses import replace

import numpy as np
import pytest

from hwgen.chips.ecp5 import ECP5
from hwgen.chips.families import FAMILIES
from hwgen.chips.family import ChipFamily
from hwgen.chips.ice40 import ICE40
from hwgen.flow.estimate import estimate, total
from hwgen.flow.features import Part, parts
from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.graph import Graph
from hwgen.rtl import plan as plans
from hwgen.rtl.core import Core
from hwgen.rtl.plan import AnyPlan, BlockRam, Counting, Folded, HypervectorPlan, Members, Plan, Spatial, Spram
from tests.random_graph import random_ensemble, random_graph, random_hypervector_graph

RANDOM = np.random.default_rng(4)
CNN = random_graph(RANDOM)
MANY_CLASSES = random_graph(RANDOM, classes=11)
BINARY = random_graph(RANDOM, bits=1, embedding_bits=1)
CHARACTERS = [random_hypervector_graph(RANDOM, dimension=64, block=16, filters=3, patch=patch) for patch in (4, 8, 16)]
CNNS, VECTORS = random_ensemble(RANDOM, "convolution"), random_ensemble(RANDOM, "hypervector")


def designs(family: ChipFamily) -> list[tuple[Graph, AnyPlan]]:
    table = BlockRam(family)
    return [
        (CNN, Plan.spatial(2, family)),
        (CNN, Plan(Folded(5, family, 2), Folded(2, family), table)),
        (CNN, Plan(Folded(1, family), Spatial(2, family), table)),
        (MANY_CLASSES, Plan.folded(3)),
        (BINARY, Plan(Counting(3, family), Folded(1, family), table)),
        *((graph, HypervectorPlan(lanes, family)) for graph in CHARACTERS for lanes in (0, 32)),
        *((CNNS, plans.folded(CNNS, 2, family, members)) for members in Members),
        (VECTORS, plans.folded(VECTORS, 4, family, Members.in_turn)),
    ]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=str)
def test_every_component_has_its_coefficients(family: ChipFamily) -> None:
    for graph, plan in designs(family):
        core = Core(graph, plan)
        found = estimate(core, family)
        assert found.luts > 100 and found.ffs > 100 and found.brams >= 0
        for part in parts(core, family):
            known = family.costs[part.kind]
            assert set(known) == {"luts", "ffs"}
            unknown = {name for each in known.values() for name in each} - set(part.features)
            assert not unknown, f"{part.kind}: the model was fitted to other features: {unknown}"
            assert all(value > 0 for each in known.values() for value in each.values())


def test_a_table_in_spram_is_counted_with_its_loader() -> None:
    plan = Plan.folded(2, family=ICE40)
    plain, stored = (estimate(Core(CNN, each), ICE40) for each in (plan, replace(plan, embedding=Spram())))
    assert plain.sprams == 0 < stored.sprams and stored.brams < plain.brams
    assert stored.luts > plain.luts


def test_more_of_a_thing_takes_more() -> None:
    def luts(plan: AnyPlan, graph: Graph = CNN) -> int:
        return estimate(Core(graph, plan), ECP5).luts

    assert luts(Plan.folded(1)) < luts(Plan.folded(8)) < luts(Plan.folded(40))
    assert luts(Plan(Folded(8, ECP5), Folded())) > luts(Plan(Folded(8, ECP5, multipliers=4), Folded()))
    fewer, more = (estimate(Core(CNN, Plan.spatial(adders, ECP5)), ECP5) for adders in (4, 2))
    assert fewer.ffs < more.ffs
    assert isinstance(CNNS, EnsembleGraph)
    in_turn, apart = (luts(plans.folded(CNNS, 2, ECP5, how), CNNS) for how in (Members.in_turn, Members.side_by_side))
    assert in_turn < apart


def test_parts_add_up() -> None:
    parts_ = [Part("shell", {"once": 1}, brams=1), Part("shell", {"once": 1}, brams=0.5, dsps=2)]
    one, both = total(parts_[:1], ECP5), total(parts_, ECP5)
    assert abs(both.luts - 2 * one.luts) <= 1 and (both.brams, both.dsps) == (1.5, 2)
