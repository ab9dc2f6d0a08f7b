"""A folder that results are added to: files of others lie beside them, untouched."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from hwgen.errors import HwgenError
from hwgen.files import Gathered, Kind, written_whole
from hwgen.files.manifest import MARKER

KIND = Kind("measurement", "a measurement")


def test_only_own_files_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    results = Gathered(tmp_path, KIND)
    for work in (lambda: results.require("READ*.md"), lambda: results.write("README.md", "second")):
        with pytest.raises(HwgenError, match=r"README\.md: hwgen did not write it"):
            work()
    began = time.monotonic()
    for text in ("first", "second"):
        results.require("*.svg")
        results.write("a.svg", text)
    assert time.monotonic() - began < 10  # no lock waits for another of the same process
    assert (tmp_path / "a.svg").read_text() == "second" and (tmp_path / "README.md").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == [MARKER, "README.md", "a.svg"]
    (tmp_path / "a.svg").write_text("mine")
    with pytest.raises(HwgenError, match=r"a\.svg: was changed after hwgen had written it"):
        Gathered(tmp_path, KIND).require("*.svg")
    (tmp_path / "a.svg").unlink()
    (tmp_path / "a.svg").symlink_to("README.md")
    with pytest.raises(HwgenError, match="was changed"):
        results.write("a.svg", "third")
    assert (tmp_path / "README.md").read_text() == "mine"


@pytest.mark.parametrize("stop", [1, 2])
def test_a_kill_between_note_and_file_is_gone_on_from(
    stop: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = Gathered(tmp_path, KIND)
    results.write("a.svg", "first")
    real, calls = Gathered._note, []

    def note(self: Gathered, entries: dict[str, str]) -> None:
        calls.append(entries)
        if len(calls) == stop:
            raise KeyboardInterrupt
        real(self, entries)

    monkeypatch.setattr(Gathered, "_note", note)
    with pytest.raises(KeyboardInterrupt):
        results.write("a.svg", "second")
    Gathered(tmp_path, KIND).require("a.svg")


def test_a_result_of_another_kind_and_a_file_are_refused(tmp_path: Path) -> None:
    with written_whole(tmp_path / "model", Kind("model", "a model")) as scratch:
        (scratch / "word").write_text("")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(HwgenError, match="is a model that hwgen wrote, not a measurement"):
        Gathered(tmp_path / "model", KIND)
    with pytest.raises(HwgenError, match="not a folder"):
        Gathered(tmp_path / "file", KIND)


@pytest.mark.parametrize("link", [False, True])
def test_a_marker_of_somebody_else_is_refused(link: bool, tmp_path: Path) -> None:
    notes, folder = tmp_path / "notes.txt", tmp_path / "results"
    folder.mkdir()
    notes.write_text("mine")
    if link:
        (folder / MARKER).symlink_to(notes)
    else:
        (folder / MARKER).write_text("mine")
    with pytest.raises(HwgenError, match="hwgen did not write it"):
        Gathered(folder, Kind("bench", "earlier results"))
    assert notes.read_text() == "mine" == (folder / MARKER).read_text()
