"""Training of ensembles, on the demo corpus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("brevitas")

from hwgen.compress import recipes  # noqa: E402
from hwgen.compress.card import render  # noqa: E402
from hwgen.compress.ensemble import votes_of, weight_of  # noqa: E402
from hwgen.compress.run import run  # noqa: E402
from hwgen.errors import HwgenError  # noqa: E402
from hwgen.graph import golden  # noqa: E402
from hwgen.model import Model  # noqa: E402
from hwgen.text import datasets  # noqa: E402

BINARY = ["float.epochs=10", "quantised.epochs=2", "quantised.convolution=1", "quantised.embedding=4"]


def plan(path: Path, member: str, *settings: str) -> recipes.AnyRecipe:
    path.write_text(f'kind = "ensemble"\nmember = "{member}"\n')
    return recipes.override(recipes.load(path), settings)


@pytest.fixture(scope="module")
def hypervector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipes") / "small.toml"
    path.write_text('kind = "hypervector"\n[items]\ndimension = 128\nblock = 32\nlongest = 80\n[head]\nepochs = 3\n')
    return path


@pytest.mark.parametrize(
    ("method", "head"), [("boosting", "linear"), ("bagging", "linear"), ("boosting", "convolution")]
)
def test_hypervector_members_vote(method: str, head: str, hypervector: Path, tmp_path: Path) -> None:
    data = datasets.load("demo")
    settings = [f"method={method}", "member.head.epochs=2", f"member.head.kind={head}"]
    model = run(plan(tmp_path / "trio.toml", str(hypervector), *settings), data)
    vote = model.graph.nodes[0]
    assert [row["name"] for row in model.record["stages"]] == ["member 1", "member 2", "member 3", "vote"]
    assert len({member.dense.weights.tobytes() for member in vote.members}) == 3
    # Of 128 bits; by default, eight filters over every four of them.
    features, filters = (256, 8 * 4 + 8) if head == "convolution" else (128, 0)
    assert model.record["stages"][0]["weights"] == filters + 2 * (features + 1)
    assert (vote.votes == 1).all() if method == "bagging" else vote.votes.max() == 15
    sentences = model.encode([text for _, text in data.test])
    found = golden.classes(golden.scores(model.graph, sentences))
    right = np.mean([model.labels[number] == label for number, (label, _) in zip(found, data.test, strict=True)])
    assert right == model.record["accuracy"]["test"] == model.record["stages"][-1]["test"]
    model.save(tmp_path / "model")
    again = Model.load(tmp_path / "model")
    assert again.digest == model.digest and np.array_equal(golden.scores(again.graph, sentences),
                                                           golden.scores(model.graph, sentences))  # fmt: skip
    assert "An ensemble of 3" in render(again, "model", "hwgen train")


def test_convolution_members_go_on_from_one_network(tmp_path: Path) -> None:
    settings = ["epochs=1", *(f"member.{setting}" for setting in ('stages=["float", "quantised"]', *BINARY))]
    recipe = plan(tmp_path / "pair.toml", "demo", "members=2", *settings)
    model = run(recipe, datasets.load("demo"), 1)
    assert [row["name"] for row in model.record["stages"]] == ["float", "quantised", "member 1", "member 2", "vote"]
    assert all(member.convolution.bits == 1 for member in model.graph.nodes[0].members)
    assert model.digest == run(recipe, datasets.load("demo"), 1).digest


def test_weights_of_members() -> None:
    assert weight_of(0.25, 100, 2) == pytest.approx(0.5 * np.log(3))
    assert weight_of(0.5, 100, 4) == pytest.approx(0.5 * np.log(3))  # as good as a third right of two
    assert 0 < weight_of(0.9, 100, 2) < weight_of(0.49, 100, 2) < weight_of(0.0, 100, 2) < 3
    assert votes_of([0.2, 1.0, 0.01], 4).tolist() == [3, 15, 1]
    assert votes_of([0.7, 0.7], 4).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("members=1", r"members: 1 is outside 2\.\.15"),
        ("rate=0", r"rate: 0\.0 is outside 0\.01\.\.1"),
        ("epochs=0", r"epochs: 0 is outside 1\.\."),
        ("method=stacking", "'stacking' is not one of boosting, bagging"),
        ("member.head.epochs=0", "member: head.epochs: 0 is outside"),
        ("member.head.depth=3", "unknown key"),
    ],
)
def test_bad_settings(setting: str, message: str, hypervector: Path, tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match=message):
        plan(tmp_path / "bad.toml", str(hypervector), setting)


def test_no_ensemble_of_ensembles(hypervector: Path, tmp_path: Path) -> None:
    plan(tmp_path / "inner.toml", str(hypervector))
    with pytest.raises(HwgenError, match="an ensemble of ensembles"):
        plan(tmp_path / "outer.toml", str(tmp_path / "inner.toml"))
    with pytest.raises(HwgenError, match="--bits 5: recipe small makes binary vectors"):
        run(plan(tmp_path / "trio.toml", str(hypervector)), datasets.load("demo"), 5)
