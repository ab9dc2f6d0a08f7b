"""The exported folder simulates on its own, and its bench sees a wrong answer."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.export.verilog import export
from hwgen.graph.golden import Sentences
from hwgen.model import Model
from hwgen.rtl.plan import HypervectorPlan, Plan
from hwgen.text.characters import Characters
from hwgen.text.vocabulary import Vocabulary
from tests.random_graph import random_graph, random_hypervector_graph, random_sentences


@pytest.fixture
def model() -> Model:
    graph = random_graph(np.random.default_rng(0))
    return Model(graph, Vocabulary(tuple(f"w{i}" for i in range(46)), 3), ("a", "b", "c"))


def simulate(folder: Path) -> str:
    return subprocess.run(["make"], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("plan", [Plan.spatial(2), Plan.folded(3)], ids=lambda plan: plan.name)
def test_the_bench_passes_and_can_fail(plan: Plan, model: Model, tmp_path: Path) -> None:
    sentences = random_sentences(np.random.default_rng(1), model.graph, 20)
    folder = tmp_path / "out"
    export(model, plan, sentences, folder)
    assert "PASS: 20 sentences, 80 words equal" in simulate(folder)
    assert "$" not in (folder / "README.md").read_text() and "3 scores" in (folder / "README.md").read_text()
    right = (folder / "expected.hex").read_text()
    words = right.splitlines()
    words[5] = f"{int(words[5], 16) ^ 1:09x}"
    (folder / "expected.hex").write_text("\n".join(words) + "\n")
    (folder / "testbench.vvp").unlink()
    assert "FAIL: 1 of 80 words differ" in simulate(folder)
    with pytest.raises(HwgenError, match=r"expected\.hex was changed"):
        export(model, plan, sentences, folder)
    (folder / "expected.hex").write_text(right)
    export(model, plan, sentences, folder)
    assert "PASS" in simulate(folder)


@pytest.mark.parametrize("plan", [Plan.spatial(2), Plan.folded(3)], ids=lambda plan: plan.name)
def test_two_streams_on_one_table(plan: Plan, model: Model, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export(model, plan, random_sentences(np.random.default_rng(1), model.graph, 20), folder, streams=2)
    assert "PASS: 20 sentences in each stream, 160 words equal" in simulate(folder)
    assert (folder / "hwgen_classifier.v").read_text().count("module \\hwgen_classifier.table") == 1
    assert "`s1_axis_...`" in (folder / "README.md").read_text()
    words = (folder / "expected.hex").read_text().splitlines()
    words[5] = f"{int(words[5], 16) ^ 1:09x}"
    (folder / "expected.hex").write_text("\n".join(words) + "\n")
    (folder / "testbench.vvp").unlink()
    assert "FAIL: 2 of 160 words differ" in simulate(folder)


def test_two_streams_need_one_table(tmp_path: Path) -> None:
    graph = random_hypervector_graph(np.random.default_rng(2))
    model = Model(graph, Characters(), tuple("abc"[: graph.classes]))
    with pytest.raises(HwgenError, match="--streams 2"):
        export(model, HypervectorPlan(), Sentences.of([[1, 2]]), tmp_path / "out", streams=2)


def test_a_foreign_folder_is_left_alone(model: Model, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(HwgenError, match="not an export"):
        export(model, Plan.spatial(), random_sentences(np.random.default_rng(1), model.graph, 2), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
