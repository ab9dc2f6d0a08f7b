"""A hundred and fifty classes, all the way: both engines, reply frames, class names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.classify import answers
from hwgen.flow import board as boards
from hwgen.flow.design import make_shell
from hwgen.flow.target import Target
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import ConvolutionGraph
from hwgen.host.client import Client
from hwgen.model import Model
from hwgen.rtl.core import Core
from hwgen.rtl.plan import Plan
from hwgen.sim.cxxrtl import compile_core
from hwgen.sim.pseudo_terminal import port
from hwgen.sim.virtual_board import CompiledLine, VirtualBoard
from hwgen.text.vocabulary import Vocabulary
from tests.random_graph import random_graph, random_sentences

CLASSES = 150
CLOCK, BAUD = 24e6, 3_000_000
TARGET = Target.of(replace(boards.load("icebreaker"), uart=boards.Uart(BAUD)), CLOCK)
PLANS = [Plan.spatial(2), Plan.folded(4, 2)]


@pytest.fixture(scope="module")
def model() -> Model:
    """Biases take every class's mean score out: few of a random matrix's rows would ever win."""
    random = np.random.default_rng(5)
    graph = random_graph(random, vocabulary=300, rank=4, widths=(2, 3), filters=3, bits=4, classes=CLASSES)
    scores = golden.scores(graph, random_sentences(random, graph, 500))
    dense = replace(graph.dense, bias=graph.dense.bias - scores.mean(axis=0).astype(int))
    graph = ConvolutionGraph((*graph.nodes[:-1], dense))
    words = Vocabulary(tuple(f"w{i}" for i in range(297)), 2)
    return Model(graph, words, tuple(f"intent {i}" for i in range(CLASSES)))


@pytest.fixture(scope="module")
def sentences(model: Model) -> list[list[int]]:
    """Empty, short and long ones; many of their classes need more than seven bits."""
    random = np.random.default_rng(6)
    made = [[], *(random.integers(0, 300, n).tolist() for n in random.integers(1, 12, 200))]
    labels = golden.classes(golden.scores(model.graph, Sentences.of(made)))
    assert (labels > 127).sum() > 10 and len(set(labels.tolist())) > 15
    return made


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_every_score_and_class_in_the_circuit(plan: Plan, model: Model, sentences: list[list[int]]) -> None:
    given = Sentences.of(sentences)
    circuit = compile_core(Core(model.graph, plan))
    for stall in (0.0, 0.4):
        assert not circuit.run(given, stall=stall).mismatches(golden.scores(model.graph, given)).size


def test_every_score_and_class_over_the_line(model: Model, sentences: list[list[int]]) -> None:
    """A reply is over 600 bytes, many of them to be escaped; the client sends ahead."""
    sentences = sentences[:24]
    scores = golden.scores(model.graph, Sentences.of(sentences))
    assert golden.classes(scores).max() > 127
    expected = list(zip(golden.classes(scores).tolist(), scores.tolist(), strict=True))
    with Client(VirtualBoard(CompiledLine(make_shell(model, PLANS[1], TARGET)))) as client:
        client.check(model.digest)
        assert client.identify().classes == CLASSES
        assert list(client.classify_all(sentences)) == expected


def test_class_names_from_the_board(model: Model) -> None:
    """What `hwgen classify --on PORT` does."""
    texts = ["w7 w250", "w1", "", "w12 w3 w9 unheard w44", *(f"w{i} w{i + 1}" for i in range(0, 240, 12))]
    labels = golden.classes(golden.scores(model.graph, model.encode(texts)))
    assert labels.max() > 127
    with port(VirtualBoard(CompiledLine(make_shell(model, PLANS[1], TARGET)))) as name:
        found = list(answers(model, texts, name, BAUD))
    assert [answer.label for answer in found] == [f"intent {label}" for label in labels]
    assert all(len(answer.scores) == CLASSES for answer in found)
