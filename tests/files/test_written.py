"""A single file is hwgen's as long as it is what hwgen wrote, and hwgen knows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.errors import HwgenError
from hwgen.files import Kind, require_writable, write_whole
from hwgen.files.written import VARIABLE

NOTES = Kind("notes", "a page of notes")
LISTS = Kind("lists", "a list")


def refused(path: Path, kind: Kind) -> None:
    before = path.read_bytes()
    for work in (lambda: require_writable(path, kind), lambda: write_whole(path, "new", kind)):
        with pytest.raises(HwgenError, match=f"exists and is not {kind.called} as hwgen wrote it"):
            work()
    assert path.read_bytes() == before


def test_only_an_untouched_file_of_the_same_kind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "page"
    for content in ("one", "two", "two", "one"):
        require_writable(path, NOTES)
        write_whole(path, content, NOTES)
        assert path.read_text() == content
    refused(path, LISTS)
    path.write_text("one and mine")
    refused(path, NOTES)


def test_a_copy_is_hwgens_and_a_file_that_it_never_wrote_is_not(tmp_path: Path) -> None:
    write_whole(tmp_path / "page", "one", NOTES)
    (tmp_path / "copy").write_text("one")
    write_whole(tmp_path / "copy", "two", NOTES)
    (tmp_path / "empty").touch()
    refused(tmp_path / "empty", NOTES)


@pytest.mark.parametrize("state", ["", "file", "nowhere", "folder"])
def test_without_notes_every_file_is_somebodys(state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is written all the same."""
    path = tmp_path / "page"
    if state:
        monkeypatch.setenv(VARIABLE, str(tmp_path / state))
    else:
        monkeypatch.delenv(VARIABLE)
        monkeypatch.setenv("HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder" / "hwgen" / "written").mkdir(parents=True)
    write_whole(path, "one", NOTES)
    if state == "nowhere":
        write_whole(path, "two", NOTES)
        (tmp_path / state / "hwgen" / "written").unlink()
    refused(path, NOTES)
