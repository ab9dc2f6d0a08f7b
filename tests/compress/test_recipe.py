"""Recipes: the packaged ones load, every field can be overridden, every mistake is one clear line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hwgen import shipped, tables
from hwgen.compress import recipe, recipes
from hwgen.errors import HwgenError

PLAIN = recipes.parse({"name": "plain"})


@pytest.mark.parametrize(
    "name",
    [
        "demo",
        "intents",
        "intents-tiny",
        "mr-taught",
        "questions",
        "reviews",
        "sentences",
        "sst2-full",
        "sst2-small",
        "sst2-small-taught",
        "sst2-taught",
    ],
)
def test_packaged_recipes(name: str) -> None:
    loaded = recipes.load(shipped.recipe_path(name))
    assert loaded.name == name
    assert recipes.parse(loaded.as_dict()) == loaded


@pytest.mark.parametrize("bits", range(2, 9))
def test_small_embedding_fits_24_block_rams_at_every_width(bits: int) -> None:
    small = recipes.load(shipped.recipe_path("sst2-small"))
    # iCE40 block RAM: 4,096 bits as 256 x 16, 512 x 8, 1,024 x 4 or 2,048 x 2.
    row = small.factorised.rank * bits
    blocks = min(
        -(-small.vocabulary.size // depth) * -(-row // width)
        for depth, width in ((256, 16), (512, 8), (1024, 4), (2048, 2))
    )
    assert blocks <= 24


def test_every_key_can_be_set_to_its_own_value() -> None:
    values = PLAIN.as_dict()
    for key in tables.keys(recipe.Recipe):
        here = values
        for step in key.split("."):
            here = here[step]
        text = str(here).lower() if isinstance(here, bool) else str(here).replace("'", '"') or '""'
        assert recipes.override(PLAIN, [f"{key}={text}"]) == PLAIN, key


def test_overrides() -> None:
    changed = recipes.override(
        PLAIN, ["pruned.sparsity=0.9", "network.widths=[2, 3]", "float.dropout=0", "quantised.learn_scales=true"]
    )
    assert changed.pruned.sparsity == 0.9
    assert changed.network.widths == (2, 3)
    assert changed.float.dropout == 0.0 and isinstance(changed.float.dropout, float)
    assert changed.quantised.learn_scales is True
    assert changed.factorised == PLAIN.factorised
    assert recipes.override(PLAIN, ['stages=["float", "quantised"]']).stages == ("float", "quantised")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("pruned.sparsity", "expected key=value"),
        ("pruned.sparsty=0.9", "pruned.sparsty: unknown key; known are name, stages, .*pruned.sparsity"),
        ("pruned=0.9", "pruned: unknown key"),
        ("pruned.sparsity.more=1", "unknown key"),
        ("pruned.sparsity=1", r"pruned.sparsity: 1.0 is outside 0..1 \(exclusive\)"),
        ("pruned.sparsity=much", "pruned.sparsity: 'much' is not a number"),
        ("pruned.rounds=1.5", "pruned.rounds: 1.5 is not a whole number"),
        ("pruned.cost=luts", "pruned.cost: 'luts' is not one of weights, nonzeros, adders"),
        ("pruned.epochs=-1", "pruned.epochs: -1 is outside"),
        ("float.epochs=0", "float.epochs: 0 would leave random weights"),
        ("float.schedule=flat", "float.schedule: 'flat' is not one of linear, cosine, one-cycle, calr"),
        ("narrowed.share=1", "narrowed.share: 1.0 is outside"),
        ("shortened.share=-0.1", "shortened.share: -0.1 is outside"),
        ("quantised.dense=9", "quantised.dense: 9 is outside 1..8"),
        ("quantised.through=[5, 8]", r"quantised.through: \[5, 8\] must fall"),
        ("quantised.previous=1", "quantised.distil: 0 leaves nothing to be taught"),
        ("network.widths=[]", "need at least one"),
        ("network.widths=3", "network.widths: 3 is not a list"),
        ("vocabulary.buckets=9000", "vocabulary.buckets: 9000 is outside"),
        ("factorised.rank=65", "exceeds network.embedding = 64"),
        ("factorised.rank=0", "factorised.rank: give a rank"),
        ('stages=["quantised", "float"]', "must begin with float and end with quantised"),
        ('stages=["float"]', "must begin with float and end with quantised"),
        ('stages=["float", "pruned", "pruned", "quantised"]', "names a stage twice"),
        ('stages=["float", "pruned", "factorised", "quantised"]', "pruned before factorised"),
        ('stages=["float", "distilled", "quantised"]', "'distilled' is not one of"),
        ("float.distil=1", r"teacher\.members: none, nor ngrams or a model"),
        ("float.checkpoint=first", "float.checkpoint: 'first' is not one of best, last"),
        ("data.holdout=0", "data.holdout: 0.0 is outside"),
        ("teacher.letters=1", "teacher.letters: 1 is outside 2..10"),
        ("teacher.parts=2", "teacher.parts: 2.0 is outside"),
    ],
)
def test_bad_overrides(setting: str, message: str) -> None:
    with pytest.raises(HwgenError, match=message) as caught:
        recipes.override(PLAIN, [setting])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[pruned\n", "not TOML"),
        ("[pruned]\nsparsty = 0.5\n", "pruned.sparsty: unknown key; known are pruned.epochs, .*pruned.sparsity"),
        ("pruned = 3\n", "pruned: 3 is not a table"),
        ("[quantised]\nlearning_rate = -1\n", "quantised.learning_rate: -1.0 is outside"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(HwgenError, match=message) as caught:
        recipes.load(path)
    assert str(path) in str(caught.value)


def test_missing_file_and_name_from_file(tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match="cannot be read"):
        recipes.load(tmp_path / "none.toml")
    (tmp_path / "mine.toml").write_text("")
    assert recipes.load(tmp_path / "mine.toml").name == "mine"


@pytest.mark.parametrize(
    ("settings", "shares"),
    [
        ([], (0, 0, 0)),
        (["members=4"], (1, 0, 0)),
        (["members=4", "ngrams=0.5"], (0.5, 0.5, 0)),
        (["ngrams=0.5"], (0, 1, 0)),
        (["model=m", "outside=0.5"], (0, 0, 1)),
        (["model=m", "outside=0.5", "ngrams=0.5"], (0, pytest.approx(1 / 3), pytest.approx(2 / 3))),
        (["members=1", "model=m", "outside=0.5", "ngrams=0.5"], (0.25, 0.25, 0.5)),
    ],
)
def test_teachers_share_the_answer(settings: list[str], shares: tuple[float, float, float]) -> None:
    assert recipes.override(PLAIN, [f"teacher.{setting}" for setting in settings]).teacher.shares == shares


KNOWN = {kind: tables.keys(kind) for kind in (recipe.Recipe, *recipes.KINDS.values())}
SHIPPED = {name: recipes.load(path) for name, path in shipped.recipes().items()}
ODD = ["-1", "1e30", "0", "nan", "[[]]", '"x"', "true", "9223372036854775808", "[99]", "9" * 5000, "{a = 1}"]


@pytest.mark.parametrize("name", ["sst2-full", "intents-hd", "sst2-ensemble"])
def test_every_complaint_names_the_key_that_was_set_or_one_that_it_contradicts(name: str) -> None:
    chosen = SHIPPED[name]
    for key in KNOWN[type(chosen)]:
        for value in ODD:
            try:
                recipes.override(chosen, [f"{key}={value}"])
            except HwgenError as error:
                message = str(error)
                named = re.match(r"--set:? ([\w.]+)", message)
                assert named and named[1] in KNOWN[type(chosen)], (key, value, message)
                assert len(message) < 600


def test_every_key_in_a_complaint_of_the_stages_is_a_recipes_key() -> None:
    """Literals such as "factorised.rank: ..." in the package of training."""
    every = {key for keys in KNOWN.values() for key in keys}
    named = {
        match
        for path in Path(recipe.__file__).parent.glob("*.py")
        for match in re.findall(r'HwgenError\(\s*f?"([a-z_]+\.[a-z_]+)[: ]', path.read_text(encoding="utf-8"))
    }
    assert {"factorised.rank", "shortened.share", "teacher.model"} <= named <= every, named - every


def test_an_ensemble_is_no_member_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'kind = "ensemble"\nmember = "{path}"\n')
    with pytest.raises(HwgenError, match="member: an ensemble of ensembles"):
        recipes.load(path)


@pytest.mark.parametrize("text", ["kind = []", "kind = {}", "kind = 5", 'kind = "tree"'])
def test_a_kind_that_is_none_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(HwgenError, match=r"mine\.toml: kind: .* is not one of hypervector, ensemble"):
        recipes.load(path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes("\ufeff[data]\nholdout = 0.2\n".encode())
    assert recipes.load(path).data.holdout == 0.2


def test_a_vocabulary_that_no_model_file_holds_is_refused() -> None:
    wide = recipe.Recipe("r", ("float", "quantised"), network=recipe.Network(128))
    with pytest.raises(HwgenError, match=r"vocabulary\.size: a table of 134,217,728 numbers"):
        recipes.override(wide, ["vocabulary.size=1048576"])
