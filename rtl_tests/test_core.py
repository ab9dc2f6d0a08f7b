"""The whole circuit against the golden model, under Icarus with random stalls and through CXXRTL."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from hwgen.chips.ecp5 import ECP5
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import ConvolutionGraph
from hwgen.model import Model
from hwgen.rtl import plan as plans
from hwgen.rtl.core import Core
from hwgen.rtl.plan import Counting, Folded, HypervectorPlan, Members, Plan, Spatial
from hwgen.shipped import OTHERS, shipped_models
from hwgen.sim import icarus
from hwgen.sim.cxxrtl import compile_core
from hwgen.text import datasets
from tests.data import folder, sst2_test
from tests.random_graph import random_ensemble, random_graph, random_hypervector_graph, random_sentences

PLANS = [Plan.spatial(1), Plan.folded(3, 2), Plan(Spatial(2), Folded(1)), Plan(Folded(12), Spatial(3))]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
@pytest.mark.parametrize("bits", [1, 2, 5, 8])
def test_random_graphs_under_icarus(plan: Plan, bits: int) -> None:
    random = np.random.default_rng(bits)
    graph = random_graph(random, bits=bits)
    sentences = random_sentences(random, graph, 40)
    results = icarus.run(Core(graph, plan), sentences, stall=0.4, seed=bits)
    assert not results.mismatches(golden.scores(graph, sentences)).size


@pytest.mark.parametrize("embedding_bits", [1, 4])
@pytest.mark.parametrize("plan", [Plan(Counting(5), Folded(1)), Plan(Counting(12), Spatial(2))], ids=lambda p: p.name)
def test_binary_graphs_under_icarus(plan: Plan, embedding_bits: int) -> None:
    random = np.random.default_rng(embedding_bits)
    graph = random_graph(random, bits=1, embedding_bits=embedding_bits)
    sentences = random_sentences(random, graph, 40)
    results = icarus.run(Core(graph, plan), sentences, stall=0.4, seed=1)
    assert not results.mismatches(golden.scores(graph, sentences)).size


PLAIN = [(0, 9, 0, 1), (16, 3, 0, 1), (32, 9, 0, 1)]
CONVOLVED = [(0, 3, 6, 4), (16, 9, 6, 4), (16, 3, 5, 8), (32, 3, 3, 16)]


@pytest.mark.parametrize(("lanes", "classes", "filters", "patch"), [*PLAIN, *CONVOLVED])
def test_hypervector_graphs(lanes: int, classes: int, filters: int, patch: int) -> None:
    random = np.random.default_rng([lanes, classes])
    graph = random_hypervector_graph(
        random, dimension=64, block=16, longest=20, classes=classes, filters=filters, patch=patch
    )
    sentences = random_sentences(random, graph, 100, longest=30)
    expected = golden.scores(graph, sentences)
    core = Core(graph, HypervectorPlan(lanes))
    assert not icarus.run(core, sentences.head(25), stall=0.4).mismatches(expected[:25]).size
    assert not compile_core(Core(graph, HypervectorPlan(lanes))).run(sentences, stall=0.2).mismatches(expected).size


@pytest.mark.parametrize("members", list(Members))
@pytest.mark.parametrize(("kind", "bits"), [("convolution", 1), ("convolution", 5), ("hypervector", 1)])
@pytest.mark.parametrize("make", [plans.spatial, plans.folded], ids=["spatial", "folded"])
def test_ensembles(make: Callable[..., plans.AnyPlan], kind: str, bits: int, members: Members) -> None:
    random = np.random.default_rng(3)
    graph = random_ensemble(random, kind, bits=bits)
    sentences = random_sentences(random, graph, 50)
    expected = golden.scores(graph, sentences)
    assert expected.any(axis=0).all(), "every class gets votes"
    results = icarus.run(Core(graph, make(graph, members=members)), sentences, stall=0.4)
    assert not results.mismatches(expected).size


@pytest.mark.parametrize(("lanes", "embedding_bits"), [(1, 1), (4, 4), (12, 1)])
def test_lanes_that_count_for_members_in_turn(lanes: int, embedding_bits: int) -> None:
    """More lanes than the smallest member has filters, too."""
    random = np.random.default_rng([lanes, embedding_bits])
    graph = random_ensemble(random, "convolution", embedding_bits=embedding_bits)
    sentences = random_sentences(random, graph, 100)
    core = Core(graph, plans.folded(graph, lanes, members=Members.in_turn))
    assert not compile_core(core).run(sentences, stall=0.2).mismatches(golden.scores(graph, sentences)).size
    filters = [member.convolution.filters for member in graph.vote.members if isinstance(member, ConvolutionGraph)]
    assert core.tokens_per_cycle == pytest.approx(1 / sum(-(-count // lanes) for count in filters))


def test_one_character_per_clock() -> None:
    """Texts follow each other with one cycle between them, for their boundary."""
    graph = random_hypervector_graph(np.random.default_rng(0), dimension=64, block=16, longest=64)
    texts = Sentences.of([[97] * 40] * 20)
    results = compile_core(Core(graph, HypervectorPlan())).run(texts)
    assert np.array_equal(np.diff(results.first), np.full(19, 41))


def test_one_token_per_clock() -> None:
    """Sentences of one token follow each other without a bubble through a spatial core."""
    graph = random_graph(np.random.default_rng(0))
    sentences = Sentences.of([[1]] * 300)
    results = compile_core(Core(graph, Plan.spatial())).run(sentences)
    assert np.array_equal(results.first, np.arange(300))
    assert np.array_equal(np.diff(results.left), np.ones(299))


@pytest.mark.parametrize(
    ("size", "plan"),
    [("full", Plan.spatial(2)), ("small", Plan.spatial(2)), ("small", Plan.folded(4))],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_real_sentences_under_icarus_with_stalls(size: str, plan: Plan) -> None:
    model = Model.load(shipped_models()[f"sst2-{size}-5bit"])
    sentences = model.encode(sst2_test()[:64])
    results = icarus.run(Core(model.graph, plan), sentences, stall=0.3, seed=1)
    assert not results.mismatches(golden.scores(model.graph, sentences)).size


SLOW = "full-1bit-popcounts x1", "full-6bit", "full-7bit", "full-8bit"
"""What g++ takes minutes over, and what differs from others in its widths alone."""


def shipped_plans() -> Iterator[Any]:
    """Both engines; stalls on the cheaper of the two."""
    for name in sorted(set(shipped_models()) - set(OTHERS)):
        if name.endswith("-1bit"):
            lanes = 2 if "full" in name else 4  # g++ takes minutes over more of the wide ones
            plans = (Plan(Counting(lanes), Spatial(2)), 0.2), (Plan(Counting(lanes - 1), Folded(2)), 0.0)
        else:
            plans = (Plan.spatial(2), 0.2), (Plan.folded(32, 2), 0.0)
        for plan, stall in plans:
            case = f"{name}-{plan.name}"
            marks = [pytest.mark.slow] if case.removeprefix("sst2-").startswith(SLOW) else []
            yield pytest.param(name, plan, stall, id=case, marks=marks)


@pytest.mark.parametrize(("name", "plan", "stall"), [*shipped_plans()])
def test_every_shipped_model_on_the_test_set(name: str, plan: Plan, stall: float) -> None:
    """Every score of every SST-2 test sentence; of the first ones where popcounts are simulated bit by bit for long."""
    model = Model.load(shipped_models()[name])
    sentences = model.encode(sst2_test()[: 40 if name == "sst2-full-1bit" else None])
    results = compile_core(Core(model.graph, plan)).run(sentences, stall=stall)
    assert not results.mismatches(golden.scores(model.graph, sentences)).size


@pytest.mark.parametrize(("lanes", "multipliers"), [(1, 0), (7, 2), (64, 9), (152, 0)])
def test_from_one_lane_to_one_per_weight_on_the_test_set(lanes: int, multipliers: int) -> None:
    """More lanes than filters, too; the small model has 48 of these and 152 weights."""
    model = Model.load(shipped_models()["sst2-small-5bit"])
    sentences = model.encode(sst2_test())
    core = Core(model.graph, plans.folded(model.graph, lanes, ECP5, multipliers=multipliers))
    results = compile_core(core).run(sentences, stall=0.1 if lanes > 7 else 0.0)
    assert not results.mismatches(golden.scores(model.graph, sentences)).size


@pytest.mark.parametrize(
    ("name", "lanes", "count"),
    [("snips-hd", 64, None), pytest.param("sst2-ensemble-1bit", 1, 8, marks=pytest.mark.slow)],
)
def test_shipped_models_of_other_kinds(name: str, lanes: int, count: int | None) -> None:
    """Every score of every text of the test set, or of the first ones."""
    model = Model.load(shipped_models()[name])
    sentences = model.encode([text for _, text in datasets.load(folder(OTHERS[name][1])).test][:count])
    results = compile_core(Core(model.graph, plans.folded(model.graph, lanes))).run(sentences, stall=0.1)
    assert not results.mismatches(golden.scores(model.graph, sentences)).size
