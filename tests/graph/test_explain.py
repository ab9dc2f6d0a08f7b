"""Every answer can be explained."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.graph import golden
from hwgen.graph.explain import explain
from hwgen.graph.golden import Sentences
from tests.random_graph import random_ensemble, random_graph, random_hypervector_graph

RANDOM = np.random.default_rng(6)
GRAPHS = [
    random_graph(RANDOM),
    random_hypervector_graph(RANDOM),
    *(random_ensemble(RANDOM, kind) for kind in ("convolution", "hypervector") for _ in range(3)),
]


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: type(graph).__name__)
@given(text=st.lists(st.integers(0, 19), max_size=8))
def test_the_class_and_the_margin_are_those_of_the_scores(graph: golden.Graph, text: list[int]) -> None:
    told = explain(graph, text)
    (scores,) = golden.scores(graph, Sentences.of([text]))
    assert told.label == scores.argmax()
    assert told.margin == (scores[told.label] - scores[told.runner_up]) * 2.0**graph.score_exponent
    assert all(0 <= each.start < each.end for each in told.evidence)
