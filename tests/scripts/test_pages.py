"""Every page of measurements names the script that makes it, and the script bears the page's name."""

import importlib
import re
from pathlib import Path

import builds
import pytest
from common import RESULTS

import hwgen
from hwgen.flow import board as boards
from hwgen.model import Model
from hwgen.shipped import shipped

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*RESULTS.glob("*.md"), *RESULTS.glob("*/README.md")])
NAMES = [path.parent.name if path.name == "README.md" else path.stem for path in PAGES]
SCRIPT = re.compile(r"python\s+(scripts/[\w/.-]+)")


@pytest.mark.parametrize("page,name", list(zip(PAGES, NAMES, strict=True)), ids=NAMES)
def test_a_page_is_made_by_the_script_of_its_name(page: Path, name: str) -> None:
    script = f"scripts/{name}.py"
    assert script in SCRIPT.findall(page.read_text(encoding="utf-8")), f"{page} does not name {script}"
    assert "docs/results/" in ((ROOT / script).read_text(encoding="utf-8").split('"""')[1]), f"{script} names no page"
    if name == "peers":
        pytest.importorskip("onnxruntime", reason="comes with hwgen[bench]")
    assert callable(importlib.import_module(name).main)


def test_every_script_that_is_named_somewhere_exists() -> None:
    texts = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "Makefile", *(ROOT / "scripts").glob("*.py")]
    named = {(path.name, script) for path in texts for script in SCRIPT.findall(path.read_text(encoding="utf-8"))}
    assert not [pair for pair in sorted(named) if not (ROOT / pair[1]).is_file()]


def test_a_build_is_stale_once_a_data_file_of_the_package_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "hwgen"
    package.mkdir()
    (package / "__init__.py").write_text("")
    data = package / "resources.toml"
    data.write_text("old")
    monkeypatch.setattr(hwgen, "__file__", str(package / "__init__.py"))
    model, board = Model.load(shipped("small", 5)), boards.load("icebreaker")
    builds.mark(tmp_path, model, board)
    assert builds.stands(tmp_path, model, board)
    data.write_text("new")
    assert not builds.stands(tmp_path, model, board)
