from pathlib import Path

import numpy as np
import pytest

from hwgen.graph.nodes import Requantise
from hwgen.graph.tensor import TensorType
from hwgen.rtl.requantise import Requantiser
from rtl_tests.stream_bench import run
from rtl_tests.vectors import extremes, vector_beats
from tests.random_graph import random_graph, random_sentences


@pytest.mark.parametrize("bits", range(1, 9))
def test_rounding_clipping_and_shifts_both_ways(bits: int, tmp_path: Path) -> None:
    random = np.random.default_rng(bits)
    channels = 12
    limit = 1 << (bits + 4)
    low = random.integers(-limit, 1, channels)
    high = random.integers(0, limit, channels)
    low[0] = 0  # a channel that is never negative
    high[1] = 0  # and one that is never positive
    source = TensorType(low, high, per_token=True)
    node = Requantise(random.integers(-limit, limit, channels), random.integers(-2, 8, channels), bits, 0)
    sentences = random_sentences(random, random_graph(random), 40)
    values = extremes(random, source, sentences.tokens.size)
    component = Requantiser(node, TensorType(low + node.offset, high + node.offset, per_token=True))
    run(
        tmp_path,
        component,
        "sums",
        vector_beats(component.sums, values + node.offset, sentences, per_token=True),
        "activations",
        vector_beats(component.activations, node.apply(values), sentences, per_token=True),
    )
