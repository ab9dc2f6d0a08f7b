"""What is published does everything outside of a checkout: models, boards and recipes are inside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from hwgen.flow import board as boards
from hwgen.shipped import shipped_models
from tests.pages import ROOT

pytest.importorskip("hatchling", reason="comes with hwgen[test]")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that is made of it."""
    folder = tmp_path_factory.mktemp("published")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder), "-t"]
    subprocess.run([*build, "sdist"], cwd=ROOT, check=True, capture_output=True)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as file:
        file.extractall(folder, filter="data")
    subprocess.run([*build, "wheel"], cwd=folder / sdist.name.removesuffix(".tar.gz"), check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def installed(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as pip lays it out."""
    folder = tmp_path_factory.mktemp("installed")
    (wheel,) = published.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)
    return folder


def hwgen(installed: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the installed wheel; dependencies are those of this Python."""
    command = [sys.executable, "-m", "hwgen.cli", *arguments]
    environment = os.environ | {"PYTHONPATH": str(installed)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False)


def good(installed: Path, cwd: Path, *arguments: str) -> str:
    done = hwgen(installed, cwd, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_is_what_runs(installed: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import hwgen; print(hwgen.__file__)"]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(installed)}, capture_output=True)
    assert Path(os.fsdecode(done.stdout).strip()).is_relative_to(installed)


def test_it_holds_every_board_and_model(installed: Path, tmp_path: Path) -> None:
    assert [row["board"] for row in json.loads(good(installed, tmp_path, "boards", "--json"))] == boards.every()
    assert {path.name for path in (installed / "hwgen" / "models").iterdir() if path.is_dir()} == set(shipped_models())


def test_commands_that_need_no_training_work_anywhere(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "test.tsv").write_text("positive\ta moving film\nnegative\tthe dullest two hours\n")
    model = "sst2-small-5bit"
    assert "positive" in good(installed, tmp_path, "classify", "-m", model, "a moving , funny film")
    assert "2 of 2" in good(installed, tmp_path, "evaluate", model, "--data", "test.tsv")
    assert model in good(installed, tmp_path, "inspect", model)
    assert "default" in good(installed, tmp_path, "explore", "--board", "ulx3s", "--model", model, "-o", "front.svg")
    good(installed, tmp_path, "sim", model, "-n", "2", "--lanes", "8")
    good(installed, tmp_path, "export", model, "-o", "core", "--engine", "folded", "--lanes", "4", "-n", "2")
    assert (tmp_path / "core" / "hwgen_classifier.v").is_file()
    assert "yosys" in good(installed, tmp_path, "doctor")
    done = hwgen(installed, tmp_path, "flash", "--board", "ulx3s")
    assert done.returncode == 2 and "no report.json" in done.stderr


def test_it_trains_by_a_recipe_that_is_inside(installed: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    fast = [part for stage in ("float", "factorised", "pruned", "quantised") for part in ("--set", f"{stage}.epochs=1")]
    good(installed, tmp_path, "train", "demo", "-o", "toy", *fast)
    assert (tmp_path / "toy" / "model.json").is_file()


@pytest.mark.slow
def test_it_builds_a_bitstream(installed: Path, tmp_path: Path) -> None:
    good(installed, tmp_path, "build", "--board", "icebreaker", "-o", "built")
    assert (tmp_path / "built" / "top.bin").is_file()


def test_the_source_distribution_builds_tests_and_documents_itself(published: Path) -> None:
    (folder,) = (path for path in published.iterdir() if path.is_dir())
    for name in ("Makefile", "constraints.txt", "mkdocs.yml", "docs/index.md", "examples/own_data/README.md"):
        assert (folder / name).is_file(), name
    for name in ("tests", "rtl_tests", "scripts"):
        assert (folder / name).is_dir(), name
