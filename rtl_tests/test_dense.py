from pathlib import Path

import numpy as np
import pytest

from hwgen.chips.xilinx7 import XILINX7
from hwgen.graph.nodes import Dense
from hwgen.graph.tensor import TensorType, unsigned_range
from hwgen.rtl.lanes.folded_dense import FoldedDense
from hwgen.rtl.sums.spatial_dense import SpatialDense
from rtl_tests.cell_models import with_models
from rtl_tests.stream_bench import run
from rtl_tests.vectors import extremes, vector_beats
from tests.random_graph import random_graph, random_sentences, weights


def check(
    folder: Path,
    node: Dense,
    component: SpatialDense | FoldedDense,
    random: np.random.Generator,
    verilog: str | None = None,
) -> None:
    sentences = random_sentences(random, random_graph(random), 30)
    values = extremes(random, component.source, len(sentences))
    run(
        folder,
        component,
        "vectors",
        vector_beats(component.vectors, values, sentences, per_token=False),
        "scores",
        vector_beats(component.scores, values @ node.weights.T + node.bias, sentences, per_token=False),
        verilog=verilog,
    )


def dense(random: np.random.Generator, bits: int, classes: int) -> tuple[Dense, TensorType]:
    low, high = unsigned_range(bits)
    source = TensorType(np.full(10, low), np.full(10, high), per_token=False)
    limit = 1 << bits
    return Dense(
        weights(random, (classes, 10), bits, 0.3), random.integers(-limit, limit + 1, classes), bits, 0
    ), source


@pytest.mark.parametrize("bits", range(1, 9))
def test_spatial(bits: int, tmp_path: Path) -> None:
    random = np.random.default_rng(bits)
    node, source = dense(random, bits, classes=max(bits, 2))
    check(tmp_path, node, SpatialDense(node, source, adders_per_stage=1 + bits % 3), random)


@pytest.mark.parametrize("bits", range(1, 9))
def test_folded(bits: int, tmp_path: Path) -> None:
    random = np.random.default_rng(bits)
    node, source = dense(random, bits, classes=max(bits, 2))
    check(tmp_path, node, FoldedDense(node, source, lanes=1 + bits // 2), random)


@pytest.mark.parametrize("low", [0, -1])
def test_inputs_narrower_than_the_shifts(low: int, tmp_path: Path) -> None:
    """Weights of eight bits over inputs of one or two: operands are shifted beyond their own width."""
    random = np.random.default_rng(1)
    node = Dense(weights(random, (3, 10), 8, 0.0), np.zeros(3, int), 8, 0)
    source = TensorType(np.full(10, low), np.ones(10, int), per_token=False)
    check(tmp_path, node, SpatialDense(node, source, adders_per_stage=2), random)


def test_inputs_that_never_change(tmp_path: Path) -> None:
    """As those of filters that always saturate: their terms are constants, and may cancel."""
    random = np.random.default_rng(2)
    node = Dense(np.array([[1, 8, -8, 3], [0, 8, -8, 5], [2, 0, 7, 0]]), np.array([3, 0, -9]), 5, 0)
    source = TensorType(np.array([0, 1, 1, 2]), np.array([1, 1, 1, 9]), per_token=False)
    check(tmp_path, node, SpatialDense(node, source), random)


@pytest.mark.parametrize("bits", [2, 5])
def test_spatial_in_the_cells_of_a_part(bits: int, tmp_path: Path) -> None:
    random = np.random.default_rng(bits)
    node, source = dense(random, bits, classes=3)
    component = SpatialDense(node, source, family=XILINX7)
    check(tmp_path, node, component, random, with_models(component, XILINX7, tmp_path))


def test_folded_with_a_lane_for_every_class_and_an_empty_class(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    node, source = dense(random, 5, classes=4)
    rows = node.weights.copy()
    rows[2] = 0
    node = Dense(rows, node.bias, 5, 0)
    check(tmp_path, node, FoldedDense(node, source, lanes=4), random)
