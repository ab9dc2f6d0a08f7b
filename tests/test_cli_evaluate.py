"""`hwgen evaluate` and `hwgen inspect` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hwgen.graph import golden
from hwgen.model import Model
from hwgen.text.vocabulary import Vocabulary
from tests.random_graph import random_graph
from tests.test_cli import good, hwgen

LABELS = ("[/red]", "yes\t")
TEXTS = [f"w{i} w{i * 7 % 40}" for i in range(20)]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    graph = random_graph(np.random.default_rng(2), classes=2, filters=2)
    folder = tmp_path / "tiny"
    Model(graph, Vocabulary(tuple(f"w{i}" for i in range(46)), 3), LABELS).save(folder)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "only a test"
    folder.mkdir()
    rows = [f"{place % 2}\t{text}\n" for place, text in enumerate(TEXTS)]
    (folder / "test.tsv").write_text("".join(rows), encoding="utf-8")
    return folder


def test_evaluate_tells_what_the_golden_model_makes_of_the_rows(model: Path, data: Path, tmp_path: Path) -> None:
    wrong, page = tmp_path / "wrong.csv", tmp_path / "page.html"
    done = hwgen("evaluate", model, "--data", data, "--json", "--wrong", wrong, "--html", page)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        "note: only a test/test.tsv: labels are numbers of classes: 0 is '[/red]', 1 is 'yes\\t'"
    ]
    loaded = Model.load(model)
    answers = golden.classes(golden.scores(loaded.graph, loaded.encode(TEXTS)))
    right = int((answers == np.arange(len(TEXTS)) % 2).sum())
    told = json.loads(done.stdout)
    assert (told["rows"], told["right"], told["data"]) == (20, right, "only a test/test.tsv")
    assert len(wrong.read_text().splitlines()) == 1 + 20 - right and "[/red]" in page.read_text()
    good("evaluate", model, "--data", data, "--wrong", wrong, "--html", page)
    for option, path, what in (("--wrong", wrong, "a list of wrong rows"), ("--html", page, "an evaluation's page")):
        path.write_text(edited := path.read_text() + "my note\n")
        done = hwgen("evaluate", model, "--data", data, option, path)
        assert done.returncode == 2 and f"exists and is not {what} as hwgen wrote it" in done.stderr
        assert path.read_text() == edited
    shown = good("evaluate", model, "--data", data / "test.tsv")
    assert f"{right / 20:.2%} right" in shown and "macro average" in shown and "[/red]" in shown


def test_what_cannot_be_evaluated_is_one_line(model: Path, data: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("a,b\n")
    both = tmp_path / "w.tsv"
    for arguments, message in (
        (("--data", tmp_path / "nowhere"), "no such file or folder"),
        (("--data", data, "--split", "dev"), "no dev.tsv or dev.csv there ('test.tsv')"),
        (("--data", data, "--wrong", tmp_path / "mine.csv"), "mine.csv: exists and is not a list of wrong rows"),
        (("--data", data, "--wrong", both, "--html", data / ".." / "w.tsv"), "w.tsv: one file cannot be both"),
        (("--data", data, "--on", "board"), "--on board: neither golden, rtl nor a serial port"),
    ):
        done = hwgen("evaluate", model, *arguments)
        assert done.returncode == 2 and message in done.stderr, (arguments, done)
        assert len(done.stderr.splitlines()) == 1 and not done.stdout, (arguments, done)
    assert (tmp_path / "mine.csv").read_text() == "a,b\n" and not both.exists()


def test_other_commands_take_a_test_split_alone(model: Path, data: Path) -> None:
    assert "20 sentences: every score equals" in good("sim", model, "--engine", "pysim", "--data", data)


def test_inspect_shows_a_model_with_its_labels_escaped(model: Path) -> None:
    shown = good("inspect", model)
    assert "'[/red]', 'yes\\t'" in shown and "max_over_time" in shown
    assert json.loads(good("inspect", "snips-hd", "--json"))["vocabulary"] == {"tokeniser": "characters", "tokens": 256}


def test_the_version_is_told() -> None:
    assert good("--version").startswith("hwgen ")


def test_the_rows_that_are_read_are_not_written_over(tmp_path: Path, model: Path, data: Path) -> None:
    wrong = tmp_path / "wrong.tsv"
    good("evaluate", str(model), "--data", str(data), "--wrong", str(wrong))
    before = wrong.read_bytes()
    done = hwgen("evaluate", str(model), "--data", str(wrong), "--wrong", str(wrong))
    assert done.returncode == 2 and "is among the rows of --data" in done.stderr
    assert wrong.read_bytes() == before
