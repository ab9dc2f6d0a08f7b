"""The exported folder simulates on its own, and its bench sees a wrong answer."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.export import verilog
from hwgen.export.axi import Widths
from hwgen.export.check import affordable
from hwgen.export.verilog import export
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import ConvolutionGraph
from hwgen.graph.nodes import Embedding
from hwgen.model import Model
from hwgen.rtl.plan import HypervectorPlan, Plan, folded
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
    page = (folder / "README.md").read_text()
    assert "$" not in page and "3 scores" in page and "by Icarus, 20 sentences" in page
    right = (folder / "expected.hex").read_text()
    words = right.splitlines()
    words[5] = f"{int(words[5], 16) ^ 1:09x}"
    (folder / "expected.hex").write_text("\n".join(words) + "\n")
    os.utime(folder / "expected.hex", (2e9, 2e9))
    told = subprocess.run(["make"], cwd=folder, capture_output=True, text=True, check=False)
    assert told.returncode == 2 and "FAIL: 1 of 80 words differ" in told.stdout
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
    os.utime(folder / "expected.hex", (2e9, 2e9))
    told = subprocess.run(["make"], cwd=folder, capture_output=True, text=True, check=False)
    assert told.returncode == 2 and "FAIL: 2 of 160 words differ" in told.stdout


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


SENTENCES = Sentences.of([[5, 7, 1], [2], []])


def test_more_than_16_bits_of_tokens_get_a_wider_port(tmp_path: Path) -> None:
    size = (1 << 16) + 9
    graph = random_graph(np.random.default_rng(0), rank=2, widths=(2,), filters=2)
    table = np.zeros((size, 2), int)
    table[[5, 5 + (1 << 16)]] = [[15, -15], [-15, 15]]
    wide = ConvolutionGraph((Embedding(table, 5, -4), *graph.nodes[1:]))
    model = Model(wide, Vocabulary((), size - 1), ("a", "b", "c"))
    assert Widths.of(wide) == Widths(32, 32)
    export(model, Plan.spatial(2), Sentences.of([[5], [5 + (1 << 16)]]), tmp_path / "out")
    assert "PASS: 2 sentences" in simulate(tmp_path / "out")
    assert "| `s_axis_tdata` | in | 32 | token number, 0..65544 |" in (tmp_path / "out" / "README.md").read_text()


def test_scores_of_more_than_32_bits_get_a_wider_port(model: Model, tmp_path: Path) -> None:
    dense = replace(model.graph.dense, bias=np.array([(1 << 31) - 1, -(1 << 31), 0]))
    long = replace(model, graph=ConvolutionGraph((*model.graph.nodes[:4], dense)))
    assert Widths.of(long.graph) == Widths(16, 64)
    export(long, Plan.spatial(2), SENTENCES, tmp_path / "out")
    words = [int(line, 16) for line in (tmp_path / "out" / "expected.hex").read_text().split()]
    scores = [word % (1 << 64) for word in words]
    signed = [score - (1 << 64) if score >> 63 else score for score in scores]
    assert min(signed) < -(1 << 30) and max(signed) > (1 << 31) - 1
    assert "PASS: 3 sentences" in simulate(tmp_path / "out")


def _hide_icarus(monkeypatch: pytest.MonkeyPatch) -> None:
    find = verilog.tools.find
    monkeypatch.setattr(verilog.tools, "find", lambda tool, **how: None if tool == "iverilog" else find(tool, **how))


@pytest.mark.parametrize("without", ["iverilog", "compiler"])
def test_a_wrong_answer_is_seen_before_anything_is_kept(
    without: str, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The circuit is made of other weights than the golden answers, whatever simulates it."""
    other = replace(model, graph=random_graph(np.random.default_rng(5)))
    if without == "compiler":
        monkeypatch.setattr(verilog.compiler, "find", lambda: None)
    else:
        _hide_icarus(monkeypatch)
    top = verilog._top(other, Plan.spatial(2), 1)
    monkeypatch.setattr(verilog, "_top", lambda *_: top)
    with pytest.raises(HwgenError, match=r"not equal to the golden model .*word"):
        export(model, Plan.spatial(2), SENTENCES, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_the_compiled_circuit_is_a_check_as_well(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = export(model, Plan.spatial(2), SENTENCES, tmp_path / "icarus", streams=2)
    _hide_icarus(monkeypatch)
    there = export(model, Plan.spatial(2), SENTENCES, tmp_path / "compiled", streams=2)
    assert here and there and replace(here, simulator="CXXRTL") == there


def test_an_export_that_nothing_can_check_says_so(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verilog.compiler, "find", lambda: None)
    _hide_icarus(monkeypatch)
    assert export(model, Plan.spatial(2), SENTENCES, tmp_path / "out") is None
    assert "Not checked" in (tmp_path / "out" / "README.md").read_text()


def test_icarus_takes_as_many_sentences_as_it_can_afford() -> None:
    assert affordable(100_000, 1, [10] * 32) == 32
    assert affordable(100_000, 50, [10] * 32) == 8
    assert affordable(100_000_000_000, 1000, [10] * 32) == 2


def test_two_exports_in_one_design_share_no_module(model: Model, tmp_path: Path) -> None:
    other = replace(model, graph=random_graph(np.random.default_rng(5)))
    for name, each in (("left", model), ("right", other)):
        export(each, Plan.spatial(2), SENTENCES, tmp_path / name, name=name)
    files = [tmp_path / name / file for name in ("left", "right") for file in (f"{name}.v", "testbench.v")]
    modules = [line.split()[1] for file in files for line in file.read_text().splitlines() if line.startswith("module")]
    assert len(set(modules)) == len(modules) and all(each.strip("\\").startswith(("left", "right")) for each in modules)
    tops = ["-s", "left_testbench", "-s", "right_testbench"]
    # Not to /dev/null, which Icarus would make a program of: for root alone.
    command = ["iverilog", "-g2005", *tops, "-o", str(tmp_path / "both"), *map(str, files)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stderr == ""


@pytest.mark.parametrize("name", ["", "9x", "a-b", "module", "x" * 65, "a b", "../up", "é"])
def test_what_is_no_modules_name_is_refused(name: str, model: Model, tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match=r"--name: .* is no module's name"):
        export(model, Plan.spatial(2), SENTENCES, tmp_path / "out", name=name)


def test_default_lanes_always_fit(tmp_path: Path) -> None:
    graph = random_graph(np.random.default_rng(0), widths=(1,), filters=1, rank=2, bits=2)
    for weights in ([[[0, 1]]], [[[0, 0]]]):
        convolution = replace(graph.convolution, kernels=(np.array(weights),))
        few = ConvolutionGraph((graph.nodes[0], convolution, *graph.nodes[2:]))
        model = Model(few, Vocabulary(tuple(f"w{i}" for i in range(46)), 3), ("a", "b", "c"))
        checked = export(model, folded(few), SENTENCES, tmp_path / "out")
        assert checked and checked.sentences == 3


def test_class_names_are_written_in_utf_8_and_escaped_whatever_the_locale(model: Model, tmp_path: Path) -> None:
    labels = ("łódź", "a|b`c\nd", "x[/red]")
    replace(model, labels=labels).save(tmp_path / "model")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LC_")}
    environment |= {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "hwgen.cli", "export", str(tmp_path / "model"), "-n", "2", "-o", "x[/red]"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("x[/red]: 2 sentences through the circuit by Icarus")
    page = (tmp_path / "x[/red]" / "README.md").read_text(encoding="utf-8")
    assert "0 = `łódź`, 1 = `` a\\|b`c d ``, 2 = `x[/red]`." in page
