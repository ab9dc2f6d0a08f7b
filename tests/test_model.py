"""Model folders: saved and loaded whole, checked on load, never half-written."""

import errno
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from hwgen.errors import HwgenError
from hwgen.graph import golden, storage
from hwgen.graph.graph import ConvolutionGraph
from hwgen.graph.nodes import Dense
from hwgen.model import ARRAYS, CARD, DESCRIPTION, Model
from hwgen.shipped import shipped
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

    def fail(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(HwgenError, match=r"/m: cannot be written .No space left on device.; .* kept nowhere"):
        make(1).save(tmp_path / "m")
    monkeypatch.undo()
    assert Model.load(tmp_path / "m").digest == old.digest
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_folder_that_is_no_model_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(HwgenError, match="not a model"):
        make().save(tmp_path)
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_model_without_a_marker_is_known_by_its_content_alone(tmp_path: Path) -> None:
    """As the shipped ones are."""
    folder = tmp_path / "m"
    shutil.copytree(shipped("small", 5), folder)
    make().save(folder, "# m\n")
    shutil.rmtree(folder)
    for name, content in (("NOTES.txt", "mine"), ("README.md", "mine"), (DESCRIPTION, '{"format": "other"}')):
        shutil.copytree(shipped("small", 5), tmp_path / name)
        (tmp_path / name / name).write_text(content)
        with pytest.raises(HwgenError, match="is not a model"):
            make().save(tmp_path / name)
        assert (tmp_path / name / name).read_text() == content


def test_the_card_is_part_of_the_whole(tmp_path: Path) -> None:
    make().save(tmp_path / "m", "# mine\n")
    make(1).save(tmp_path / "m", "# other\n")
    (tmp_path / "m" / CARD).write_text("edited")
    with pytest.raises(HwgenError, match=r"README\.md was changed"):
        make().check_target(tmp_path / "m")


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
        "not JSON": lambda folder: (folder / DESCRIPTION).write_text("{"),
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


def _saved(folder: Path, **changes: object) -> Path:
    make().save(folder)
    _edit(folder, **changes)
    return folder


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocabulary": {"buckets": 1 << 63, "words": []}}, "beyond the whole numbers of 64 bits"),
        ({"vocabulary": {"buckets": 1 << 21, "words": []}}, r"unknown words need 1\.\.1048576"),
        ({"vocabulary": {"buckets": 1, "words": ["a\nb"]}}, r"b'a\\nb' holds white space"),
        ({"vocabulary": {"buckets": 1, "words": ["a\0"]}}, "holds white space or a control character"),
        ({"vocabulary": {"buckets": 1, "words": [""]}}, "a word is empty"),
        ({"vocabulary": {"buckets": 1, "words": ["\ud800"]}}, "half a surrogate pair"),
        ({"vocabulary": {"buckets": 1, "words": [5]}}, r"vocabulary\.words\[0\]: 5 is not a string"),
        ({"vocabulary": "letters"}, "vocabulary: 'letters' is not a table"),
        ({"labels": ["a", "b", "\ud800"]}, "is no text"),
        ({"labels": ["a", "b", "b"]}, "a label stands twice"),
        ({"labels": ["a", "b", 3]}, r"labels\[2\]: 3 is not a string"),
        ({"record": {"accuracy": 5}}, r"record\.accuracy: 5 is not a table"),
        ({"record": {"accuracy": {"dev": 7.0, "test": 0.5}}}, r"record\.accuracy\.dev: 7\.0 is outside 0\.\.1"),
        ({"record": {"data": {"name": "x", "toy": 3, "rows": {}}}}, r"record\.data\.toy: 3 is not true or false"),
        ({"record": {"stages": [[]]}}, r"record\.stages\[0\]: \[\] is not a table"),
        ({"record": {"confusion": [[1]]}}, r"record\.confusion: is not a table of 3 x 3"),
        ({"record": []}, r"record: \[\] is not a table"),
        ({"graph": {}}, r"embedding\.bits: missing"),
        ({"graph": {"vote": {"members": [{"vote": {}}]}}}, "a vote of votes"),
        ({"extra": 1}, "extra: unknown key"),
    ],
)
def test_every_part_of_the_description_is_held_against_its_schema(
    changes: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(HwgenError, match=message) as error:
        Model.load(_saved(tmp_path / "m", **changes))
    assert str(tmp_path / "m") in str(error.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("NaN", "NaN is no number"),
        ("Infinity", "Infinity is no number"),
        ("1e999", "1e999 is beyond the numbers"),
        ("9" * 5000, "Exceeds the limit"),
        ("9" * 4000, "beyond the whole numbers of 64 bits"),
        ("2000", r"Dense\.exponent: 2000 is outside -64\.\.63"),
        ("5.0", r"dense\.exponent: 5\.0 is not a whole number"),
        ("[" * 1000 + "]" * 1000, "not JSON|inside each other"),
        ("[" * 40 + "]" * 40, "inside each other"),
    ],
)
def test_every_number_of_the_graph_is_bounded(name: str, message: str, tmp_path: Path) -> None:
    folder = _saved(tmp_path / "m")
    description = json.loads((folder / DESCRIPTION).read_text())
    description["graph"]["dense"]["exponent"] = "HERE"
    (folder / DESCRIPTION).write_text(json.dumps(description).replace('"HERE"', name))
    with pytest.raises(HwgenError, match=message):
        Model.load(folder)


