"""Training of hyperdimensional classifiers."""

from __future__ import annotations

import string
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

torch = pytest.importorskip("torch")
pytest.importorskip("brevitas")

from hwgen.compress import margin, recipes  # noqa: E402
from hwgen.compress.card import render  # noqa: E402
from hwgen.compress.hypervector import BINARY, learn, to_convolution  # noqa: E402
from hwgen.compress.hypervector_recipe import Head, HypervectorRecipe  # noqa: E402
from hwgen.compress.report import kilobytes  # noqa: E402
from hwgen.compress.run import run  # noqa: E402
from hwgen.compress.vectors import Vectors, alphabet  # noqa: E402
from hwgen.errors import HwgenError  # noqa: E402
from hwgen.graph.golden import Sentences  # noqa: E402
from hwgen.graph.graph import HypervectorGraph  # noqa: E402
from hwgen.graph.hypervector import BOUNDARY  # noqa: E402
from hwgen.model import Model  # noqa: E402
from hwgen.nn.patch_convolution import ConvolvedClassVectors, PatchFilters  # noqa: E402
from hwgen.progress import SILENT  # noqa: E402
from hwgen.text import datasets  # noqa: E402
from hwgen.text.datasets import Dataset  # noqa: E402

PLAN = recipes.parse(
    {
        "name": "tiny",
        "kind": "hypervector",
        "items": {"dimension": 256, "block": 32, "longest": 80},
        "head": {"epochs": 4},
    }
)


def requests() -> Dataset:
    """Two intents told apart by their words, which the demo corpus's classes are not."""
    words = {"music": ["play", "song", "album", "loud"], "weather": ["rain", "sunny", "cold", "forecast"]}
    rows = [(label, f"please {first} the {second}") for label, of in words.items() for first in of for second in of]
    return Dataset("requests", *(tuple(rows[start::3]) for start in range(3)))


@pytest.fixture(scope="module")
def trained() -> Model:
    return run(PLAN, requests())


def test_stages_and_record(trained: Model, tmp_path: Path) -> None:
    stages = trained.record["stages"]
    assert [stage["name"] for stage in stages] == ["real", "binary vectors", "binary"]
    assert stages[-1]["test"] == trained.record["accuracy"]["test"] > 0.8
    assert trained.bits == 1 and trained.record["memory_bits"]["class_vectors"] == 2 * 256
    assert set(trained.record["seconds"]) == {"encoding", "real", "binary vectors", "binary"}
    trained.save(tmp_path / "toy")
    again = Model.load(tmp_path / "toy")
    assert again.digest == trained.digest and again.encode(["Hi"]).tokens.tolist() == [72, 105]
    text = render(again, "toy", "hwgen train")
    assert "vectors of 256 bits" in text and "| class vectors | 512 |" in text


def test_the_seed_decides(trained: Model) -> None:
    torch.manual_seed(99)  # the state of the process must not matter
    assert run(PLAN, requests(), 1).digest == trained.digest
    assert run(PLAN, requests(), 1, seed=1).digest != trained.digest


def test_the_nearest_class_vector_needs_no_training() -> None:
    data = requests()
    model = run(recipes.override(PLAN, ["head.kind=nearest"]), data)
    assert not model.graph.head.bias.any()
    vectors = Vectors.of(model.graph.nodes[0], data.train, data.labels)
    sums = torch.stack([vectors.signs[vectors.labels == label].sum(dim=0) for label in range(2)])
    assert np.array_equal(model.graph.head.weights, (sums < 0).numpy())


CONVOLVED = recipes.override(
    PLAN, ["head.kind=convolution", "head.filters=6", "head.patch=4", "head.learning_rate=0.003", "items.dimension=128"]
)


@pytest.fixture(scope="module")
def convolved() -> Model:
    return run(CONVOLVED, datasets.load("demo"))


