"""What is shipped: complete, small, honest about itself, and above the promised floors."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen import shipped
from hwgen.compress import recipes
from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.model import Model
from hwgen.text import datasets
from tests.data import folder

FOLDERS = [(size, bits) for size in shipped.SIZES for bits in shipped.BITS]


@pytest.mark.parametrize(("size", "bits"), FOLDERS)
def test_shipped_model(size: str, bits: int) -> None:
    folder = shipped.shipped(size, bits)
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "model.json", "model.safetensors"]
    assert sum(path.stat().st_size for path in folder.iterdir()) < 300_000
    model = Model.load(folder)
    assert model.bits == bits and model.record["bits"] == bits
    plan = recipes.load(shipped.recipe_path(shipped.recipe_name(size, bits)))
    assert recipes.parse(model.record["recipe"]) == plan
    assert len(model.vocabulary) == plan.vocabulary.size
    card = (folder / "README.md").read_text(encoding="utf-8")
    accuracy = model.record["accuracy"]
    assert f"dev {accuracy['dev']:.2%}, test {accuracy['test']:.2%}" in card
    assert model.digest.hex() in card


@pytest.mark.parametrize("name", shipped.OTHERS)
def test_shipped_model_of_another_kind(name: str) -> None:
    place = shipped.shipped_models()[name]
    assert sorted(path.name for path in place.iterdir()) == ["README.md", "model.json", "model.safetensors"]
    assert sum(path.stat().st_size for path in place.iterdir()) < 400_000
    model = Model.load(place)
    recipe, source = shipped.OTHERS[name]
    assert recipes.parse(model.record["recipe"]) == recipes.load(shipped.recipe_path(recipe))
    assert model.record["data"]["name"] == source
    card = (place / "README.md").read_text(encoding="utf-8")
    assert f"hwgen train {recipe} --data {source}" in card and model.digest.hex() in card


@pytest.mark.parametrize("name", shipped.OTHERS)
def test_accuracy_of_another_kind_on_every_test_row(name: str) -> None:
    model = Model.load(shipped.shipped_models()[name])
    data = datasets.load(folder(shipped.OTHERS[name][1]))
    found = golden.classes(golden.scores(model.graph, model.encode([text for _, text in data.test])))
    # The model's names of the classes may be better ones than the files'.
    right = [data.labels[number] == label for number, (label, _) in zip(found, data.test, strict=True)]
    assert sum(right) / len(right) == model.record["accuracy"]["test"]


def test_floors_of_the_default_model() -> None:
    record = Model.load(shipped.shipped("full", 5)).record
    parent, test = record["stages"][0]["test"], record["accuracy"]["test"]
    assert test >= 0.81
    assert test >= parent - 0.005
    assert record["reduction"]["parent"] >= 0.93


def test_only_what_exists() -> None:
    with pytest.raises(HwgenError, match="'medium' is not one of full, small"):
        shipped.shipped("medium", 5)
    with pytest.raises(HwgenError, match=r"9 bits is outside 1\.\.8"):
        shipped.shipped("full", 9)
    with pytest.raises(HwgenError, match=r"recipe no-such: no such file, and not one of demo, .*sst2-full, sst2-small"):
        shipped.recipe_path("no-such")


def test_listing() -> None:
    sized = {shipped.model_name(size, bits) for size, bits in FOLDERS}
    assert set(shipped.shipped_models()) == sized | set(shipped.OTHERS)
    assert {"demo", "sentences", "sst2-full", "sst2-small"} <= set(shipped.recipes())


def test_own_recipe_by_path(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("")
    assert shipped.recipe_path(str(tmp_path / "mine.toml")) == tmp_path / "mine.toml"


def test_installed_resources_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shipped.models_folder().name == "models"
    (tmp_path / "models").mkdir()
    monkeypatch.setattr(shipped.resources, "files", lambda package: tmp_path)
    assert shipped.models_folder() == tmp_path / "models"
    with pytest.raises(HwgenError, match="is missing; regenerate"):
        shipped.shipped("full", 5)
