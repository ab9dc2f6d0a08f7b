"""What `hwgen inspect` says of a model is what is in its files, whatever its kind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from hwgen import inspection, shipped
from hwgen.graph.graph import Graph
from hwgen.graph.memory import memory_bits
from hwgen.model import Model
from hwgen.text.characters import Characters
from hwgen.text.vocabulary import Vocabulary
from tests.random_graph import random_ensemble, random_graph, random_hypervector_graph

RANDOM = np.random.default_rng(5)
GRAPHS = {
    "sentence CNN": random_graph(RANDOM, vocabulary=20),
    "hyperdimensional classifier": random_hypervector_graph(RANDOM, filters=4),
    "ensemble": random_ensemble(RANDOM, "convolution"),
}
LABELS = ("[/red]", "a\nb", "\x1b[31m")


def saved(graph: Graph, folder: Path, record: dict | None = None) -> Path:
    words = Vocabulary(tuple(f"w{i}" for i in range(16)), 3) if graph.vocabulary == 20 else Characters()
    Model(graph, words, LABELS, record or {}).save(folder)
    return folder


def printed(found: dict) -> str:
    console = Console(width=160, markup=False, record=True, quiet=True)
    console.quiet = False
    with console.capture() as capture:
        for table in inspection.tables(found):
            console.print(table)
    return capture.get()


@pytest.mark.parametrize("kind", GRAPHS)
def test_facts_are_those_of_the_graph(kind: str, tmp_path: Path) -> None:
    graph = GRAPHS[kind]
    found = inspection.inspect(saved(graph, tmp_path / "model"))
    assert json.loads(json.dumps(found)) == found
    told = found["graph"]
    assert (told["kind"], told["classes"], told["memory_bits"]) == (kind, graph.classes, memory_bits(graph))
    assert [node["node"] for node in told["nodes"]] == [node.name for node in graph.nodes]
    for node, output in zip(told["nodes"], graph.types(), strict=True):
        assert (node["output"]["low"], node["output"]["high"]) == (output.low.min(), output.high.max())
    assert found["files"].keys() >= {"model.json", "model.safetensors"} and found["card"] is None
    assert found["digest"] == Model.load(tmp_path / "model").digest.hex()


def test_members_of_an_ensemble_are_told_like_models(tmp_path: Path) -> None:
    graph = GRAPHS["ensemble"]
    (vote,) = inspection.inspect(saved(graph, tmp_path / "model"))["graph"]["nodes"]
    assert [member["memory_bits"] for member in vote["members"]] == [memory_bits(each) for each in graph.vote.members]


def test_text_from_outside_is_shown_escaped(tmp_path: Path) -> None:
    stage = {"name": "\r", "dev": 0.5, "test": 0.5, "weights": 1, "nonzero": 1, "bits": 1, "kilobytes": 1.0}
    data = {"name": "\x07[bold]", "toy": False, "rows": {"train": 1, "dev": 1, "test": 1}}
    record = {"recipe": {"name": "x\x1b[2J"}, "stages": [stage], "data": data}
    shown = printed(inspection.inspect(saved(GRAPHS["sentence CNN"], tmp_path / "model", record)))
    assert "'[/red]', 'a\\nb', '\\x1b[31m'" in shown and "x\\x1b[2J" in shown and "\\x07[bold]: 1 train" in shown
    assert not {"\x1b", "\x07", "\r"} & set(shown)


def test_a_shipped_model_is_told_with_its_card_and_accuracy() -> None:
    found = inspection.inspect(shipped.shipped("small", 5))
    total = json.loads((shipped.shipped("small", 5) / "model.json").read_text())["record"]["memory_bits"]["total"]
    assert found["graph"]["memory_bits"] == total and found["card"].endswith("README.md")
    assert [stage["name"] for stage in found["record"]["stages"]][-1] == "quantised" and "82.21 %" in printed(found)
