"""`report.html` says what was built, for every kind of model, and stays small."""

import re
from pathlib import Path

import numpy as np
import pytest

from hwgen.chips.xilinx7 import XILINX7
from hwgen.graph.graph import Graph
from hwgen.page.report import draw
from hwgen.rtl import plan as plans
from hwgen.rtl.plan import Members
from tests.page.builds import model_of, subject
from tests.page.reading import Page
from tests.random_graph import random_ensemble, random_graph, random_hypervector_graph

RANDOM = np.random.default_rng(4)
CNN = random_graph(RANDOM, classes=2)
NASTY = '<script>alert("x")</script>'


@pytest.mark.parametrize(
    ("graph", "lanes", "members"),
    [
        (CNN, 0, None),
        (CNN, 3, None),
        (random_graph(RANDOM, bits=1, embedding_bits=1), 2, None),
        (random_hypervector_graph(RANDOM), 4, None),
        (random_ensemble(RANDOM, "convolution"), 0, Members.side_by_side),
        (random_ensemble(RANDOM, "convolution"), 2, Members.in_turn),
        (random_ensemble(RANDOM, "hypervector"), 4, Members.side_by_side),
    ],
    ids=["wires", "lanes", "popcounts", "hypervector", "side by side", "in turn", "hypervectors side by side"],
)
def test_every_kind_of_model_has_a_page(graph: Graph, lanes: int, members: Members | None, tmp_path: Path) -> None:
    plan = plans.folded(graph, lanes, members=members) if lanes else plans.spatial(graph, members=members)
    html = draw(subject(tmp_path, model_of(graph), plan))
    shown = Page(html)
    assert not shown.problems and not shown.outside() and len(html) < 500_000
    for title in ("What was built", "Accuracy", "Data path", "Slowest path", "Values", "Examples", "Make it again"):
        assert title in shown.text
    assert "hwgen build --board 'my board.toml'" in shown.text


def test_texts_from_outside_are_shown_as_they_are(tmp_path: Path) -> None:
    stage = {"name": NASTY, "dev": 0.5, "test": 0.5, "weights": 9, "nonzero": 8, "bits": 5, "kilobytes": 1.5}
    data = {"name": NASTY, "toy": False, "rows": {"train": 5, "dev": 6, "test": 14}}
    record = {"data": data, "recipe": {"name": "[/red]"}, "stages": [stage], "confusion": [[5, 1], [2, 6]]}
    model = model_of(CNN, (NASTY, "[/red]"), record)
    rows = [("[/red]", f"a plot {NASTY} \" ' &lt; film")] * 3
    shown = Page(draw(subject(tmp_path, model, plans.spatial(CNN), rows=rows, title=NASTY)))
    assert not shown.problems and not shown.outside()
    assert not {"script", "img", "iframe"} & {tag for tag, _ in shown.tags}
    assert f"tiny on {NASTY}" in shown.text and f"2: {NASTY}, [/red]" in shown.text


def test_a_model_without_a_record_has_a_page(tmp_path: Path) -> None:
    text = Page(draw(subject(tmp_path, model_of(CNN), plans.spatial(CNN)))).text
    assert "nothing of its accuracy" in text and text.count("not recorded") == 3


def test_150_classes_make_a_small_page(tmp_path: Path) -> None:
    graph = random_graph(RANDOM, classes=150, filters=4)
    counts = [[20 if i == j else int(j == (i + 1) % 150) for j in range(150)] for i in range(150)]
    model = model_of(graph, tuple(f"a class with a long name {i}" for i in range(150)), {"confusion": counts})
    html = draw(subject(tmp_path, model, plans.folded(graph, 4)))
    assert len(html) < 200_000 and "a class with a long name 19" in html


def test_without_place_and_route_there_is_no_slowest_path(tmp_path: Path) -> None:
    made = subject(tmp_path, model_of(CNN), plans.spatial(CNN, XILINX7), board="arty_a7", routed=False, netlist=False)
    text = Page(draw(made)).text
    assert "no slowest path is known" in text and "estimates, for want of a netlist" in text
    assert "none: nothing was placed" in text


def test_the_slowest_path_is_told_component_by_component(tmp_path: Path) -> None:
    html = draw(subject(tmp_path, model_of(CNN), plans.spatial(CNN)))
    legs = re.findall(r'class="where">([^<]*)</span>.*?class="took">([\d.]+) ns.*?(\d+) cells?:', html, re.S)
    assert legs == [("Requantise", "2.0", "2"), ("Dense", "2.5", "2")]


def test_the_front_marks_the_default_and_the_fastest(tmp_path: Path) -> None:
    shown = Page(draw(subject(tmp_path, model_of(CNN), plans.spatial(CNN), explore=True)))
    assert "default" in shown.text and "fastest" in shown.text and "What else fits" in shown.text
    assert [attributes for tag, attributes in shown.tags if attributes.get("class") == "chosen"]


def test_the_page_says_of_rows_whether_the_answers_are_right(tmp_path: Path) -> None:
    rows = [("class 0", "a plot never boring"), ("class 1", "a film"), ("class 0", "moving w3 w4"), ("class 1", "")]
    text = Page(draw(subject(tmp_path, model_of(CNN), plans.spatial(CNN), rows=rows))).text
    assert "Sentences of the data" in text and "wrong: it is class" in text
