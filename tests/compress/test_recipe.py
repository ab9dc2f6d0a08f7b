"""Recipes: the packaged ones load, every field can be overridden, every mistake is one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen import shipped
from hwgen.compress import recipe
from hwgen.errors import HwgenError

PLAIN = recipe.parse({"name": "plain"})


@pytest.mark.parametrize("name", ["demo", "sst2-full", "sst2-small"])
def test_packaged_recipes(name: str) -> None:
    loaded = recipe.load(shipped.recipe_path(name))
    assert loaded.name == name
    assert recipe.parse(loaded.as_dict()) == loaded


@pytest.mark.parametrize("bits", range(2, 9))
def test_small_embedding_fits_24_block_rams_at_every_width(bits: int) -> None:
    small = recipe.load(shipped.recipe_path("sst2-small"))
    # iCE40 block RAM: 4,096 bits as 256 x 16, 512 x 8, 1,024 x 4 or 2,048 x 2.
    row = small.factorise.rank * bits
    blocks = min(
        -(-small.vocabulary.size // depth) * -(-row // width)
        for depth, width in ((256, 16), (512, 8), (1024, 4), (2048, 2))
    )
    assert blocks <= 24


def test_every_key_can_be_set_to_its_own_value() -> None:
    values = PLAIN.as_dict()
    for key in recipe.keys(recipe.Recipe):
        here = values
        for step in key.split("."):
            here = here[step]
        text = str(here).lower() if isinstance(here, bool) else str(here).replace("'", '"')
        assert recipe.override(PLAIN, [f"{key}={text}"]) == PLAIN, key


def test_overrides() -> None:
    changed = recipe.override(
        PLAIN, ["prune.sparsity=0.9", "network.widths=[2, 3]", "float.dropout=0", "quantised.learn_scales=true"]
    )
    assert changed.prune.sparsity == 0.9
    assert changed.network.widths == (2, 3)
    assert changed.float.dropout == 0.0 and isinstance(changed.float.dropout, float)
    assert changed.quantised.learn_scales is True
    assert changed.factorised == PLAIN.factorised
    assert recipe.override(PLAIN, ['stages=["float", "quantised"]']).stages == ("float", "quantised")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("prune.sparsity", "expected key=value"),
        ("prune.sparsty=0.9", "prune.sparsty: unknown key; known are name, stages, .*prune.sparsity"),
        ("prune=0.9", "prune: unknown key"),
        ("prune.sparsity.more=1", "unknown key"),
        ("prune.sparsity=1", r"prune.sparsity: 1.0 is outside 0..1 \(exclusive\)"),
        ("prune.sparsity=much", "prune.sparsity: need float, got 'much'"),
        ("prune.rounds=1.5", "prune.rounds: need int, got 1.5"),
        ("pruned.epochs=0", "pruned.epochs: 0 is outside"),
        ("network.widths=[]", "need at least one"),
        ("network.widths=3", "network.widths: need a list"),
        ("vocabulary.buckets=9000", "vocabulary.buckets: 9000 is outside"),
        ("factorise.rank=65", "exceeds network.embedding = 64"),
        ("factorise.rank=0", "give a rank"),
        ('stages=["quantised", "float"]', "must follow the order"),
        ('stages=["float"]', "cannot be left out"),
        ('stages=["float", "distilled", "quantised"]', "'distilled' is not one of"),
        ("float.distil=1", "at least 1 teacher"),
    ],
)
def test_bad_overrides(setting: str, message: str) -> None:
    with pytest.raises(HwgenError, match=message) as caught:
        recipe.override(PLAIN, [setting])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[prune\n", "not TOML"),
        ("[prune]\nsparsty = 0.5\n", "prune.sparsty: unknown key; known are prune.sparsity, prune.rounds"),
        ("prune = 3\n", "prune: need a section"),
        ("[quantised]\nlearning_rate = -1\n", "quantised.learning_rate: -1.0 is outside"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(HwgenError, match=message) as caught:
        recipe.load(path)
    assert str(path) in str(caught.value)


def test_missing_file_and_name_from_file(tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match="cannot read"):
        recipe.load(tmp_path / "none.toml")
    (tmp_path / "mine.toml").write_text("")
    assert recipe.load(tmp_path / "mine.toml").name == "mine"
