"""The commands as a user types them: what they print, and one line with exit code 2 for what is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hwgen.graph.ensemble import EnsembleGraph, Vote
from hwgen.model import Model
from hwgen.text.vocabulary import Vocabulary
from tests.random_graph import random_ensemble, random_graph

COMMANDS = [
    "train",
    "build",
    "explore",
    "sim",
    "classify",
    "demo",
    "flash",
    "boards",
    "doctor",
    "export",
    "evaluate",
    "inspect",
]


def hwgen(*arguments: str | Path, given: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).resolve().parents[1])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}
    command = [sys.executable, "-m", "hwgen.cli", *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, text=True, env=environment, check=False, cwd=cwd)


def good(*arguments: str | Path, given: str = "") -> str:
    done = hwgen(*arguments, given=given)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def model(tmp_path: Path) -> Path:
    graph = random_graph(np.random.default_rng(0), classes=2, filters=2)
    folder = tmp_path / "tiny"
    Model(graph, Vocabulary(tuple(f"w{i}" for i in range(46)), 3), ("no", "yes")).save(folder)
    return folder


def test_every_command_has_help() -> None:
    overview = good("--help")
    assert good() == overview
    for command in COMMANDS:
        assert command in overview
        assert "Usage" in good(command, "--help")


def test_boards_and_doctor() -> None:
    assert "arty_a7" in good("boards") and "yosys" in good("doctor")
    rows = json.loads(good("boards", "--json"))
    assert {"ulx3s", "icebreaker", "tang_nano_9k"} <= {row["board"] for row in rows if row["bitstream_here"]}
    assert {"name", "purpose", "version", "advice"} == set(json.loads(good("doctor", "--json"))[0])


def test_explore_shows_the_front_and_draws_it(model: Path, tmp_path: Path) -> None:
    picture = tmp_path / "two\nlines" / "front.svg"
    told = json.loads(good("explore", "--board", "ulx3s", "--model", model, "--json", "-o", picture))
    assert told["board"] == "ulx3s" and told["picture"] == str(picture) and "<svg" in picture.read_text()
    (default,) = [choice for choice in told["choices"] if "default" in choice["marks"]]
    (fastest,) = [choice for choice in told["choices"] if "fastest" in choice["marks"]]
    assert default["chosen"] and default["estimate"]["luts"] < fastest["estimate"]["luts"]
    assert fastest["sentences_per_second"] == max(choice["sentences_per_second"] for choice in told["choices"])
    assert default["sentences_per_second"] > told["link_sentences_per_second"]
    target = fastest["sentences_per_second"] // 3
    arguments = ("explore", "--board", "ulx3s", "--model", model, "--target", str(target), "-o", picture)
    cheaper = next(choice for choice in json.loads(good(*arguments, "--json"))["choices"] if choice["chosen"])
    assert "target" in cheaper["marks"] and cheaper["estimate"]["luts"] < fastest["estimate"]["luts"]
    assert target <= cheaper["sentences_per_second"]
    table = good(*arguments)
    assert "default" in table and table.endswith(f"\npicture: {tmp_path}/two\\nlines/front.svg\n")
    assert sorted(path.name for path in picture.parent.iterdir()) == ["front.svg"]


def test_classify_a_sentence_and_a_stream() -> None:
    assert good("classify", "a moving , funny film").startswith("positive")
    lines = good("classify", "--json", given="a moving , funny film\n\nthe dullest film\n").splitlines()
    answers = [json.loads(line) for line in lines]
    assert [answer["class"] for answer in answers][::2] == ["positive", "negative"]
    assert len(answers) == 3 and all(len(answer["scores"]) == 2 for answer in answers)


def test_sim_checks_and_writes_waves(model: Path, tmp_path: Path) -> None:
    assert "7 sentences: every score equals" in good("sim", model, "--engine", "pysim", "-n", "7")
    waves = tmp_path / "waves.vcd"
    told = json.loads(
        good(
            "sim",
            model,
            "--engine",
            "pysim",
            "-n",
            "5",
            "--circuit",
            "folded",
            "--lanes",
            "2",
            "--json",
            "--waves",
            waves,
        )
    )
    assert (told["sentences"], told["wrong"], told["first"]) == (5, 0, None)
    assert "$timescale" in waves.read_text()


def test_members_of_an_ensemble_work_as_asked(model: Path, tmp_path: Path) -> None:
    words = Vocabulary(tuple(f"w{i}" for i in range(16)), 3)
    graph = random_ensemble(np.random.default_rng(0), "convolution")
    random = np.random.default_rng(1)
    tables = [random_graph(random, vocabulary=20, rank=rank) for rank in (4, 5)]
    unlike = EnsembleGraph((Vote(tuple(tables), np.ones(2, int)),))
    folders = {"same": tmp_path / "same", "unlike": tmp_path / "unlike"}
    for folder, each in zip(folders.values(), (graph, unlike), strict=True):
        Model(each, words, ("a", "b", "c")).save(folder)
    for members in ("in-turn", "side-by-side"):
        done = hwgen("sim", folders["same"], *"--engine pysim -n 5 --circuit folded --members".split(), members)
        assert "5 sentences: every score equals" in done.stdout, done.stderr
        assert f"3 members {members.replace('-', ' ')}" in done.stderr
        good("export", folders["same"], "--lanes", "2", "-n", "3", "--members", members, "-o", tmp_path / members)
        assert f"members {members.replace('-', ' ')}" in (tmp_path / members / "README.md").read_text()
    for arguments, message in (
        (("sim", model, "--members", "in-turn"), "--members in-turn: the model is no ensemble"),
        (("export", model, "-o", tmp_path / "v", "--members", "side-by-side"), "the model is no ensemble"),
        (("build", "--board", "ulx3s", "--model", model, "--members", "in-turn"), "the model is no ensemble"),
        (("build", "--board", "ulx3s", "--model", folders["unlike"], "--members", "in-turn"), "rank differ (4 and 5)"),
        (("sim", folders["unlike"], "--circuit", "folded", "--members", "in-turn"), "cannot share an engine"),
        (("sim", folders["same"], "--members", "together"), "--members"),
    ):
        done = hwgen(*arguments, cwd=tmp_path)
        assert done.returncode == 2, (arguments, done)
        assert message in done.stderr and len(done.stderr.splitlines()) == 1, (arguments, done.stderr)
        assert not done.stdout, (arguments, done.stdout)


def test_export_writes_a_folder(model: Path, tmp_path: Path) -> None:
    good("export", model, "-o", tmp_path / "verilog", "-n", "4")
    assert {"README.md", "testbench.v", "hwgen_classifier.v"} <= {
        path.name for path in (tmp_path / "verilog").iterdir()
    }


def test_train_tries_everything_on_the_toy_corpus(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    folder = tmp_path / "two\nlines" / "toy"
    shown = good("train", "demo", "--data", "demo", "--bits", "3", "-o", folder)
    assert all(stage in shown for stage in ("float", "factorised", "pruned", "quantised")) and "toy" in shown
    assert shown.endswith(f"\nmodel: {tmp_path}/two\\nlines/toy\n")
    assert Model.load(folder).bits == 3
    told = json.loads(good("train", "demo", "--data", "demo", "--bits", "2", "--json", "-o", folder))
    assert Model.load(folder).bits == 2 and len(told["stages"]) == 4
    assert "equals" in good("sim", folder, "--data", "demo", "--engine", "pysim", "-n", "3")


def test_wrong_input_is_one_line_and_exit_code_2(model: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("mine")
    data = tmp_path / "data"
    data.mkdir()
    (data / "train.tsv").write_text("1\tgood\nno tab here\n")
    (data / "test.tsv").write_text("1\tgood\n")
    (model / "model.json").rename(tmp_path / "kept")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "model.json").write_text("{")
    (broken / "model.safetensors").write_text("")
    before = sorted(path.name for path in tmp_path.iterdir())
    for arguments, message in (
        (("build", "--board", "nope"), "board nope"),
        (("build", "--board", "ulx3s", "--bits", "9"), "bits"),
        (("build",), "--board"),
        (("build", "--board", "tang_nano_9k", "--model", "sst2-full-5bit"), "block RAMs"),
        (("build", "--board", "ulx3s", "--engine", "spatial", "--lanes", "4"), "--lanes"),
        (("build", "--board", "ulx3s", "--fastest", "--lanes", "9"), "--fastest"),
        (("build", "--board", "ulx3s", "--target", "9000", "--lanes", "4"), "--target"),
        (("build", "--board", "icebreaker", "--target", "1e9"), "--target: 1,000,000,000 sentences/s are out of reach"),
        (
            ("explore", "--board", "icebreaker", "--engine", "folded", "-o", tmp_path / "x.doc"),
            "x.doc: no picture's name",
        ),
        (("sim", "nope"), "model nope"),
        (("sim", model), "no model.json"),
        (("sim", broken), "model.json"),
        (("sim", "sst2-small-5bit", "--circuit", "round"), "--circuit"),
        (("classify", "x", "--on", "/dev/nowhere", "--baud", "1000000"), "/dev/nowhere"),
        (("train", "demo", "--seed", "9" * 20), "--seed"),
        (("train", "demo", "--seed", "-1"), "--seed"),
        (("build", "-b", "ulx3s", "--seed", "9" * 20), "--seed"),
        (("build", "-b", "ulx3s", "--clock", "inf"), "--clock"),
        (("build", "-b", "ulx3s", "--target", "inf"), "--target"),
        (("build", "-b", "ulx3s", "--seeds", "9" * 20), "--seeds"),
        (("flash", "--board", "ulx3s", tmp_path), "report.json"),
        (("export", "sst2-small-5bit", "-o", tmp_path / "precious"), "not an export"),
        (("train", "nope", "-o", tmp_path / "m"), "recipe nope"),
        (("train", "demo", "--set", "prune.nonsense=1", "-o", tmp_path / "m"), "nonsense"),
        (("train", "demo", "--data", data, "-o", tmp_path / "m"), "train.tsv"),
        (("train", "demo", "--data", tmp_path / "nowhere", "-o", tmp_path / "m"), "nowhere"),
        (("train", "demo", "-o", tmp_path / "precious"), "not a model"),
        (("frobnicate",), "frobnicate"),
    ):
        done = hwgen(*arguments, cwd=tmp_path)
        assert done.returncode == 2, (arguments, done)
        assert message in done.stderr and len(done.stderr.splitlines()) == 1, (arguments, done.stderr)
        assert not done.stdout, (arguments, done.stdout)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_wrong_names_are_refused_without_the_seconds_that_torch_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in ("torch", "brevitas", "sklearn"):
        (tmp_path / f"{library}.py").write_text("raise SystemExit('imported')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    results = tmp_path / "results"
    for arguments, message in (
        (("--data", "dmeo"), "--data dmeo: neither a folder nor one of demo, "),
        (("--data", "demo", "--data", "x" * 300), "xxx: neither a folder"),
        (("--data", "demo", "--recipe", "sentence"), "recipe sentence: no such file"),
        (("--data", "demo", "--set", "prune.nonsense=1"), "nonsense"),
        (("--data", "demo", "--sweep", "pruned.sparsity"), "--sweep pruned.sparsity: expected"),
    ):
        done = hwgen("bench", "accuracy", *arguments, "-o", results)
        assert done.returncode == 2 and message in done.stderr, (arguments, done)
        assert len(done.stderr.splitlines()) == 1 and not results.exists(), (arguments, done)
    done = hwgen("bench", "accuracy", "--data", "demo", "-o", results)
    assert done.returncode == 1 and "imported" in done.stderr, done


def test_lanes_make_a_folded_circuit(model: Path, tmp_path: Path) -> None:
    done = hwgen("sim", model, "--lanes", "1", "-n", "2")
    assert done.returncode == 0 and "folded x1" in done.stderr
    for arguments in (("sim", model, "--circuit"), ("export", model, "-o", tmp_path / "x", "--engine")):
        done = hwgen(*arguments, "spatial", "--lanes", "1")
        assert done.returncode == 2 and done.stderr.startswith("hwgen: --lanes belongs to a folded circuit"), done


def test_a_page_goes_down_a_pipe(model: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.tsv"
    rows.write_text("yes\tw1\nno\tw2\n")
    assert "</html>" in good("evaluate", model, "--data", rows, "--html", "/dev/stdout", "--json")


def test_a_folder_that_is_gone_is_one_line(model: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f"{sys.executable} -m hwgen.cli explore -b ulx3s -m {model}"
    script = f"cd {gone} && rmdir {gone} && {command} -o x.png; {command} -o {tmp_path}/x.png"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, env=environment, check=False)
    assert "hwgen: x.png: cannot be written (No such file or directory)" in done.stderr, done.stderr
    assert done.returncode == 0 and (tmp_path / "x.png").is_file(), done.stderr
