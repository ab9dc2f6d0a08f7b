"""Full, read-only and forbidden disks: found before the work, one line, and no result is lost at the end."""

from __future__ import annotations

import errno
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hwgen.errors import HwgenError
from hwgen.files import (
    Kind,
    folder,
    require_replaceable,
    require_writable,
    save_whole,
    temporary_folder,
    write_whole,
    written_whole,
)

SMALL = Kind("toy", "a toy", room=1 << 12)
LARGE = Kind("toy", "a toy", room=1 << 20)


def mount(*options: str) -> None:
    done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"needs the right to mount a disk ({done.stderr.strip()})")


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A disk of 256 kB; temporary files go to another."""
    place = tmp_path / "disk"
    place.mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "elsewhere"))
    mount("-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place))
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(scratch: Path) -> None:
    (scratch / "word").write_bytes(bytes(300_000))


def test_a_small_disk_is_found_before_the_work(disk: Path) -> None:
    require_replaceable(disk / "toy", SMALL)
    with pytest.raises(HwgenError, match=r"disk/toy: 0\.\d MB are free on its disk, and it may take 1\.0 MB"):
        require_replaceable(disk / "toy", LARGE)
    with pytest.raises(HwgenError, match=r"disk/far/file: 0\.\d MB are free"):
        require_writable(disk / "far" / "file", LARGE)
    assert not list(disk.iterdir())


def test_a_disk_that_fills_at_the_end_costs_no_result(disk: Path) -> None:
    full = r"disk/toy: cannot be written \(No space left on device\)"
    with pytest.raises(HwgenError, match=full + "; the result is kept in .*/elsewhere/toy-kept$"):
        save_whole(disk / "toy", SMALL, fill)
    assert (disk.parent / "elsewhere" / "toy-kept" / "word").stat().st_size == 300_000
    assert not list(disk.iterdir()) and [path.name for path in (disk.parent / "elsewhere").iterdir()] == ["toy-kept"]
    with pytest.raises(HwgenError, match=r"kept in .*/elsewhere/toy-kept-2$"):
        save_whole(disk / "toy", SMALL, fill)


def test_a_disk_that_fills_in_the_work_is_one_line(disk: Path) -> None:
    for work in (lambda: fill_whole(disk / "toy"), lambda: write_whole(disk / "file", bytes(300_000))):
        with pytest.raises(HwgenError, match=r"cannot be written \(No space left on device\)"):
            work()
    assert not list(disk.iterdir())


def fill_whole(target: Path) -> None:
    with written_whole(target, SMALL) as scratch:
        fill(scratch)


def test_an_old_result_stays_when_there_is_no_room_for_the_new(disk: Path) -> None:
    with written_whole(disk / "toy", SMALL) as scratch:
        (scratch / "word").write_text("old")
    with pytest.raises(HwgenError, match="kept in"):
        save_whole(disk / "toy", SMALL, fill)
    assert (disk / "toy" / "word").read_text() == "old"


def test_a_read_only_disk_is_found_before_the_work(disk: Path) -> None:
    mount("-o", "remount,ro", str(disk))
    for work in (
        lambda: require_replaceable(disk / "toy", SMALL),
        lambda: require_replaceable(disk / "far" / "toy", SMALL),
        lambda: require_writable(disk / "file", SMALL),
    ):
        with pytest.raises(HwgenError, match=r"cannot be written \(Read-only file system\)"):
            work()


def test_a_mount_point_is_not_replaced(disk: Path) -> None:
    with pytest.raises(HwgenError, match="mount point"):
        require_replaceable(disk, SMALL)


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_forbidden_folder_is_found_before_the_work(tmp_path: Path) -> None:
    with written_whole(tmp_path / "old", SMALL) as scratch:
        (scratch / "word").write_text("old")
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(HwgenError, match=r"cannot be written \(Permission denied\)"):
            require_replaceable(tmp_path / "toy", SMALL)
        (tmp_path / "old").chmod(0o555)
        with pytest.raises(HwgenError, match=r"old: cannot be written \(Permission denied\)"):
            require_replaceable(tmp_path / "old", SMALL)
    finally:
        tmp_path.chmod(0o755)


def test_a_result_that_cannot_take_its_name_is_kept_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with written_whole(tmp_path / "toy", SMALL) as scratch:
        (scratch / "word").write_text("old")

    def busy(*_: object) -> bool:
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(folder, "exchange", busy)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(HwgenError, match=r"busy\); the result is kept in .*/elsewhere/toy-kept$"):
        fill_whole(tmp_path / "toy")
    assert (tmp_path / "toy" / "word").read_text() == "old"
    assert (tmp_path / "elsewhere" / "toy-kept" / "word").exists()


def test_another_full_disk_is_named(disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    with (
        pytest.raises(HwgenError, match=r"/disk/.*: cannot be written \(No space"),
        written_whole(tmp_path / "t", SMALL),
        temporary_folder() as folder,
    ):
        (folder / "large").write_bytes(bytes(300_000))
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / "t", SMALL):
        (tmp_path / "data").read_text()
