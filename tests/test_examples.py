"""The examples' READMEs are typed in as they stand, and do what they say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import ROOT, commands

EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/README.md"))
SLOW = ("hwgen", "build")


def run(folder: Path, words: list[str]) -> str:
    """What a command prints in `folder`, where it must end well."""
    program = {"hwgen": [sys.executable, "-m", "hwgen.cli"], "python": [sys.executable]}.get(words[0], words[:1])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [*program, *words[1:]], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def typed(example: Path, folder: Path, *, slow: bool) -> str:
    """What the README's commands print, in a copy of the example; builds are left out unless `slow`."""
    if example.name == "own_data":
        pytest.importorskip("torch")
    for words in commands(example / "README.md"):
        if words[0] in ("iverilog", "make") and shutil.which("iverilog") is None:
            pytest.skip("iverilog is not installed")
    copy = folder / example.name
    shutil.copytree(example, copy)
    return "".join(run(copy, words) for words in commands(example / "README.md") if slow or tuple(words[:2]) != SLOW)


def test_there_are_three_examples() -> None:
    assert [path.name for path in EXAMPLES] == ["own_board", "own_data", "own_design"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_does_what_its_page_says(example: Path, tmp_path: Path) -> None:
    printed = typed(example, tmp_path, slow=False)
    expected = {"own_board": "default", "own_data": "heating  margin", "own_design": "class 1\n"}
    assert expected[example.name] in printed


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_goes_all_the_way_to_a_bitstream(example: Path, tmp_path: Path) -> None:
    typed(example, tmp_path, slow=True)
    built = [words[words.index("-o") + 1] for words in commands(example / "README.md") if tuple(words[:2]) == SLOW]
    for folder in built:
        assert list((tmp_path / example.name / folder).glob("top.b*"))
