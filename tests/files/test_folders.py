"""Result folders: only what hwgen wrote is ever replaced, and only whole."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hwgen.errors import HwgenError
from hwgen.files import Kind, remove_ours, require_replaceable, written_whole
from hwgen.files.manifest import MARKER

TOY = Kind("toy", "a toy")


def write(folder: Path, text: str = "first", kind: Kind = TOY) -> None:
    with written_whole(folder, kind) as scratch:
        (scratch / "part").mkdir()
        (scratch / "part" / "word").write_text(text)
        (scratch / "README.md").write_text(text)


def content(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MARKER
    }


def refused(folder: Path, message: str) -> None:
    """By the check before the work and by the work itself, and nothing changes."""
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(HwgenError, match=message) as early:
        require_replaceable(folder, TOY)
    with pytest.raises(HwgenError, match=message):
        write(folder, "second")
    assert "\n" not in str(early.value) and sorted(folder.parent.rglob("*")) == before


def test_a_result_appears_with_a_list_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "toy"
    write(folder)
    assert content(folder) == {"README.md": "first", "part/word": "first"}
    marker = json.loads((folder / MARKER).read_text())
    assert marker["kind"] == "toy" and list(marker["entries"]) == ["README.md", "part", "part/word"]
    assert [path.name for path in folder.parent.iterdir()] == ["toy"]


def test_an_untouched_result_is_replaced(tmp_path: Path) -> None:
    for text in ("first", "second", "third"):
        require_replaceable(tmp_path / "toy", TOY)
        write(tmp_path / "toy", text)
        assert content(tmp_path / "toy") == {"README.md": text, "part/word": text}
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    write(tmp_path / "toy")
    assert content(tmp_path / "toy")


def test_a_file_of_the_same_name_proves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "web"
    (folder / ".git").mkdir(parents=True)
    (folder / "README.md").write_text("mine")
    (folder / MARKER).write_text('{"format": "other"}')
    refused(folder, "exists and is not a toy that hwgen wrote")


@pytest.mark.parametrize("name", ["NOTES.txt", "part/NOTES.txt", ".hidden"])
def test_a_strangers_file_is_named_and_kept(name: str, tmp_path: Path) -> None:
    write(tmp_path / "toy")
    (tmp_path / "toy" / name).write_text("mine")
    refused(tmp_path / "toy", f"holds {name}, which hwgen did not write")
    (tmp_path / "toy" / name).unlink()
    write(tmp_path / "toy", "second")


def test_a_strangers_folder_or_link_is_named_and_kept(tmp_path: Path) -> None:
    write(tmp_path / "toy")
    (tmp_path / "toy" / "mine").mkdir()
    refused(tmp_path / "toy", "holds mine")
    (tmp_path / "toy" / "mine").rmdir()
    (tmp_path / "toy" / "link").symlink_to("/etc")
    refused(tmp_path / "toy", "holds link")


def test_an_edited_file_is_named_and_kept(tmp_path: Path) -> None:
    write(tmp_path / "toy")
    (tmp_path / "toy" / "README.md").write_text("mine")
    refused(tmp_path / "toy", r"README\.md was changed")
    assert (tmp_path / "toy" / "README.md").read_text() == "mine"


def test_a_file_that_has_become_a_link_is_kept(tmp_path: Path) -> None:
    write(tmp_path / "toy")
    (tmp_path / "toy" / "README.md").rename(tmp_path / "README.md")
    (tmp_path / "toy" / "README.md").symlink_to(tmp_path / "README.md")
    refused(tmp_path / "toy", r"README\.md was changed")


def test_what_was_deleted_is_no_matter(tmp_path: Path) -> None:
    write(tmp_path / "toy")
    (tmp_path / "toy" / "README.md").unlink()
    write(tmp_path / "toy", "second")
    assert content(tmp_path / "toy") == {"README.md": "second", "part/word": "second"}


def test_what_the_use_of_a_result_makes_is_replaced_along(tmp_path: Path) -> None:
    kind = Kind("toy", "a toy", made_by_use=("program", "log"))
    write(tmp_path / "toy", kind=kind)
    (tmp_path / "toy" / "program").write_text("compiled")
    write(tmp_path / "toy", "second", kind)
    assert sorted(content(tmp_path / "toy")) == ["README.md", "part/word"]
    (tmp_path / "toy" / "program").mkdir()
    (tmp_path / "toy" / "program" / "mine").write_text("mine")
    with pytest.raises(HwgenError, match="program"):
        write(tmp_path / "toy", "third", kind)


def test_a_result_of_another_kind_is_kept(tmp_path: Path) -> None:
    write(tmp_path / "toy", kind=Kind("model", "a model"))
    refused(tmp_path / "toy", "is not a toy")


def test_a_marker_that_lists_other_places_removes_nothing_there(tmp_path: Path) -> None:
    write(tmp_path / "toy")
    (tmp_path / "mine").write_text("first")
    marker = json.loads((tmp_path / "toy" / MARKER).read_text())
    marker["entries"]["../mine"] = marker["entries"]["README.md"]
    (tmp_path / "toy" / MARKER).write_text(json.dumps(marker))
    write(tmp_path / "toy", "second")
    assert (tmp_path / "mine").read_text() == "first"


@pytest.mark.parametrize("path", ["", ".", "..", "../here", "/", "~", "link"])
def test_folders_that_hold_more_than_a_result_are_refused(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "here" / "link").symlink_to(tmp_path)
    with pytest.raises(HwgenError, match=r"is the current folder|holds the current folder|your home|mount point"):
        require_replaceable(Path(path).expanduser(), TOY)
    assert content(tmp_path / "here")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "toy").write_text("mine")
    for path in ("toy", "toy/below", "toy/far/below"):
        with pytest.raises(HwgenError, match=r"not a folder|Not a directory"):
            require_replaceable(tmp_path / path, TOY)
    assert (tmp_path / "toy").read_text() == "mine"


def test_a_link_is_followed(tmp_path: Path) -> None:
    write(tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", "second")
    assert (tmp_path / "link").is_symlink() and content(tmp_path / "real")["README.md"] == "second"


def test_a_link_to_nothing_and_a_link_to_itself_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "unplugged" / "disk")
    (tmp_path / "loop").symlink_to("loop")
    refused(tmp_path / "link", "a link to .*unplugged/disk, which does not exist")
    refused(tmp_path / "loop", "loop")


@pytest.mark.parametrize("path", ["x" * 300, "a/" + "x" * 300 + "/b", "a/" * 3000 + "b", "a\0b"])
def test_a_name_that_cannot_be_is_found_before_the_work(path: str, tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match="cannot be written") as error:
        require_replaceable(tmp_path / path, TOY)
    assert "\n" not in str(error.value) and not list(tmp_path.iterdir())


def test_a_failure_leaves_the_old_result_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "toy")
    for folder in (tmp_path / "toy", tmp_path / "far" / "away"):
        with pytest.raises(KeyError), written_whole(folder, TOY) as scratch:
            (scratch / "README.md").write_text("half")
            raise KeyError
    assert content(tmp_path / "toy")["README.md"] == "first" and [path.name for path in tmp_path.iterdir()] == ["toy"]


def test_what_comes_in_between_is_kept_and_so_is_the_result(tmp_path: Path) -> None:
    """A user puts a file into the old result while the new one is being made."""
    write(tmp_path / "toy")
    with pytest.raises(HwgenError, match=r"holds NOTES, .*the result is kept in .*toy-kept$"):  # noqa: SIM117
        with written_whole(tmp_path / "toy", TOY) as scratch:
            (tmp_path / "toy" / "NOTES").write_text("mine")
            (scratch / "README.md").write_text("second")
    assert content(tmp_path / "toy") == {"NOTES": "mine", "README.md": "first", "part/word": "first"}
    assert content(tmp_path / "toy-kept") == {"README.md": "second"}


def test_only_untouched_results_are_removed(tmp_path: Path) -> None:
    write(tmp_path / "toy")
    write(tmp_path / "edited")
    (tmp_path / "edited" / "README.md").write_text("mine")
    (tmp_path / "mine").mkdir()
    (tmp_path / "link").symlink_to("toy")
    gone = {name: remove_ours(tmp_path / name, TOY) for name in ("edited", "mine", "link", "nowhere", "toy")}
    assert gone == {"edited": False, "mine": False, "link": False, "nowhere": False, "toy": True}
    assert sorted(os.listdir(tmp_path)) == ["edited", "link", "mine"]  # noqa: PTH208


def test_the_mode_of_the_folder_stays(tmp_path: Path) -> None:
    write(tmp_path / "toy")
    (tmp_path / "toy").chmod(0o750)
    write(tmp_path / "toy", "second")
    assert (tmp_path / "toy").stat().st_mode & 0o7777 == 0o750
