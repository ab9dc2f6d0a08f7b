"""Pictures are drawn over untouched pictures of hwgen, and over nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from hwgen.errors import HwgenError
from hwgen.flow.picture import FORMATS, require_picture, save_picture


@pytest.mark.parametrize("suffix", FORMATS)
def test_own_pictures_are_known_again(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / "new" / f"picture{suffix}"
    for _ in range(2):
        require_picture(path)
        save_picture(Figure(), path)
    path.write_bytes(path.read_bytes() + b"\n")
    for work in (lambda: require_picture(path), lambda: save_picture(Figure(), path)):
        with pytest.raises(HwgenError, match="exists and is not a picture as hwgen wrote it"):
            work()


def test_what_cannot_be_a_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").write_text("mine")
    for name, message in (("x.doc", "no picture's name"), ("folder.png", "is a folder"), ("file/x.png", "cannot be")):
        with pytest.raises(HwgenError, match=message):
            require_picture(tmp_path / name)
