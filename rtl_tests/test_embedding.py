from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwgen.graph.golden import apply
from hwgen.rtl.table.embedding import EmbeddingRom, row_bits
from hwgen.rtl.table.packing import Packing, Stack, pack
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


@pytest.mark.parametrize("kilobits", [4, 18, 36])
def test_table_cut_to_block_rams(kilobits: int, tmp_path: Path) -> None:
    _check_cut(lambda depth, width: pack(depth, width, kilobits), 5000, tmp_path)


def test_layers_and_stacks(tmp_path: Path) -> None:
    """Cuts at no power of two, a last block RAM that is not full, shapes of several depths beside each other."""
    stacks = (Stack(64, 3, 3, 1), Stack(256, 8, 1, 1), Stack(32, 4, 5, 1))
    below = (Stack(16, 8, 3, 1), Stack(64, 7, 1, 1))
    _check_cut(lambda depth, width: Packing(((150, stacks), (37, below))), 187, tmp_path)


def _check_cut(cut: Callable[[int, int], Packing], vocabulary: int, tmp_path: Path) -> None:
    random = np.random.default_rng(vocabulary)
    graph = random_graph(random, bits=5, vocabulary=vocabulary, rank=3)
    sentences = random_sentences(random, graph, 60)
    component = EmbeddingRom(graph.embedding, cut(vocabulary, row_bits(graph.embedding)))
    expected = vector_beats(
        component.vectors, apply(graph.embedding, sentences.tokens, sentences), sentences, per_token=True
    )
    run(tmp_path, component, "tokens", token_beats(component.tokens, sentences), "vectors", expected, seed=1)
