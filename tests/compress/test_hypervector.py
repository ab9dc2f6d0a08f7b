"""Training of hyperdimensional classifiers."""

from __future__ import annotations

import string
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("brevitas")

from hwgen.compress import margin, recipes  # noqa: E402
from hwgen.compress.card import write_card  # noqa: E402
from hwgen.compress.hypervector_recipe import HypervectorRecipe  # noqa: E402
from hwgen.compress.run import run  # noqa: E402
from hwgen.compress.vectors import Vectors, alphabet  # noqa: E402
from hwgen.errors import HwgenError  # noqa: E402
from hwgen.graph.hypervector import BOUNDARY  # noqa: E402
from hwgen.model import Model  # noqa: E402
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
    text = write_card(again, tmp_path / "toy", "hwgen train").read_text()
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
        ("head.kind=deep", "'deep' is not one of nearest, margin, linear"),
        ("network.filters=3", "unknown key; known are name, kind"),
    ],
)
def test_bad_settings(setting: str, message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        recipes.override(PLAN, [setting])


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
