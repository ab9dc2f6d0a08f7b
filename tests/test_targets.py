"""Every command that writes leaves alone what is not hwgen's, and says so before the work begins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.test_cli import hwgen, model

__all__ = ["model"]


NAMES = ("report.json", "hwgen_classifier.v", "README.md", "runs.jsonl", "photo.png", "main.c", "w.vcd")


def work(folder: Path) -> Path:
    """Somebody's work that has files of hwgen's names."""
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("mine")
    (folder / "model.json").write_text(json.dumps({"format": "hwgen-model-1"}))
    for name in NAMES:
        (folder / name).write_text("mine")
    (folder / "link").symlink_to("nowhere")
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


COMMANDS = {
    "train": (("train", "demo", "-o", "."), "is the current folder"),
    "train to a name": (("train", "demo", "-o", "../web"), "is the current folder"),
    "train to nothing": (("train", "demo", "-o", ""), "is the current folder"),
    "train over": (("train", "demo", "-o", "../other"), "not a model that hwgen wrote (it holds .git)"),
    "build": (("build", "-b", "icebreaker", "-m", "../tiny", "-o", "../other"), "is not an earlier build"),
    "export": (("export", "../tiny", "-o", "../other"), "is not an export"),
    "export into the model": (("export", "../tiny", "-o", "../tiny"), "is not an export"),
    "explore": (("explore", "-b", "ulx3s", "-m", "../tiny", "-o", "photo.png"), "not a picture as hwgen wrote it"),
    "sim": (("sim", "../tiny", "--waves", "w.vcd"), "not a file of waves"),
    "bench": (("bench", "accuracy", "--data", "demo", "-o", "."), "README.md: hwgen did not write it"),
    "long": (("train", "demo", "-o", "x" * 300), "File name too long"),
    "link": (("train", "demo", "-o", "link"), "a link to"),
    "markup": (("train", "demo", "-o", "main.c[/red]"), "main.c[/red]: exists and is not a folder"),
    "file": (("train", "demo", "-o", "main.c/m"), "Not a directory"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_of_anybody_is_touched(name: str, model: Path, tmp_path: Path) -> None:
    if name == "bench":
        pytest.importorskip("torch")
    arguments, message = COMMANDS[name]
    web = work(tmp_path / "web")
    work(tmp_path / "real")
    (tmp_path / "other").symlink_to("real")
    (web / "main.c[").mkdir()
    (web / "main.c[" / "red]").write_text("mine")
    before = content(tmp_path)
    done = hwgen(*arguments, cwd=web)
    assert done.returncode == 2 and message in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1 and not done.stdout and content(tmp_path) == before
