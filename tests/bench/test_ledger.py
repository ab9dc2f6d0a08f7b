"""The file of runs survives being killed, and several writers."""

from __future__ import annotations

import os
import resource
from multiprocessing import get_context
from pathlib import Path

import pytest

from hwgen.bench.ledger import Ledger
from hwgen.errors import HwgenError


def write(path: Path, writer: int) -> None:
    for number in range(50):
        Ledger(path).append({"key": f"{writer}/{number}", "filler": "x" * 3000})


def test_what_is_appended_is_read_back(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "new" / "runs.jsonl")
    assert ledger.runs() == {}
    for value in (1, 2):
        ledger.append({"key": "a", "value": value})
    ledger.append({"key": "b", "value": 3})
    assert {key: run["value"] for key, run in ledger.runs().items()} == {"a": 2, "b": 3}


@pytest.mark.parametrize("cut", [1, 10, 19])
def test_a_torn_last_line_is_passed_over_and_mended(tmp_path: Path, cut: int) -> None:
    ledger = Ledger(tmp_path / "runs.jsonl")
    for key in "ab":
        ledger.append({"key": key, "value": 1})
    ledger.path.write_bytes(ledger.path.read_bytes()[:-cut])
    kept = ["a"] if cut > 1 else ["a", "b"]
    assert list(ledger.runs()) == kept
    ledger.append({"key": "c", "value": 1})
    assert list(ledger.runs()) == [*kept, "c"] and ledger.path.read_text().count("\n") == len(kept) + 1


def test_a_line_that_is_no_run_is_named(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text('{"key": "a"}\nnonsense\n{"key": "b"}\n')
    with pytest.raises(HwgenError, match=r"runs\.jsonl:2: not a run"):
        Ledger(path).runs()


@pytest.mark.parametrize("content", ["mine", "mine\n", '{"tests": 5}\n', '{"key": "a"}\nmine', "[1]\n"])
def test_a_file_of_something_else_is_left_alone(content: str, tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text(content)
    with pytest.raises(HwgenError, match="not a run"):
        Ledger(path).require_writable()
    assert path.read_text() == content


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "runs.jsonl")
    with pytest.raises(HwgenError, match=r"runs\.jsonl: not a regular file"):
        Ledger(tmp_path / "runs.jsonl").require_writable()


def test_a_full_disk_leaves_the_lines_before(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "runs.jsonl")
    ledger.append({"key": "a"})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError, match=r"No space left on device|File too large"):
            ledger.append({"key": "b", "filler": "x" * 500})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert ledger.path.read_text() == '{"key":"a"}\n'


def test_writers_do_not_mix_their_lines(tmp_path: Path) -> None:
    path, context = tmp_path / "runs.jsonl", get_context("fork")
    writers = [context.Process(target=write, args=(path, number)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(Ledger(path).runs()) == 150
