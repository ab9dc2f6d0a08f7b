from pathlib import Path

import numpy as np
import pytest

from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import GENERIC, Family
from hwgen.chips.xilinx7 import XILINX7
from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.patch_convolution import PatchConvolution
from hwgen.rtl.hypervector.patch_convolution import PatchConvolver
from rtl_tests.stream_bench import run
from rtl_tests.test_hypervector import pieces
from tests.random_graph import random_patch_convolution


@pytest.mark.parametrize(
    ("patch", "lanes", "family", "stall"),
    [
        (1, 1, GENERIC, 0.4),
        (3, 6, GENERIC, 0.4),
        (4, 4, GENERIC, 0.4),
        (4, 48, GENERIC, 0.0),
        (4, 48, GENERIC, 0.4),
        (6, 12, XILINX7, 0.4),
        (8, 16, GENERIC, 0.4),
        (12, 24, GENERIC, 0.0),  # popcounts from here on
        (12, 12, XILINX7, 0.4),
        (24, 48, ECP5, 0.4),
        (48, 48, GENERIC, 0.4),
    ],
)
def test_features(patch: int, lanes: int, family: Family, stall: float, tmp_path: Path) -> None:
    random = np.random.default_rng([patch, lanes])
    node = random_patch_convolution(random, 5, patch)
    vectors = random.integers(0, 2, (40, 48))
    vectors[0], vectors[1] = np.tile(node.weights[0], 48 // patch), np.tile(1 - node.weights[0], 48 // patch)
    features = golden.apply(node, vectors, Sentences.of([[1]] * len(vectors)))
    convolver = PatchConvolver(node, lanes=lanes, family=family)
    assert bool(convolver.counters) == (convolver.latency > 1) == (patch > 8)
    expected = pieces(convolver.features, features, node.features(lanes))
    run(tmp_path, convolver, "vectors", pieces(convolver.vectors, vectors, lanes), "features", expected, stall=stall)


@pytest.mark.parametrize("patch", [2, 5, 10])
def test_every_patch_and_threshold(patch: int, tmp_path: Path) -> None:
    """All values that a patch can have, against all thresholds."""
    weights = np.tile(np.arange(patch) % 3 % 2, (patch + 2, 1))
    node = PatchConvolution(weights, np.arange(patch + 2))
    vectors = np.arange(1 << patch)[:, None] >> np.arange(patch) & 1
    features = golden.apply(node, vectors, Sentences.of([[1]] * len(vectors)))
    convolver = PatchConvolver(node, lanes=patch)
    expected = pieces(convolver.features, features, patch + 2)
    given = pieces(convolver.vectors, vectors, patch)
    run(tmp_path, convolver, "vectors", given, "features", expected, stall=0.1)


@pytest.mark.parametrize("lanes", [0, 6, 9])
def test_refuses_lanes(lanes: int) -> None:
    node = PatchConvolution(np.zeros((2, 4), dtype=int), np.zeros(2, dtype=int))
    with pytest.raises(HwgenError, match=f"lanes: {lanes} must be a multiple of the patch of 4"):
        PatchConvolver(node, lanes=lanes)