def test_three_biases_that_32_bits_do_not_tell_apart_are_refused() -> None:
    graph = make().graph
    for bias in (1 << 31, (1 << 32) + 5, -(1 << 31) - 1):
        with pytest.raises(HwgenError, match=r"Dense\.bias: .* is outside"):
            replace(graph.dense, bias=np.array([bias, 0, 0]))


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    folder = _saved(tmp_path / "m")
    with (folder / ARRAYS).open("r+b") as file:
        file.truncate(3 << 29)
    with pytest.raises(HwgenError, match=r"1,610,612,736 bytes or more, at most"):
        Model.load(folder)
    with (folder / DESCRIPTION).open("r+b") as file:
        file.truncate(3 << 29)
    with pytest.raises(HwgenError, match=r"1,610,612,736 bytes or more, at most"):
        Model.load(folder)


def _header(folder: Path, header: bytes, behind: bytes = b"") -> Path:
    (folder / ARRAYS).write_bytes(len(header).to_bytes(8, "little") + header + behind)
    return folder


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"{", "header: not JSON"),
        (b"[]", r"header: \[\] is not a table"),
        (b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', r"a\.dtype: 'F32' is not one of"),
        (b'{"a":{"dtype":"I8","shape":[-1],"data_offsets":[0,4]}}', r"a\.shape"),
        (b'{"a":{"dtype":"I8","shape":[2],"data_offsets":[0,4]}}', r"a\.data_offsets: 0\.\.4 does not hold"),
        (b'{"a":{"dtype":"U8","shape":[8192,8192],"data_offsets":[0,67108864]}}', "536,870,912 numbers, at most"),
    ],
)
def test_the_header_of_the_arrays_is_checked_first(header: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match=message):
        Model.load(_header(_saved(tmp_path / "m"), header))


@pytest.mark.parametrize("content", [b"", b"1234567", b"\xff" * 20])
def test_what_is_no_safetensors_is_refused(content: bytes, tmp_path: Path) -> None:
    folder = _saved(tmp_path / "m")
    (folder / ARRAYS).write_bytes(content)
    with pytest.raises(HwgenError, match="not safetensors"):
        Model.load(folder)


@pytest.mark.parametrize("device", ["/proc/self/mem", "/dev/zero"])
def test_only_regular_files_are_read(device: str, tmp_path: Path) -> None:
    folder = _saved(tmp_path / "m")
    (folder / ARRAYS).unlink()
    (folder / ARRAYS).symlink_to(device)
    with pytest.raises(HwgenError, match=ARRAYS):
        Model.load(folder)


def test_a_kernel_of_width_5000_is_refused(tmp_path: Path) -> None:
    folder = _saved(tmp_path / "m")
    arrays = safetensors.numpy.load_file(folder / ARRAYS)
    arrays["convolution.kernel0"] = np.ones((4, 5000, 6), np.int8)
    (folder / ARRAYS).write_bytes(safetensors.numpy.save(arrays))
    with pytest.raises(HwgenError, match="5000 tokens wide, at most 16"):
        Model.load(folder)


def test_an_array_that_no_node_has_is_refused(tmp_path: Path) -> None:
    folder = _saved(tmp_path / "m")
    arrays = safetensors.numpy.load_file(folder / ARRAYS)
    (folder / ARRAYS).write_bytes(safetensors.numpy.save(arrays | {"extra": np.zeros(1, np.int8)}))
    with pytest.raises(HwgenError, match="extra: no array of this graph"):
        Model.load(folder)
