"""The line's rate is what the user says, else what the build's report says, else one clear line."""

import json
from pathlib import Path

import pytest

from hwgen.errors import HwgenError
from hwgen.host.rate import line_rate


def built(folder: Path, text: str | None = None, **fields: object) -> Path:
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(json.dumps(fields) if text is None else text)
    return folder


def test_what_the_user_says_goes_first(tmp_path: Path) -> None:
    assert line_rate(115_200, tmp_path / "nowhere", "m") == 115_200


def test_a_build_says_its_rate(tmp_path: Path) -> None:
    assert line_rate(None, built(tmp_path / "mine", baud=3_000_000), "m") == 3_000_000


def test_the_default_folders_are_looked_through(tmp_path: Path) -> None:
    built(tmp_path / "ulx3s-m[1]", baud=3_000_000)
    built(tmp_path / "ulx3s-other", baud=9600)
    assert line_rate(None, None, "m[1]", tmp_path) == 3_000_000
    built(tmp_path / "icebreaker-m[1]", baud=3_000_000)
    assert line_rate(None, None, "m[1]", tmp_path) == 3_000_000
    built(tmp_path / "arty_a7-m[1]", baud=12_000_000)
    with pytest.raises(HwgenError, match=r"differ \(.*arty_a7.* 12000000.*give --baud.*--build"):
        line_rate(None, None, "m[1]", tmp_path)


def test_where_nobody_says_it_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match=r"no build of m in .*give --baud"):
        line_rate(None, None, "m", tmp_path)
    with pytest.raises(HwgenError, match=r"the line's rate: .*no report\.json there.*give --baud"):
        line_rate(None, tmp_path, "m")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"baud": 0}', '{"baud": true}', '{"baud": "1"}', "[" * 100_000])
def test_a_report_that_does_not_say_it(text: str, tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match=r"the line's rate: .*not written by .*build again, or give --baud"):
        line_rate(None, built(tmp_path / "b", text), "m")