def test_a_convolutional_head(convolved: Model, tmp_path: Path) -> None:
    """Torch and golden model are compared inside, score by score."""
    graph = convolved.graph
    assert isinstance(graph, HypervectorGraph) and graph.convolution is not None
    assert (graph.convolution.filters, graph.convolution.patch, graph.dense.channels) == (6, 4, 128 // 4 * 6)
    stages, memory = convolved.record["stages"], convolved.record["memory_bits"]
    assert [stage["name"] for stage in stages] == ["real", "binary vectors", "binary"]
    assert stages[-1]["test"] == convolved.record["accuracy"]["test"]
    assert {stage["weights"] for stage in stages} == {2 * (192 + 1) + 6 * (4 + 1)}
    assert (memory["filters"], memory["class_vectors"]) == (6 * (4 + 3), 2 * 192)
    assert memory["total"] == sum(bits for name, bits in memory.items() if name != "total")
    assert stages[-1]["kilobytes"] == kilobytes(memory["total"])
    convolved.save(tmp_path / "toy")
    assert Model.load(tmp_path / "toy").digest == convolved.digest
    text = render(convolved, "toy", "hwgen train")
    assert "6 binary filters over every 4 of them" in text and "| filters | 42 |" in text


def test_the_seed_decides_the_filters(convolved: Model) -> None:
    torch.manual_seed(99)
    assert run(CONVOLVED, datasets.load("demo"), 1).digest == convolved.digest
    other = run(CONVOLVED, datasets.load("demo"), 1, seed=1)
    assert not np.array_equal(other.graph.nodes[1].weights, convolved.graph.nodes[1].weights)


def test_filters_learn() -> None:
    """Weights, thresholds and scales get gradients; dropout falls on what the class vectors see."""
    generator = torch.Generator().manual_seed(0)
    filters = PatchFilters(torch.rand(3, 4, generator=generator) - 0.5, binary=True)
    head = ConvolvedClassVectors(filters, torch.rand(2, 12, generator=generator) - 0.5, binary=True)
    vectors = torch.randint(0, 2, (20, 16), generator=generator).float() * 2 - 1
    features = head.features(vectors)
    assert features.shape == (20, 12) and set(features.unique().tolist()) == {-1.0, 1.0}
    head.logits(features).square().sum().backward()
    for parameter in head.parameters():
        assert parameter.grad is not None and parameter.grad.any()


def opposites(prototypes: NDArray[np.int64], rows: int, seed: int) -> Vectors:
    """Of each class a vector or its opposite, a tenth of it flipped."""
    random = np.random.default_rng(seed)
    labels, sides = random.integers(0, 2, rows), random.choice([-1, 1], (rows, 1))
    signs = prototypes[labels] * sides * np.where(random.random((rows, prototypes.shape[1])) < 0.1, -1, 1)
    tensor = torch.from_numpy(signs)
    return Vectors(Sentences.of([]), tensor.to(torch.int16), tensor.to(torch.int8), torch.from_numpy(labels))


def test_filters_tell_what_class_vectors_alone_cannot() -> None:
    prototypes = np.random.default_rng(0).choice([-1, 1], (2, 64))
    splits = {"train": opposites(prototypes, 600, 1), "dev": opposites(prototypes, 200, 2)}
    plans = (Head(epochs=10), Head(kind="convolution", filters=8, patch=4, epochs=15, learning_rate=3e-3))
    _, linear = learn(plans[0], BINARY, splits, 2, 0, SILENT)
    head, convolution = learn(plans[1], BINARY, splits, 2, 0, SILENT)
    assert linear.accuracy < 0.65 and convolution.accuracy > 0.85
    drawn, _ = learn(replace(plans[1], learning_rate=1e-9, epochs=1), BINARY, splits, 2, 0, SILENT)
    assert isinstance(head, ConvolvedClassVectors) and isinstance(drawn, ConvolvedClassVectors)
    assert head.filters.thresholds.any() and not torch.equal(head.filters.log_scales, drawn.filters.log_scales)
    assert not torch.allclose(head.filters.weights, drawn.filters.weights, atol=1e-3)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1 << 32), st.integers(1, 9), st.lists(st.floats(-12, 12, width=32), min_size=1, max_size=5))
