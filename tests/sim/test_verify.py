"""Three simulators give one answer, and a wrong circuit is traced to its first wrong number."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen.graph import golden
from hwgen.graph.ensemble import EnsembleGraph, Vote
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.rtl.core import Core
from hwgen.rtl.plan import HypervectorPlan, Members, Plan, folded
from hwgen.sim import icarus, pysim
from hwgen.sim.cxxrtl import Feed, compile_core
from hwgen.sim.verify import first_mismatch
from tests.random_graph import random_ensemble, random_graph, random_hypervector_graph, random_sentences

PLANS = [Plan.spatial(2), Plan.folded(3)]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_simulators_agree_to_the_cycle(plan: Plan, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    graph = random_graph(random)
    sentences = random_sentences(random, graph, 20)
    compiled = compile_core(Core(graph, plan), waves=True)
    runs = [
        pysim.run(Core(graph, plan), sentences, waves=tmp_path / "pysim.vcd"),
        icarus.run(Core(graph, plan), sentences, waves=tmp_path / "icarus.fst"),
        compiled.run(sentences, waves=tmp_path / "cxxrtl.vcd"),
    ]
    for results in runs:
        assert not results.mismatches(golden.scores(graph, sentences)).size
        for name in ("first", "last", "left"):
            assert np.array_equal(getattr(results, name), getattr(runs[0], name)), name
    assert all((tmp_path / name).stat().st_size > 1000 for name in ("pysim.vcd", "icarus.fst", "cxxrtl.vcd"))


def changed(graph: Graph, layer: str) -> Graph:
    """The graph with one layer's integers negated or moved."""
    nodes: list[Any] = list(graph.nodes)
    match layer:
        case "embedding":
            nodes[0] = replace(graph.embedding, table=-graph.embedding.table)
        case "convolution":
            kernels = tuple(-kernel for kernel in graph.convolution.kernels)
            nodes[1] = replace(graph.convolution, kernels=kernels)
        case "requantise":
            nodes[2] = replace(graph.requantise, bias=graph.requantise.bias + 9)
        case "dense":
            nodes[4] = replace(graph.dense, bias=graph.dense.bias + 1 + np.arange(graph.classes))
    return ConvolutionGraph(tuple(nodes))


@pytest.mark.parametrize("layer", ["embedding", "convolution", "requantise", "dense"])
@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_the_first_wrong_layer_is_named(layer: str, plan: Plan) -> None:
    random = np.random.default_rng(1)
    graph = random_graph(random)
    sentences = random_sentences(random, graph, 10)
    core = Core(changed(graph, layer), plan)
    results = pysim.run(core, sentences)
    found = first_mismatch(core, sentences, results, graph)
    assert found is not None
    # Behind a folded convolution the first thing to be seen is the maximum.
    inside = layer in ("convolution", "requantise") and plan.name.startswith("folded")
    assert found.layer == ("max_over_time" if inside else layer)
    assert found.expected != found.found
    assert (found.token is None) == (inside or layer == "dense")
    assert f"layer {found.layer}" in str(found)


@pytest.mark.parametrize("layer", ["hypervector", "patch_convolution", "binary_dense"])
@pytest.mark.parametrize("lanes", [0, 8])
def test_the_first_wrong_layer_of_a_hypervector_is_named(layer: str, lanes: int) -> None:
    """Also where the vector comes in pieces."""
    random = np.random.default_rng(1)
    graph = random_hypervector_graph(random, dimension=32, block=8, filters=6, patch=4)
    sentences = random_sentences(random, graph, 10)
    nodes: list[Any] = list(graph.nodes)
    place = [node.name for node in nodes].index(layer)
    match layer:
        case "hypervector":
            nodes[place] = replace(nodes[place], symbols=nodes[place].symbols[::-1])
        case "patch_convolution":
            nodes[place] = replace(nodes[place], weights=1 - nodes[place].weights)
        case "binary_dense":
            nodes[place] = replace(nodes[place], bias=nodes[place].bias + 1)
    core = Core(HypervectorGraph(tuple(nodes)), HypervectorPlan(lanes))
    found = first_mismatch(core, sentences, pysim.run(core, sentences), graph)
    assert found is not None and found.layer == layer and found.token is None


def test_a_right_circuit_has_no_mismatch() -> None:
    random = np.random.default_rng(2)
    graph = random_graph(random)
    sentences = random_sentences(random, graph, 5)
    core = Core(graph, PLANS[0])
    assert first_mismatch(core, sentences, pysim.run(core, sentences)) is None


@pytest.mark.parametrize(
    ("layer", "seen"), [("embedding", "embedding"), ("requantise", "max_over_time"), ("dense", "dense")]
)
def test_a_wrong_layer_of_a_member_in_turn_is_named(layer: str, seen: str) -> None:
    random = np.random.default_rng(3)
    graph = random_ensemble(random, "convolution")
    sentences = random_sentences(random, graph, 20)
    graph = EnsembleGraph((replace(graph.vote, votes=np.array([1, 1, 3])),))
    members = (*graph.vote.members[:2], changed(graph.vote.members[2], layer))
    core = Core(EnsembleGraph((replace(graph.vote, members=members),)), folded(graph, 4))
    found = first_mismatch(core, sentences, pysim.run(core, sentences), graph)
    assert found is not None and found.layer == seen
    # The third member's channels come last.
    assert found.channel >= {"embedding": 12, "max_over_time": 21, "dense": 6}[seen]


@pytest.mark.parametrize("members", list(Members))
def test_a_wrong_vote_is_named(members: Members) -> None:
    random = np.random.default_rng(3)
    graph = random_ensemble(random, "convolution")
    sentences = random_sentences(random, graph, 5)
    wrong = EnsembleGraph((Vote(graph.vote.members, graph.vote.votes + 1),))
    core = Core(wrong, folded(graph, 4, members=members))
    found = first_mismatch(core, sentences, pysim.run(core, sentences), graph)
    assert found is not None and (found.sentence, found.layer) == (0, "vote")


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_runs_follow_each_other_without_a_reset(plan: Plan) -> None:
    """And each is what it is alone, but for the cycle that it begins in."""
    random = np.random.default_rng(2)
    graph = random_graph(random)
    feeds = [Feed(random_sentences(random, graph, count), stall, seed=count) for count, stall in ((5, 0.3), (9, 0.0))]
    compiled = compile_core(Core(graph, plan))
    first, second = compiled.run_all(feeds)
    for feed, results in zip(feeds, (first, second), strict=True):
        alone = compiled.run(feed.sentences, stall=feed.stall, seed=feed.seed)
        assert not results.mismatches(golden.scores(graph, feed.sentences)).size
        assert np.array_equal(results.left - results.first[0], alone.left - alone.first[0])
    assert second.first[0] > first.left[-1]
