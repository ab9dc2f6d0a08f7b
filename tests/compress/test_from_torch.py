"""Torch in evaluation mode equals the golden model: every score, no tolerance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("brevitas")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from hwgen import shipped  # noqa: E402
from hwgen.compress.from_torch import from_torch, integer_scores, to_torch  # noqa: E402
from hwgen.errors import HwgenError  # noqa: E402
from hwgen.graph import golden  # noqa: E402
from hwgen.graph.golden import Sentences  # noqa: E402
from hwgen.graph.graph import ConvolutionGraph  # noqa: E402
from hwgen.graph.nodes import Convolution, Dense, Embedding, MaxOverTime, Requantise  # noqa: E402
from hwgen.graph.storage import to_arrays  # noqa: E402
from hwgen.graph.tensor import signed_range  # noqa: E402
from hwgen.model import Model  # noqa: E402
from hwgen.nn.text_cnn import Precision, QuantTextCNN, Shape, TextCNN  # noqa: E402
from hwgen.text import datasets  # noqa: E402

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "glue_sst2"


@pytest.fixture(scope="module")
def test_rows() -> tuple[datasets.Row, ...]:
    if not DATA.is_dir():
        pytest.skip(f"no data set at {DATA}")
    return datasets.load(DATA).test


@pytest.mark.parametrize("name", sorted(set(shipped.shipped_models()) - set(shipped.OTHERS)))
def test_shipped_model_on_every_test_sentence(name: str, test_rows: tuple[datasets.Row, ...]) -> None:
    model = Model.load(shipped.shipped_models()[name])
    sentences = model.encode([text for _, text in test_rows])
    assert len(sentences) == 1821
    expected = golden.scores(model.graph, sentences)
    assert np.array_equal(integer_scores(to_torch(model.graph), sentences), expected)
    found = golden.classes(expected)
    # The files number the classes; the models name them, in the same order.
    right = [number == int(label) for number, (label, _) in zip(found, test_rows, strict=True)]
    assert np.mean(right) == model.record["accuracy"]["test"]


@st.composite
def networks(draw: st.DrawFn) -> TextCNN:
    widths = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)))
    filters = tuple(draw(st.integers(1, 5)) for _ in widths)
    shape = Shape(draw(st.integers(2, 20)), draw(st.integers(1, 6)), filters, widths, draw(st.integers(2, 4)))
    torch.manual_seed(draw(st.integers(0, 2**31)))
    network = TextCNN(shape)
    with torch.no_grad():
        # Scales far apart, so that shifts of both signs and saturation occur.
        network.embedding.weight.mul_(2.0 ** draw(st.integers(-3, 3)))
        network.dense.bias.mul_(draw(st.integers(0, 20)))
        for branch in network.convolutions:
            branch.weight.mul_(torch.exp2(torch.randint(-3, 4, (len(branch.weight), 1, 1)).float()))
            branch.weight[torch.rand_like(branch.weight) < 0.3] = 0
            branch.bias.mul_(draw(st.integers(0, 5)))
    return network


@st.composite
def token_lists(draw: st.DrawFn, vocabulary: int) -> list[list[int]]:
    tokens = st.lists(st.integers(0, vocabulary - 1), max_size=12)
    return [[], [vocabulary - 1], *draw(st.lists(tokens, max_size=6))]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), network=networks(), bits=st.tuples(*[st.integers(1, 8)] * 4))
def test_random_networks(data: st.DataObject, network: TextCNN, bits: tuple[int, int, int, int]) -> None:
    quantised = QuantTextCNN.of(network, Precision(*bits), torch.rand(16, sum(network.shape.filters)))
    graph = from_torch(quantised)
    sentences = Sentences.of(data.draw(token_lists(network.shape.vocabulary)))
    expected = golden.scores(graph, sentences)
    assert np.array_equal(integer_scores(quantised, sentences), expected)
    restored = to_torch(graph)
    assert np.array_equal(integer_scores(restored, sentences), expected)
    arrays, attributes = to_arrays(graph)
    again, attributes_again = to_arrays(from_torch(restored))
    assert attributes == attributes_again
    assert all(np.array_equal(arrays[name], again[name]) for name in arrays)


@pytest.mark.parametrize("bits", range(2, 9))
def test_halves_round_up(bits: int) -> None:
    """One filter, one tap, weight 1, shift 1: 1/2, 3/2, 5/2 become 1, 2, 3."""
    limit = signed_range(bits)[1]
    table = np.array([[0], [1], [min(3, limit)], [-1]])
    graph = ConvolutionGraph(
        (
            Embedding(table, bits, -2),
            Convolution((np.ones((1, 1, 1), dtype=int),), bits, np.array([-1])),
            Requantise(np.array([0]), np.array([1]), bits, -2),
            MaxOverTime(),
            Dense(np.array([[1], [-1]]), np.array([0, 0]), bits, -1),
        )
    )
    sentences = Sentences.of([[1], [2], [3]])
    scores = integer_scores(to_torch(graph), sentences)
    assert scores[:, 0].tolist() == [1, (min(3, limit) + 1) // 2, 0]
    assert np.array_equal(scores, golden.scores(graph, sentences))


def test_beyond_exact_floats_is_refused() -> None:
    rank, filters = 1024, 1
    graph = ConvolutionGraph(
        (
            Embedding(np.vstack([np.zeros((1, rank), int), np.full((1, rank), 127)]), 8, 0),
            Convolution((np.full((filters, 5, rank), 127),), 8, np.zeros(filters, int)),
            Requantise(np.zeros(filters, int), np.full(filters, 12), 8, 12),
            MaxOverTime(),
            Dense(np.ones((2, filters), int), np.zeros(2, int), 8, 0),
        )
    )
    with pytest.raises(HwgenError, match="exact integers"):
        to_torch(graph)
