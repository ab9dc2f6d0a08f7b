from pathlib import Path

import numpy as np
import pytest

from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import GENERIC, Family
from hwgen.chips.xilinx7 import XILINX7
from hwgen.graph.golden import apply
from hwgen.graph.nodes import Convolution
from hwgen.graph.tensor import TensorType, signed_range
from hwgen.rtl.sums.spatial_convolution import SpatialConvolution
from rtl_tests.cell_models import with_models
from rtl_tests.stream_bench import run
from rtl_tests.vectors import extremes, vector_beats
from tests.random_graph import random_graph, random_sentences, weights


def check(
    folder: Path,
    node: Convolution,
    source: TensorType,
    random: np.random.Generator,
    per_stage: int,
    family: Family = GENERIC,
) -> None:
    sentences = random_sentences(random, random_graph(random), 30)
    values = extremes(random, source, sentences.tokens.size)
    offset = random.integers(-40, 40, node.filters) * (random.random(node.filters) < 0.7)
    component = SpatialConvolution(node, source, offset=offset, adders_per_stage=per_stage, family=family)
    run(
        folder,
        component,
        "vectors",
        vector_beats(component.vectors, values, sentences, per_token=True),
        "sums",
        vector_beats(component.sums, apply(node, values, sentences) + offset, sentences, per_token=True),
        verilog=with_models(component, family, folder) if family is not GENERIC else None,
    )


@pytest.mark.parametrize("bits", range(1, 9))
def test_bits_and_stages(bits: int, tmp_path: Path) -> None:
    random = np.random.default_rng(bits)
    graph = random_graph(random, bits=bits, sparsity=0.1 * bits, widths=(1, 3, 5), filters=3)
    check(tmp_path, graph.convolution, graph.types()[0], random, per_stage=1 + bits % 3)


@pytest.mark.parametrize("family", [XILINX7, ECP5], ids=str)
def test_adders_in_the_cells_of_a_part(family: Family, tmp_path: Path) -> None:
    """By yosys's models of them."""
    random = np.random.default_rng(7)
    graph = random_graph(random, bits=5, sparsity=0.4, widths=(1, 3), filters=6)
    check(tmp_path, graph.convolution, graph.types()[0], random, per_stage=2, family=family)


def test_signs_zeros_and_one_sided_inputs(tmp_path: Path) -> None:
    """Filters that are empty, all negative, or zero in their oldest or newest tap; inputs stuck at zero."""
    random = np.random.default_rng(0)
    kernel = weights(random, (6, 4, 3), 4)
    kernel[0] = 0
    kernel[1] = -np.abs(kernel[1])
    kernel[2, :2] = 0
    kernel[3, -1] = 0
    kernel[4, 1:] = 0
    low, high = signed_range(4)
    source = TensorType(np.array([low, 0, 0]), np.array([0, high, 0]), per_token=True)
    check(tmp_path, Convolution((kernel,), 4, np.zeros(6, dtype=int)), source, random, per_stage=2)
