"""The cycles of a sentence, foretold, are those of the simulated circuit."""

import numpy as np
import pytest

from hwgen.flow.pace import cycles_per_sentence, foretold_cycles
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import Graph
from hwgen.rtl import plan as plans
from hwgen.rtl.core import Core
from hwgen.rtl.plan import AnyPlan, Counting, Folded, HypervectorPlan, Members, Plan, Spatial
from hwgen.sim import pysim
from tests.random_graph import random_ensemble, random_graph, random_hypervector_graph

RANDOM = np.random.default_rng(1)
CNN = random_graph(RANDOM)
MANY_CLASSES = random_graph(RANDOM, classes=11)
BINARY = random_graph(RANDOM, bits=1, embedding_bits=1)
WIDER = random_graph(RANDOM, bits=1, embedding_bits=4)
CHARACTERS = random_hypervector_graph(RANDOM, dimension=32, block=8, longest=9)
CNNS = random_ensemble(RANDOM, "convolution")
VECTORS = random_ensemble(RANDOM, "hypervector")


def in_turn(graph: Graph, lanes: int) -> AnyPlan:
    return plans.folded(graph, lanes, members=Members.in_turn)


def side_by_side(graph: Graph, lanes: int) -> AnyPlan:
    return plans.folded(graph, lanes, members=Members.side_by_side)


@pytest.mark.parametrize(
    ("graph", "plan"),
    [
        (CNN, Plan.spatial(2)),
        (CNN, Plan(Spatial(2), Folded(1))),
        (CNN, Plan(Spatial(2), Folded(4))),
        *((CNN, Plan.folded(lanes, lanes // 4 + 1)) for lanes in (1, 3, 8, 20)),
        (CNN, Plan(Folded(40), Spatial(2))),
        (CNN, Plan(Folded(40), Folded(1))),
        (MANY_CLASSES, Plan.folded(20, 8)),
        (BINARY, Plan(Counting(3), Folded(1))),
        (BINARY, Plan(Counting(12), Spatial(2))),
        (WIDER, Plan(Counting(5), Folded(4))),
        (CHARACTERS, HypervectorPlan(0)),
        (CHARACTERS, HypervectorPlan(8)),
        (CNNS, in_turn(CNNS, 2)),
        (CNNS, side_by_side(CNNS, 2)),
        (CNNS, plans.spatial(CNNS)),
        (VECTORS, in_turn(VECTORS, 4)),
        (VECTORS, side_by_side(VECTORS, 4)),
    ],
    ids=lambda value: getattr(value, "name", type(value).__name__),
)
@pytest.mark.parametrize("tokens", [3, 12])
def test_cycles_are_those_of_the_circuit(graph: Graph, plan: AnyPlan, tokens: int) -> None:
    letters = np.random.default_rng(2).integers(97, 110, (12, tokens)) % graph.vocabulary  # of the vocabulary, too
    results = pysim.run(Core(graph, plan), Sentences.of(letters.tolist()))
    measured = (results.left[-1] - results.left[3]) / 8
    assert cycles_per_sentence(Core(graph, plan).stages, tokens) == measured


@pytest.mark.parametrize(
    ("graph", "plan"),
    [
        (CNN, Plan.spatial(2)),
        (CNN, Plan.folded(3, 1)),
        (CNN, Plan(Folded(40), Spatial(2))),
        (MANY_CLASSES, Plan.folded(20, 8)),
        (BINARY, Plan(Counting(3), Folded(1))),
        (CHARACTERS, HypervectorPlan(0)),
        (CHARACTERS, HypervectorPlan(8)),
        (CNNS, in_turn(CNNS, 2)),
        (CNNS, side_by_side(CNNS, 2)),
        (VECTORS, plans.spatial(VECTORS)),
    ],
    ids=lambda value: getattr(value, "name", type(value).__name__),
)
def test_the_stages_latencies_add_up_to_the_circuits(graph: Graph, plan: AnyPlan) -> None:
    core = Core(graph, plan)
    results = pysim.run(core, Sentences.of([[99 % graph.vocabulary]]))
    assert results.left[0] - results.last[0] == foretold_cycles(core, 1)
