import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.hypervector import BinaryDense, Hypervector
from tests.random_graph import random_hypervector


def by_definition(node: Hypervector, text: list[int]) -> list[int]:
    """One symbol, one n-gram, one value at a time."""
    line = [0, *(int(node.symbols[byte]) for byte in text[: node.longest]), 0]
    found = [line[start : start + size] for size in node.sizes for start in range(len(line) - size + 1)]
    found = [ngram for ngram in found if all(ngram[1:-1]) and any(ngram)]
    if node.words:
        word: list[int] = []
        for symbol in line:
            if symbol:
                word.append(symbol)
            elif word:
                found.append(word)
                word = []
    assert len(found) <= node.most
    vector = []
    for place in range(node.dimension):
        block, inside = divmod(place, node.block)
        total = 0
        for ngram in found:
            bits = (
                node.items[symbol, block * node.block + (inside - age) % node.block]
                for age, symbol in enumerate(reversed(ngram))
            )
            total += (-1) ** int(sum(bits))
        vector.append(int(node.items[0, place]) if total == 0 else int(total < 0))
    return vector


@given(st.integers(0, 1 << 32), st.lists(st.lists(st.integers(0, 255), max_size=14), min_size=1, max_size=6))
def test_golden_follows_the_definition(seed: int, texts: list[list[int]]) -> None:
    node = random_hypervector(np.random.default_rng(seed))
    sentences = Sentences.of(texts)
    vectors = golden.apply(node, sentences.tokens, sentences)
    assert vectors.tolist() == [by_definition(node, text or [0]) for text in texts]


@given(st.integers(0, 1 << 32))
def test_binary_dense_is_a_product_of_signs(seed: int) -> None:
    random = np.random.default_rng(seed)
    vectors, weights = random.integers(0, 2, (5, 33)), random.integers(0, 2, (4, 33))
    node = BinaryDense(weights, random.integers(-9, 9, 4))
    scores = golden.apply(node, vectors, Sentences.of([[1]] * 5))
    assert scores.tolist() == ((1 - 2 * vectors) @ (1 - 2 * weights).T + node.bias).tolist()
    distances = (vectors[:, None] != weights[None]).sum(axis=2)
    assert scores.tolist() == (33 - 2 * distances + node.bias).tolist()


SYMBOLS, SEEDS = np.zeros(256, dtype=int), np.zeros((2, 2), dtype=int)
WEIGHTS = np.zeros((2, 8), dtype=int)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"symbols": SYMBOLS + 2}, "need 256 numbers below 2"),
        ({"seeds": SEEDS + 16}, r"seeds: values 16\.\.16 are outside 0\.\.15"),
        ({"sizes": (3, 2)}, r"sizes: \[3, 2\] must rise"),
        ({"sizes": (1,)}, r"lie in 2\.\.8"),
        ({"sizes": ()}, "nothing to count"),
        ({"longest": 0}, r"longest: 0 is outside 1\.\."),
        ({"block": 0}, "block: 0 is outside 1"),
    ],
)
def test_refuses_nonsense(changes: dict[str, object], message: str) -> None:
    good = {"symbols": SYMBOLS, "seeds": SEEDS, "sizes": (3,), "words": False, "longest": 10, "block": 4}
    Hypervector(**good)  # type: ignore[arg-type]
    with pytest.raises(HwgenError, match=message):
        Hypervector(**{**good, **changes})  # type: ignore[arg-type]


def test_binary_dense_refuses_nonsense() -> None:
    with pytest.raises(HwgenError, match="bias: 3 values for 2 classes"):
        BinaryDense(WEIGHTS, np.zeros(3, dtype=int))
    with pytest.raises(HwgenError, match="at least 2 classes"):
        BinaryDense(WEIGHTS[:1], np.zeros(1, dtype=int))
