"""A model judged by the golden model, its circuit or a board: the same answers, or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.evaluate import page, predictions, terminal, wrong
from hwgen.evaluate.evaluation import Evaluation, evaluate, rows_for
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.model import Model
from hwgen.rtl.core import Core
from hwgen.rtl.plan import spatial
from hwgen.sim import pysim
from hwgen.text.parts import Part
from hwgen.text.rows import read
from hwgen.text.vocabulary import Vocabulary
from tests.random_graph import random_graph

LABELS = ("no", "[/red]", "<script>")
MODEL = Model(
    random_graph(np.random.default_rng(3), vocabulary=50), Vocabulary(tuple(f"w{i}" for i in range(46)), 3), LABELS
)
TEXTS = [f"w{i} w{i * 7 % 40} w{i * 3 % 46}" for i in range(24)] + ["", 'said "w1"\t\n<b>']
DATA = Part("rows.tsv", tuple((LABELS[place % 3], text) for place, text in enumerate(TEXTS)))
ANSWERS = golden.classes(golden.scores(MODEL.graph, MODEL.encode(TEXTS)))


@pytest.fixture(scope="module")
def judged() -> Evaluation:
    return evaluate("tiny", MODEL, DATA)


def test_answers_are_the_golden_models(judged: Evaluation) -> None:
    right = int((np.arange(len(TEXTS)) % 3 == ANSWERS).sum())
    told = judged.as_json()
    assert 0 < right < len(TEXTS) and (told["right"], told["rows"]) == (right, len(TEXTS))
    assert told["accuracy"] == right / len(TEXTS) and np.array(told["confusion"]["counts"]).trace() == right
    rows = list(judged.wrong())
    assert len(rows) == len(TEXTS) - right and all(row.margin >= 0 and row.label != row.answer for row in rows)
    assert not list(judged.warnings)


def test_the_margin_is_the_one_that_classify_tells(judged: Evaluation) -> None:
    from hwgen.classify import answers

    told = {text: answer.margin for text, answer in zip(TEXTS, answers(MODEL, TEXTS, "golden"), strict=True)}
    assert {row.text: row.margin for row in judged.wrong()} == {row.text: told[row.text] for row in judged.wrong()}


def test_the_circuit_answers_the_whole_set_in_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    core, runs = Core(MODEL.graph, spatial(MODEL.graph)), []

    def run(sentences: Sentences) -> object:
        runs.append(len(sentences))
        return pysim.run(core, sentences, stall=0.0, waves=None)

    monkeypatch.setattr(predictions, "circuit", lambda *_: SimpleNamespace(run=run))
    told = evaluate("tiny", MODEL, DATA, "RTL")
    assert runs == [len(TEXTS)] and (told.predictions.answers == ANSWERS).all()
    assert "cycles" in terminal.summary(told) and told.as_json()["cycles"] > len(TEXTS)


def board(change: int = 0) -> object:
    @contextmanager
    def connected(model: Model, port: str, baud: int) -> Iterator[SimpleNamespace]:
        def classify_all(sentences: Iterable[list[int]]) -> Iterator[tuple[int, list[int]]]:
            for place, tokens in enumerate(sentences):
                scores = golden.scores(model.graph, Sentences.of([tokens]))[0]
                yield int(scores.argmax()), (scores + change * (place == 5)).tolist()

        yield SimpleNamespace(classify_all=classify_all)

    return connected


def test_a_board_is_held_against_the_golden_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "board", board())
    told = evaluate("tiny", MODEL, DATA, "/dev/ttyUSB7")
    assert (told.predictions.answers == ANSWERS).all() and told.as_json()["sentences_per_second"] > 0
    monkeypatch.setattr(predictions, "board", board(1))
    with pytest.raises(HwgenError, match=r"/dev/ttyUSB7, row 6: .* golden model's .*clock too fast"):
        evaluate("tiny", MODEL, DATA, "/dev/ttyUSB7")


def test_a_circuit_that_differs_is_told_with_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(sentences: Sentences) -> object:
        results = pysim.run(Core(MODEL.graph, spatial(MODEL.graph)), sentences, stall=0.0, waves=None)
        results.labels[3] = (results.labels[3] + 1) % 3
        return results

    monkeypatch.setattr(predictions, "circuit", lambda *_: SimpleNamespace(run=run))
    with pytest.raises(HwgenError, match=r"rtl, row 4: .*class . is not the golden model's"):
        evaluate("tiny", MODEL, DATA, "rtl")


def test_labels_that_the_model_has_not_are_counted() -> None:
    strange = Part("rows.tsv", (*DATA.rows, ("ne\nw", "w1"), ("other", "w2")))
    told = evaluate("tiny", MODEL, strange)
    (line,) = told.warnings
    assert "2 of 28 ('ne\\nw', 'other'); they count as wrong" in line
    assert [row.label for row in told.wrong()][-2:] == ["ne\nw", "other"] and told.as_json()["unknown_labels"][
        "other"
    ] == 1


@pytest.mark.parametrize("name", ["wrong.tsv", "wrong.CSV"])
def test_wrong_rows_come_back_as_they_went_out(judged: Evaluation, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    wrong.require_target(path)
    assert wrong.write(path, judged.wrong()) == len(list(judged.wrong()))
    assert read(path) == [(row.label, row.text) for row in judged.wrong()]
    assert any('"' in row.text and "\t" in row.text for row in judged.wrong())
    wrong.require_target(path)
    wrong.write(path, [])
    assert path.read_text() == ("," if name.endswith("CSV") else "\t").join(["label", "answer", "margin", "text\n"])


@pytest.mark.parametrize("content", ["label\ttext\n", "mine", "", "label\tanswer\tmargin\ttext2\n"])
def test_another_file_is_never_written_over(judged: Evaluation, tmp_path: Path, content: str) -> None:
    for module, name, give in ((wrong, "mine.tsv", list(judged.wrong())), (page, "mine.html", judged)):
        path = tmp_path / name
        path.write_text(content)
        for refuse in (lambda m=module, p=path: m.require_target(p), lambda m=module, p=path, g=give: m.write(p, g)):
            with pytest.raises(HwgenError, match="exists and is not"):
                refuse()
        assert path.read_text() == content
    with pytest.raises(HwgenError, match=r"must end in \.tsv or \.csv"):
        wrong.require_target(tmp_path / "rows.txt")


def test_the_page_holds_the_figures_and_shows_text_as_text(judged: Evaluation, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    page.require_target(path)
    page.write(path, judged)
    content = path.read_text(encoding="utf-8")
    assert f"{100 * judged.metrics.accuracy:.2f}" in content and MODEL.digest.hex() in content
    assert "<script" not in content and "&lt;script&gt;" in content and "http" not in content.split("</style>")[1]
    page.write(path, judged)
    strange = evaluate("tiny", MODEL, Part("rows", (*DATA.rows, *((f"new {i}", "w1") for i in range(30)))))
    assert "new 29" in page.page(strange)


def test_tables_show_every_label_escaped(judged: Evaluation) -> None:
    from rich.console import Console

    console = Console(width=120, markup=False, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    for each in terminal.tables(judged):
        console.print(each)
    shown = console.export_text()
    assert all(label in shown for label in LABELS) and f"{judged.metrics.accuracy:.2%}" in shown


def test_held_out_rows_are_those_of_the_models_own_training(tmp_path: Path) -> None:
    (tmp_path / "all.tsv").write_text("".join(f"{'ab'[i % 2]}\ttext {i}\n" for i in range(50)))
    seeds = {}
    for seed in (0, 1):
        record = {"seed": seed, "recipe": {"data": {"holdout": 0.1}}}
        seeds[seed] = rows_for(Model(MODEL.graph, MODEL.vocabulary, LABELS, record), str(tmp_path)).rows
    plain = rows_for(Model(MODEL.graph, MODEL.vocabulary, LABELS, {"recipe": {"data": 5}}), str(tmp_path)).rows
    assert seeds[0] != seeds[1] and plain == seeds[0]
