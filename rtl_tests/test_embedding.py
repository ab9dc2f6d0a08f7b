from pathlib import Path

import numpy as np
import pytest

from hwgen.graph.golden import apply
from hwgen.rtl.embedding import EmbeddingRom
from rtl_tests.stream_bench import run
from rtl_tests.vectors import token_beats, vector_beats
from tests.random_graph import random_graph, random_sentences


@pytest.mark.parametrize("bits", range(1, 9))
def test_rows_of_the_table(bits: int, tmp_path: Path) -> None:
    random = np.random.default_rng(bits)
    graph = random_graph(random, bits=bits, vocabulary=100 + bits, rank=bits)
    sentences = random_sentences(random, graph, 30)
    component = EmbeddingRom(graph.embedding)
    rows = apply(graph.embedding, sentences.tokens, sentences)
    expected = vector_beats(component.vectors, rows, sentences, per_token=True)
    run(tmp_path, component, "tokens", token_beats(component.tokens, sentences), "vectors", expected, seed=bits)
