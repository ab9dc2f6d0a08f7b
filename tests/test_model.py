"""Model folders: saved and loaded whole, checked on load, never half-written."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from hwgen.errors import HwgenError
from hwgen.graph import golden, storage
from hwgen.graph.graph import ConvolutionGraph
from hwgen.graph.nodes import Dense
from hwgen.model import ARRAYS, DESCRIPTION, Model
from hwgen.text.vocabulary import Vocabulary
from tests.random_graph import random_graph, random_sentences


def make(seed: int = 0, bits: int = 5) -> Model:
    graph = random_graph(np.random.default_rng(seed), bits=bits)
    return Model(graph, Vocabulary(tuple(f"wörd{i}" for i in range(46)), 3), ("a", "b", "c"), {"seed": seed})


@pytest.mark.parametrize("bits", range(2, 9))
def test_a_model_comes_back_as_it_was(bits: int, tmp_path: Path) -> None:
    model = make(bits, bits)
    model.save(tmp_path / "m")
    back = Model.load(tmp_path / "m")
    assert (back.digest, back.vocabulary, back.labels, back.record) == (
        model.digest, model.vocabulary, model.labels, model.record
    )  # fmt: skip
    sentences = random_sentences(np.random.default_rng(0), model.graph, 20)
    assert np.array_equal(golden.scores(back.graph, sentences), golden.scores(model.graph, sentences))


def test_the_digest_sees_every_integer_and_every_word() -> None:
    model = make()
    dense = model.graph.dense
    nudged = ConvolutionGraph(
        (*model.graph.nodes[:4], Dense(dense.weights, dense.bias + 1, dense.bits, dense.exponent))
    )
    words = Vocabulary((*model.vocabulary.words[:-1], "other"), 3)
    digests = {model.digest, replace(model, graph=nudged).digest, replace(model, vocabulary=words).digest}
    assert len(digests) == 3


def test_a_failed_save_leaves_the_old_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = make(0)
    old.save(tmp_path / "m")

    def fail(*_: object, **__: object) -> str:
        raise OSError("disk full")

    monkeypatch.setattr(json, "dumps", fail)
    with pytest.raises(OSError, match="disk full"):
        make(1).save(tmp_path / "m")
    monkeypatch.undo()
    assert Model.load(tmp_path / "m").digest == old.digest
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_folder_that_is_no_model_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(HwgenError, match="not a model"):
        make().save(tmp_path)
    assert (tmp_path / "precious").read_text() == "mine"


def _edit(folder: Path, **changes: object) -> None:
    description = json.loads((folder / DESCRIPTION).read_text())
    (folder / DESCRIPTION).write_text(json.dumps(description | changes))


def test_damage_is_one_line_that_names_the_file(tmp_path: Path) -> None:
    model = make()
    arrays, _ = storage.to_arrays(model.graph)

    def without(folder: Path, name: str) -> None:
        (folder / ARRAYS).write_bytes(safetensors.numpy.save({k: v for k, v in arrays.items() if k != name}))

    def scaled(folder: Path) -> None:
        large = arrays | {"embedding.table": arrays["embedding.table"] * 4}
        (folder / ARRAYS).write_bytes(safetensors.numpy.save(large))

    damages = {
        "no model.json": lambda folder: (folder / DESCRIPTION).unlink(),
        "no model.safetensors": lambda folder: (folder / ARRAYS).unlink(),
        "not a model description": lambda folder: (folder / DESCRIPTION).write_text("{"),
        "format 'other' is not": lambda folder: _edit(folder, format="other"),
        "a word stands twice": lambda folder: _edit(folder, vocabulary={"buckets": 3, "words": ["a", "a"]}),
        "the vocabulary has 5 tokens": lambda folder: _edit(folder, vocabulary={"buckets": 3, "words": ["a"]}),
        "2 labels for 3 classes": lambda folder: _edit(folder, labels=["a", "b"]),
        "dense.bias is missing": lambda folder: without(folder, "dense.bias"),
        "do not fit 5 bits": scaled,
        "model.safetensors": lambda folder: (folder / ARRAYS).write_bytes((folder / ARRAYS).read_bytes()[:-3]),
    }
    for number, (message, damage) in enumerate(damages.items()):
        folder = tmp_path / str(number)
        model.save(folder)
        damage(folder)
        with pytest.raises(HwgenError, match=message) as error:
            Model.load(folder)
        assert str(folder) in str(error.value) and "\n" not in str(error.value)
