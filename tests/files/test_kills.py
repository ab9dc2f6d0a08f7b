"""Whatever kills a process, the old result or the new one is whole under its name, and the next run goes on."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from hwgen.files import Gathered, Kind, folder, require_replaceable, write_whole, written_whole
from hwgen.files.manifest import MARKER, Manifest
from tests.files.killed import killed_at_every_step

TOY = Kind("toy", "a toy", known=lambda folder: {path.name for path in folder.iterdir()} == {"README.md", "part"})


def write(target: Path, text: str) -> None:
    with written_whole(target, TOY) as scratch:
        (scratch / "part").mkdir()
        for name in ("README.md", "part/word"):
            (scratch / name).write_text(text)


def read(target: Path) -> str:
    """The one text that is in all files."""
    assert {path.name for path in target.iterdir()} <= {"README.md", "part", MARKER}
    (text,) = {(target / name).read_text() for name in ("README.md", "part/word")}
    return text


def empty(tmp_path: Path) -> None:
    for path in tmp_path.iterdir():
        shutil.rmtree(path)


@pytest.mark.parametrize("old", ["nothing", "marked", "unmarked"])
def test_a_kill_leaves_old_or_new_whole(old: str, tmp_path: Path) -> None:
    target, texts = tmp_path / "toy", []

    def prepare() -> None:
        empty(tmp_path)
        if old != "nothing":
            write(target, "old")
        if old == "unmarked":
            (target / MARKER).unlink()

    for _ in killed_at_every_step(prepare, lambda: write(target, "new")):
        texts.append(read(target) if target.exists() else "nothing")
        require_replaceable(target, TOY)
        assert [path.name for path in tmp_path.iterdir()] == (["toy"] if target.exists() else [])
        write(target, "next")
        assert read(target) == "next" and [path.name for path in tmp_path.iterdir()] == ["toy"]
    before = "nothing" if old == "nothing" else "old"
    change = texts.index("new")
    assert len(texts) > 10 and texts == [before] * change + ["new"] * (len(texts) - change)


@pytest.mark.parametrize("old", ["marked", "unmarked"])
def test_where_two_folders_cannot_change_places_at_once_the_next_run_finishes(
    old: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "exchange", lambda *_: False)
    target, texts = tmp_path / "toy", []

    def prepare() -> None:
        empty(tmp_path)
        write(target, "old")
        if old == "unmarked":
            (target / MARKER).unlink()

    for _ in killed_at_every_step(prepare, lambda: write(target, "new")):
        require_replaceable(target, TOY)
        texts.append(read(target))
        assert [path.name for path in tmp_path.iterdir()] == ["toy"]
    change = texts.index("new")
    assert texts == ["old"] * change + ["new"] * (len(texts) - change)


def test_a_strangers_file_in_the_old_result_outlives_every_kill(tmp_path: Path) -> None:
    """It is put there while the new result is being made; then the result is kept beside."""
    target = tmp_path / "toy"

    def prepare() -> None:
        empty(tmp_path)
        write(target, "old")

    def work() -> None:
        try:
            with written_whole(target, TOY) as scratch:
                (scratch / "README.md").write_text("new")
                (target / "NOTES").write_text("mine")
        except Exception as error:
            assert "the result is kept in" in str(error)

    steps = 0
    for _ in killed_at_every_step(prepare, work):
        steps += 1
        assert (target / "README.md").read_text() == "old"
        if (target / "NOTES").exists():
            assert (target / "NOTES").read_text() in ("", "mine")
    assert steps > 10 and (tmp_path / "toy-kept" / "README.md").read_text() == "new"


def test_a_file_is_old_or_new_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "file"

    def prepare() -> None:
        write_whole(target, "old")

    for _ in killed_at_every_step(prepare, lambda: write_whole(target, "new")):
        assert target.read_text() in ("old", "new")
        write_whole(target, "next")
        assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_gathered_file_stays_hwgens(tmp_path: Path) -> None:
    def write(text: str) -> None:
        Gathered(tmp_path, TOY).write("a.svg", text)

    for _ in killed_at_every_step(lambda: write("old"), lambda: write("new")):
        write("next")
        assert sorted(path.name for path in tmp_path.iterdir()) == [MARKER, "a.svg"]
    manifest = Manifest.read(tmp_path)
    assert manifest is not None and manifest.objection(tmp_path) is None


ODD = {
    "target of another type": '{"target": 5, "kind": "toy", "entries": {}}',
    "entries of another type": '{"target": "toy", "kind": "toy", "entries": [1]}',
    "target elsewhere": '{"target": "../other/toy", "kind": "toy", "entries": {}}',
    "target with a NUL": r'{"target": "a\u0000b", "kind": "toy", "entries": {}}',
    "target above": '{"target": "..", "kind": "toy", "entries": {}}',
    "deep": "[" * 1000 + "]" * 1000,
}


@pytest.mark.parametrize("name", ODD)
def test_a_journal_that_hwgen_did_not_write_decides_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    folder = tmp_path / "results" / ".hwgen-01234567"
    (folder / "old").mkdir(parents=True)
    (folder / "old" / "mine").write_text("mine")
    (folder / "owner.json").write_text('{"format": "hwgen-workspace-1"}')
    (folder / "journal.json").write_text(ODD[name])
    write(tmp_path / "results" / "toy", "new")
    assert read(tmp_path / "results" / "toy") == "new"
    assert (folder / "old" / "mine").read_text() == "mine" and not list((tmp_path / "other").iterdir())


def test_a_folder_called_like_a_workspace_is_left_alone(tmp_path: Path) -> None:
    for name, content in (("0", "[]"), ("1", "5"), ("2", "{")):
        (tmp_path / f".hwgen-0000000{name}").mkdir()
        (tmp_path / f".hwgen-0000000{name}" / "owner.json").write_text(content)
    (tmp_path / ".hwgen-00000003").mkdir()
    os.mkfifo(tmp_path / ".hwgen-00000003" / "owner.json")
    before = sorted(tmp_path.rglob("*"))
    write(tmp_path / "toy", "new")
    assert set(before) <= set(tmp_path.rglob("*"))
