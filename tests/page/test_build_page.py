"""Every build writes its page, and a page that cannot be drawn costs nobody a build."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.flow import board as boards
from hwgen.flow import design
from hwgen.flow.aim import Aim
from hwgen.flow.built import Built
from hwgen.flow.report import Report
from hwgen.flow.utilisation import Utilisation
from hwgen.page import report as pages
from tests.page.builds import model_of
from tests.page.reading import Page
from tests.random_graph import random_graph

MODEL = model_of(random_graph(np.random.default_rng(4), classes=2), ("no", "yes"))


@pytest.fixture(autouse=True)
def without_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither g++ nor yosys nor nextpnr."""
    built = Built(Utilisation(100, 50, 0, 1), None, "top.bit", {"synthesis": 1.0}, 10)
    monkeypatch.setattr(design, "compile_core", lambda core, **_: core)
    monkeypatch.setattr(design, "check", lambda circuit, sentences, length: (20.0, 30, 11))
    monkeypatch.setattr(design, "build", lambda *_, **__: built)


def build(folder: Path, **options: Any) -> tuple[Report, list[str]]:
    said: list[str] = []
    board = boards.load("ulx3s")
    return design.build_design(MODEL, "tiny", board, folder, say=said.append, **options), said


def test_a_build_has_its_page(tmp_path: Path) -> None:
    rows = [("no", "a plot"), ("yes", "a film never boring")]
    build(tmp_path / "out", rows=rows, command="hwgen build -b 'my board'")
    page = Page((tmp_path / "out" / design.PAGE).read_text(encoding="utf-8"))
    assert not page.problems and "hwgen build -b 'my board'" in page.text and "never boring" in page.text
    assert "built, default" in page.text
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["checked_sentences"] == len(rows) and report["digest"] in page.text


def test_a_design_that_was_asked_for_is_marked_though_it_was_not_explored(tmp_path: Path) -> None:
    build(tmp_path / "out", aim=Aim(lanes=7))
    page = Page((tmp_path / "out" / design.PAGE).read_text(encoding="utf-8"))
    assert "folded x7" in page.text and "hwgen build --board ulx3s --model tiny" in page.text


@pytest.mark.parametrize("kind", [HwgenError, OSError, MemoryError])
def test_a_page_that_cannot_be_drawn_costs_nobody_a_build(
    kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(subject: object) -> str:
        raise kind("no ink")

    monkeypatch.setattr(pages, "draw", fail)
    _, said = build(tmp_path / "out")
    assert said[-1] == f"report.html cannot be drawn: {kind.__name__}: no ink"
    assert (tmp_path / "out" / "report.json").is_file() and not (tmp_path / "out" / design.PAGE).exists()


def test_a_fault_in_the_drawing_is_raised_once_the_build_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(subject: object) -> str:
        raise TypeError("no words")

    monkeypatch.setattr(pages, "draw", fail)
    with pytest.raises(TypeError, match="no words") as fault:
        build(tmp_path / "out")
    assert fault.value.__notes__ == [f"{tmp_path / 'out'}: built, but without report.html"]
    assert (tmp_path / "out" / "report.json").is_file() and not (tmp_path / "out" / design.PAGE).exists()
