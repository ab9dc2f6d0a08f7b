"""Texts to answers: bytes in any locale, one run of the golden model a text, and advice only where it fits."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from hwgen import classify, places
from hwgen.errors import HwgenError
from hwgen.graph import explain as explaining
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.model import Model
from hwgen.text.vocabulary import Vocabulary
from tests.random_graph import random_graph

MODEL = Model(
    random_graph(np.random.default_rng(1), vocabulary=50),
    Vocabulary(tuple(f"w{i}" for i in range(46)), 3),
    tuple("abc"),
)
TEXTS = ["w1 w2 w3", "", "w4 unknown w5"]
SCORES = golden.scores(MODEL.graph, MODEL.encode(TEXTS)).tolist()


def ask(*arguments: str | bytes, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "hwgen.cli", "classify", *arguments]
    return subprocess.run(command, input=given, capture_output=True, env=os.environ | environment, check=False)


def board(*changes: tuple[int, int]) -> object:
    """A board that answers as the golden model does, but for the class or a score being changed."""

    @contextmanager
    def connected(model: Model, port: str, baud: int) -> Iterator[SimpleNamespace]:
        def reply(tokens: list[int]) -> tuple[int, list[int]]:
            scores = golden.scores(model.graph, Sentences.of([tokens]))[0]
            label = int(scores.argmax())
            for place, by in changes:
                scores[place] += by
            return label, scores.tolist()

        yield SimpleNamespace(classify=reply)

    return connected


def test_answers_are_the_golden_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classify, "board", board())
    for on in ("golden", "Golden", "/dev/ttyUSB7"):
        told = list(classify.answers(MODEL, TEXTS, on))
        assert [list(each.scores) for each in told] == SCORES and told[0].cycles is None
        assert [each.label for each in told] == ["abc"[np.argmax(row)] for row in SCORES]


def test_the_golden_model_runs_once_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    trace = golden.trace
    for module in (golden, explaining):
        monkeypatch.setattr(module, "trace", lambda *given: runs.append(1) or trace(*given))
    list(classify.answers(MODEL, TEXTS, "golden"))
    assert len(runs) == len(TEXTS)


def test_a_difference_is_told_and_a_board_is_asked_about_its_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classify, "board", board((1, 1)))
    with pytest.raises(HwgenError, match=r"'w1 w2 w3': scores .* are not the golden model's .*is the board's clock"):
        list(classify.answers(MODEL, TEXTS, "/dev/ttyUSB7"))
    wrong = SimpleNamespace(scores=np.array([[0, 0, 0]]), labels=np.array([1]), left=np.array([9]), first=np.array([2]))
    monkeypatch.setattr(classify, "circuit", lambda *_: SimpleNamespace(run=lambda sentences: wrong))
    with pytest.raises(HwgenError, match="not the golden model's") as caught:
        list(classify.answers(MODEL, [b"w1 \xff\n"], "RTL"))
    assert "clock" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_class_that_does_not_go_with_its_scores_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.array(SCORES[:1])
    label = (int(scores.argmax()) + 1) % 3
    wrong = SimpleNamespace(scores=scores, labels=np.array([label]), left=np.array([9]), first=np.array([2]))
    monkeypatch.setattr(classify, "circuit", lambda *_: SimpleNamespace(run=lambda sentences: wrong))
    with pytest.raises(HwgenError, match=f"class {label} is not the golden model's .*, though the scores are"):
        list(classify.answers(MODEL, TEXTS[:1], "rtl"))


@pytest.mark.parametrize("on", ["gloden", "-", "", "rtl2"])
def test_a_place_that_is_none_is_said_with_the_ports(on: str) -> None:
    with pytest.raises(HwgenError, match=r"neither golden, rtl nor a serial port such as /dev/ttyUSB1; ports here: "):
        places.place(on)
    assert [places.place(each) for each in ("RTL", "/dev/ttyUSB1", "COM3")] == ["rtl", "/dev/ttyUSB1", "COM3"]


def test_bytes_decide_whatever_the_locale() -> None:
    text = "a moving , funny film , café".encode() + b" \xff bad\x85"
    plain = ask(text, "--json", LC_ALL="C.UTF-8").stdout
    assert plain
    locale = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}
    for done in (ask(text, "--json", **locale), ask("--json", given=b"\xef\xbb\xbf" + text + b"\r\n", **locale)):
        assert (done.returncode, done.stdout, done.stderr) == (0, plain, b"")


def test_a_closed_standard_input_is_one_line() -> None:
    command = [sys.executable, "-m", "hwgen.cli", "classify"]
    done = subprocess.run(["sh", "-c", 'exec "$@" <&-', "sh", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "standard input is closed" in done.stderr and len(done.stderr.splitlines()) == 1