def test_thresholds_become_integers_exactly(seed: int, patch: int, thresholds: list[float]) -> None:
    """Whatever is learnt: also thresholds on a sum itself, and beyond all sums."""
    generator = torch.Generator().manual_seed(seed % (1 << 31))
    filters = PatchFilters(2 * torch.rand(len(thresholds), patch, generator=generator) - 1, binary=True)
    with torch.no_grad():
        filters.thresholds.copy_(torch.tensor(thresholds))
        filters.log_scales.copy_(4 * torch.randn(len(thresholds), generator=generator))
        vectors = 1 - 2 * torch.randint(0, 2, (30, 3 * patch), generator=generator)
        told = filters(vectors.float()).numpy()
    found = to_convolution(filters).apply((vectors < 0).long().numpy())
    assert np.array_equal(1 - 2 * found, told)


def test_other_widths_are_refused() -> None:
    with pytest.raises(HwgenError, match="--bits 5: recipe tiny makes binary vectors"):
        run(PLAN, requests(), 5)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("items.block=48", "block: 48 does not divide dimension = 256"),
        ("items.sizes=[4, 3]", "must rise"),
        ("items.sizes=[]", "nothing to count"),
        ("items.alphabet=runes", "'runes' is not one of letters"),
        ("head.kind=deep", "'deep' is not one of nearest, margin, linear, convolution"),
        ("head.filters=0", r"filters: 0 is outside 1\.\."),
        ("head.patch=0", r"patch: 0 is outside 1\.\."),
        ("network.filters=3", "unknown key; known are name, kind"),
    ],
)
def test_bad_settings(setting: str, message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        recipes.override(PLAN, [setting])


def test_a_patch_must_divide_the_block() -> None:
    with pytest.raises(HwgenError, match=r"head\.patch: 6 does not divide items\.block = 32"):
        recipes.override(PLAN, ["head.kind=convolution", "head.patch=6"])
    recipes.override(PLAN, ["head.patch=6"])  # of no concern to other heads


def test_kinds_of_recipe() -> None:
    assert isinstance(recipes.parse(PLAN.as_dict()), HypervectorRecipe)
    with pytest.raises(HwgenError, match="kind: 'tree' is not one of hypervector"):
        recipes.parse({"name": "x", "kind": "tree"})


def test_alphabets() -> None:
    for name in ("letters", "alphanumeric", "bytes"):
        symbols = alphabet(name)
        assert all(symbols[ord(u)] == symbols[ord(u.lower())] != BOUNDARY for u in string.ascii_uppercase)
        assert symbols[ord(" ")] == symbols[0] == BOUNDARY
        assert set(symbols.tolist()) == set(range(symbols.max() + 1))
    assert alphabet("letters")[ord("7")] == BOUNDARY != alphabet("alphanumeric")[ord("7")]
    assert alphabet("bytes")[ord("?")] != BOUNDARY == alphabet("alphanumeric")[ord("?")]
    assert len(set(alphabet("bytes")[128:].tolist())) > 100 and np.unique(alphabet("letters")[128:]).size == 1


def test_the_margin_head_learns_without_biases() -> None:
    model = run(recipes.override(PLAN, ["head.kind=margin"]), requests())
    assert not model.graph.head.bias.any()
    assert model.record["accuracy"]["test"] >= 0.8
    assert (model.graph.head.weights[0] != model.graph.head.weights[1]).mean() > 0.99  # opposites, ties aside


@pytest.mark.parametrize("classes", [2, 3])
def test_margins_of_classes_without_rows(classes: int) -> None:
    vectors = torch.tensor([[1.0, 1, -1, 1], [1, 1, 1, 1], [-1, -1, 1, 1]])
    weights, bias = margin.class_vectors(vectors, torch.tensor([0, 0, 1]), classes, 0)
    assert weights.shape == (classes, 4) and bias.shape == (classes,)
    assert (vectors @ weights.T + bias).argmax(dim=1).tolist() == [0, 0, 1]
