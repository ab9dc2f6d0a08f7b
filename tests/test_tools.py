"""Tools are chosen by what they can do, and find a place for their cache."""

import os
from pathlib import Path

import pytest

from hwgen import tools
from hwgen.errors import HwgenError


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEXTPNR_ECP5", raising=False)
    monkeypatch.delenv("YOWASP_CACHE_DIR", raising=False)
    tools._native.cache_clear()


def native(folder: Path, says: str, monkeypatch: pytest.MonkeyPatch) -> str:
    path = folder / "nextpnr-ecp5"
    path.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    return str(path)


@pytest.mark.parametrize(
    ("says", "new"),
    [
        ('"nextpnr-ecp5" -- Next Generation Place and Route (Version nextpnr-0.9)', True),
        ("(Version 0.10-138-gf01465f6)", True),
        ("(Version nextpnr-0.4)", False),
        ("no version", False),
    ],
)
def test_a_native_tool_goes_first_where_it_is_new_enough(
    says: str, new: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = native(tmp_path, says, monkeypatch)
    assert (tools.find("nextpnr-ecp5") == path) == new and (tools.natives().get("nextpnr-ecp5") == path) == new


def test_the_environment_overrides_a_native_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    native(tmp_path, "(Version nextpnr-0.9)", monkeypatch)
    monkeypatch.setenv("NEXTPNR_ECP5", "/bin/sh")
    assert tools.find("nextpnr-ecp5") == "/bin/sh" and "nextpnr-ecp5" not in tools.natives()


def test_the_cache_moves_where_it_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    tools.keep_cache()
    moved = Path(os.environ["YOWASP_CACHE_DIR"])
    assert moved.parent == tmp_path and moved.stat().st_mode & 0o777 == 0o700


def test_nobody_elses_folder_becomes_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    tools.keep_cache()
    Path(os.environ.pop("YOWASP_CACHE_DIR")).chmod(0o777)
    with pytest.raises(HwgenError, match="name a folder for it in YOWASP_CACHE_DIR"):
        tools.keep_cache()
    assert "YOWASP_CACHE_DIR" not in os.environ
