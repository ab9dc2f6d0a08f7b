from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.hypervector import Hypervector
from hwgen.graph.tensor import Integers
from hwgen.rtl.hypervector.hypervector_encoder import HypervectorEncoder
from rtl_tests.stream_bench import beat, run
from rtl_tests.vectors import token_beats
from tests.random_graph import random_hypervector


def texts(random: np.random.Generator, node: Hypervector, count: int) -> Sentences:
    """Empty ones, single characters, and some that are too long."""
    lengths = random.integers(0, node.longest + 4, count)
    lengths[random.random(count) < 0.2] = 1
    return Sentences.of(random.integers(0, 256, length).tolist() for length in lengths)


def pieces(stream: object, vectors: Integers, lanes: int) -> list[int]:
    """Beats of vectors that come in pieces of `lanes` values."""
    count = vectors.shape[1] // lanes
    return [
        beat(stream, values=piece, first=int(number == 0), last=int(number == count - 1))
        for vector in vectors
        for number, piece in enumerate(vector.reshape(count, lanes).tolist())
    ]


@pytest.mark.parametrize(("lanes", "block"), [(24, 4), (12, 4), (4, 4), (48, 24), (24, 24)])
@pytest.mark.parametrize(
    ("sizes", "words"), [((3,), False), ((2,), False), ((), True), ((3,), True), ((2, 4), True), ((5,), False)]
)
def test_encoder(lanes: int, block: int, sizes: tuple[int, ...], words: bool, tmp_path: Path) -> None:
    random = np.random.default_rng(lanes + len(sizes))
    drawn = random_hypervector(random, dimension=24 if block == 4 else 48, block=block)
    node = Hypervector(drawn.symbols, drawn.seeds, sizes, words, drawn.longest, drawn.block)
    sentences = texts(random, node, 40)
    encoder = HypervectorEncoder(node, lanes=lanes)
    vectors = golden.apply(node, sentences.tokens, sentences)
    given, expected = token_beats(encoder.tokens, sentences), pieces(encoder.vectors, vectors, lanes)
    run(tmp_path, encoder, "tokens", given, "vectors", expected)


def test_encoder_of_extreme_sums(tmp_path: Path) -> None:
    """Every n-gram of the longest text pulls the same way: the counters reach their ends, and cross zero at no time."""
    symbols = np.ones(256, dtype=int)
    seeds = np.array([[0, 1, 0, 1], [0, 0, 1, 1]])
    node = Hypervector(symbols, seeds, (2, 3), True, 31, 1)
    sentences = Sentences.of([[65] * 31, [65] * 30, [65], [65] * 40, [65, 66]])
    encoder = HypervectorEncoder(node)
    vectors = golden.apply(node, sentences.tokens, sentences)
    given, expected = token_beats(encoder.tokens, sentences), pieces(encoder.vectors, vectors, 4)
    run(tmp_path, encoder, "tokens", given, "vectors", expected, stall=0.0)


@pytest.mark.parametrize("lanes", [0, 5, 6, 48])
def test_encoder_refuses_lanes(lanes: int) -> None:
    node = random_hypervector(np.random.default_rng(0), dimension=24, block=4)
    with pytest.raises(HwgenError, match=f"lanes: {lanes} must divide the dimension 24 and be a multiple of 4"):
        HypervectorEncoder(node, lanes=lanes)
