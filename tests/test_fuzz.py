"""Whatever stands in a file from outside: it is read, or refused in one line, and never anything else.

Quick by default; ``HWGEN_FUZZ=5000 pytest tests/test_fuzz.py`` looks for longer.
"""

import copy
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwgen import shipped
from hwgen.compress import recipes
from hwgen.errors import HwgenError
from hwgen.flow import board as boards
from hwgen.flow.report import Report
from hwgen.model import ARRAYS, DESCRIPTION, Model
from hwgen.text.characters import Characters
from hwgen.text.vocabulary import Vocabulary
from tests.random_graph import random_ensemble, random_graph, random_hypervector_graph

fuzzed = settings(
    max_examples=int(os.environ.get("HWGEN_FUZZ", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ODD = (
    "null", "true", "-1", "0", "1", "7", "1.5", "1e999", "NaN", "-Infinity", "inf", "nan", "9223372036854775808",
    "9" * 5000, '""', '"x"', r'"\ud800"', r'"a\nb"', r'"\u0000"', '"[/red]"', '"A9 ; x"', '"../../x"',
    "[]", "{}", "[[]]", "[0]", '{"a": 1}', "[" * 1000 + "]" * 1000, "[" * 50 + "]" * 50, "[1, [2, 3]]",
    '"' + "x" * 5000 + '"',
    "0x" + "f" * 5000, "1979-05-27",
)  # fmt: skip
"""Values that no file should hold at most places, as JSON or TOML spells them."""
HOLE = '"\N{BLACK SQUARE}"'


def read_or_refused(read: Callable[[], object]) -> None:
    """Raise whatever is no clear line."""
    try:
        read()
    except HwgenError as error:
        assert len(str(error)) < 3000 and str(error)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key of a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield value, key
        yield from _places(child)


@st.composite
def mutants(draw: st.DrawFn, document: Any) -> str:
    """JSON of a document with a value or two exchanged, left out, added, or its text cut."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 2))):
        places = list(_places(document))
        container, key = places[draw(st.integers(0, len(places) - 1))]
        deed = draw(st.sampled_from(["exchange"] * 4 + ["remove", "add"]))
        if deed == "remove":
            del container[key]
        elif deed == "add" and isinstance(container, dict):
            container[draw(st.sampled_from(["", "extra", "vote", "[/red]"]))] = json.loads(HOLE)
        else:
            container[key] = json.loads(HOLE)
        if not list(_places(document)):
            break
    text = json.dumps(document, ensure_ascii=False).replace(HOLE, draw(st.sampled_from(ODD)))
    return text[: draw(st.integers(0, len(text)))] if draw(st.integers(0, 9)) == 0 else text


def _models() -> list[Model]:
    random = np.random.default_rng(0)
    words = Vocabulary(tuple(f"w{i}" for i in range(46)), 3)
    record = {
        "accuracy": {"dev": 0.5, "test": 0.5},
        "data": {"name": "x", "toy": False, "rows": {"train": 1, "dev": 1, "test": 1}},
        "stages": [{"name": "a", "dev": 0, "test": 0, "weights": 1, "nonzero": 1, "bits": 1, "kilobytes": 1.5}],
        "confusion": [[0] * 3] * 3,
    }
    labels = ("a", "b", "c")
    few = Vocabulary(tuple(f"w{i}" for i in range(16)), 3)
    return [
        Model(random_graph(random), words, labels, record),
        Model(random_graph(random, bits=1), words, labels, record),
        Model(random_hypervector_graph(random, filters=3), Characters(), labels, record),
        Model(random_ensemble(random, "convolution"), few, labels, record),
    ]


@pytest.fixture(scope="module", params=range(4))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of each kind."""
    path = tmp_path_factory.mktemp("fuzz") / "model"
    _models()[request.param].save(path)
    return path


@pytest.fixture
def scratch(folder: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    for name in (DESCRIPTION, ARRAYS):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    return tmp_path


@fuzzed
@given(data=st.data())
def test_a_description(data: st.DataObject, folder: Path, scratch: Path) -> None:
    text = data.draw(mutants(json.loads((folder / DESCRIPTION).read_bytes())))
    (scratch / DESCRIPTION).write_bytes(text.encode("utf-8", "surrogatepass"))
    read_or_refused(lambda: Model.load(scratch))


@fuzzed
@given(data=st.data())
def test_a_header_of_arrays(data: st.DataObject, folder: Path, scratch: Path) -> None:
    content = (folder / ARRAYS).read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = data.draw(mutants(json.loads(content[8 : 8 + length]))).encode("utf-8", "surrogatepass")
    told = data.draw(st.sampled_from([len(header)] * 5 + [0, 1 << 40, (1 << 64) - 1, len(header) + 1]))
    (scratch / ARRAYS).write_bytes(told.to_bytes(8, "little") + header + content[8 + length :])
    read_or_refused(lambda: Model.load(scratch))


@fuzzed
@given(data=st.data())
def test_bytes_of_arrays(data: st.DataObject, folder: Path, scratch: Path) -> None:
    content = bytearray((folder / ARRAYS).read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (scratch / ARRAYS).write_bytes(
        content[: data.draw(st.integers(0, len(content)))] if len(content) % 7 == 0 else content
    )
    read_or_refused(lambda: Model.load(scratch))


def _spoiled(draw: st.DrawFn, text: str) -> str:
    """TOML with the value of some lines exchanged."""
    lines = text.splitlines()
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.integers(0, len(lines) - 1))
        key, equals, _ = lines[place].partition("=")
        lines[place] = (
            f"{key}= {draw(st.sampled_from(ODD))}" if equals else draw(st.sampled_from(["", "[x]", "[[x]]", "="]))
        )
    return "\n".join(lines) + "\n"


@st.composite
def tables(draw: st.DrawFn, paths: list[Path]) -> bytes:
    """A spoiled TOML file of several."""
    text = _spoiled(draw, draw(st.sampled_from(paths)).read_text(encoding="utf-8"))
    return draw(st.sampled_from([b"", b"", b"", b"\xef\xbb\xbf", b"\xff"])) + text.encode("utf-8", "surrogatepass")


@fuzzed
@given(tables(sorted(shipped.recipes().values())))
def test_a_recipe(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed-recipe.toml"
    path.write_bytes(content)
    read_or_refused(lambda: recipes.load(path))


@fuzzed
@given(tables(sorted(boards.boards_folder().glob("*.toml"))))
def test_a_board(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed-board.toml"
    path.write_bytes(content)
    read_or_refused(lambda: boards.load(str(path)))


@fuzzed
@given(
    st.sampled_from(["name", "stages", "pruned.sparsity", "teacher.model", "network.widths", "", ".", "x.y"]), st.data()
)
def test_a_setting(key: str, data: st.DataObject) -> None:
    value = data.draw(st.sampled_from(ODD) | st.text(max_size=20))
    read_or_refused(lambda: recipes.override(recipes.parse({"name": "plain"}), [f"{key}={value}"]))


REPORT = {
    "board": "b", "title": "B", "model": "m", "digest": "00", "bits": 5, "engine": "spatial", "dev_accuracy": None,
    "test_accuracy": 0.5, "toy": False, "checked_sentences": 1, "clock": 1e6, "fmax": None, "critical_path": "",
    "seed": None, "token": "token", "tokens_per_sentence": 20, "cycles_per_sentence": 20.0, "first_token_cycles": 1,
    "last_token_cycles": 1, "luts": [1, 2], "ffs": [1, 2], "dsps": [1, 2], "brams": [1, 2], "bitstream": "x.bit",
    "note": "", "seconds": {"a": 1}, "peak_megabytes": 5, "tools": {"yosys": "1"}, "estimated": {"luts": 1, "ffs": 1},
}  # fmt: skip


@fuzzed
@given(mutants(REPORT))
def test_a_report(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "report.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    read_or_refused(lambda: Report.load(folder))
