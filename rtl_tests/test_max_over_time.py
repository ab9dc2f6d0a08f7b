from pathlib import Path

import numpy as np
import pytest

from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import GENERIC
from hwgen.graph.golden import apply
from hwgen.graph.nodes import MaxOverTime
from hwgen.graph.tensor import TensorType
from hwgen.rtl.max_over_time import RunningMaximum
from rtl_tests.stream_bench import run
from rtl_tests.vectors import extremes, vector_beats
from tests.random_graph import random_graph, random_sentences


@pytest.mark.parametrize("bits", range(1, 9))
@pytest.mark.parametrize("signed", [False, True])
def test_maximum_of_each_sentence(bits: int, signed: bool, tmp_path: Path) -> None:
    """Even widths compare as six-input tables like it, odd ones as four-input tables do."""
    family = ECP5 if bits % 2 else GENERIC
    random = np.random.default_rng(bits)
    low = -(1 << (bits - 1)) if signed else 0
    source = TensorType(np.full(7, low), np.full(7, low + (1 << bits) - 1), per_token=True)
    sentences = random_sentences(random, random_graph(random), 40)
    values = extremes(random, source, sentences.tokens.size)
    node = MaxOverTime()
    component = RunningMaximum(node, source, family=family)
    run(
        tmp_path,
        component,
        "vectors",
        vector_beats(component.vectors, values, sentences, per_token=True),
        "maxima",
        vector_beats(component.maxima, apply(node, values, sentences), sentences, per_token=False),
    )
