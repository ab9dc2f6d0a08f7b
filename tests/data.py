"""Real sentences, where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


def folder(name: str) -> Path:
    """A real data set's folder; the test is skipped where there is none."""
    path = FOLDER / name
    if not path.is_dir():
        pytest.skip(f"{path} is not here: real data sets do not come with the project")
    return path


def sst2_test() -> list[str]:
    """The 1,821 test sentences of SST-2."""
    rows = (folder("glue_sst2") / "test.tsv").read_text(encoding="utf-8").splitlines()
    return [row.split("\t", 1)[1] for row in rows]
