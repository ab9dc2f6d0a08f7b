"""A tool that fails is one clear line: its own, and the right one of many."""

import re
import sys
import tempfile
from pathlib import Path

import pytest

from hwgen.errors import HwgenError
from hwgen.flow.steps import Steps, logs_kept

TRAP = """Traceback (most recent call last):
  File "run.py", line 8, in <module>
wasmtime._trap.Trap: error while executing at wasm backtrace:
    0:   0x92a6 - <unknown>!<wasm function 53>
Caused by:
    thrown Wasm exception
"""


def failure(code: str, folder: Path) -> str:
    with pytest.raises(HwgenError) as error:
        Steps(folder, lambda line: None).run("place and route", [sys.executable, "-c", code])
    return str(error.value)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Warning: net 'crc_error' has no driver\nInfo: 0 errors\nERROR: no place\nERROR: more", "ERROR: no place"),
        ("top.ys:3: ERROR: Module `top' is missing", "top.ys:3: ERROR: Module `top' is missing"),
        ("reading crc_error.v\ncc: error: no such file\nbye", "cc: error: no such file"),
        ("first\nlast words\n\n", "last words"),
        ("", "no message, exit status 3"),
        (TRAP, "the tool crashed (thrown Wasm exception)"),
        (
            "PermissionError: [Errno 13] Permission denied: '/x'",
            "PermissionError: [Errno 13] Permission denied: '/x'; YOWASP",
        ),
    ],
)
def test_the_line_that_says_why(said: str, found: str, tmp_path: Path) -> None:
    message = failure(f"print({said!r}); raise SystemExit(3)", tmp_path)
    assert re.match(f"place and route failed: {re.escape(found)}", message)
    assert "\n" not in message


@pytest.mark.parametrize(("sent", "found"), [("SIGKILL", "killed, as happens when memory"), ("SIGTERM", "by SIGTERM")])
def test_a_tool_that_is_ended(sent: str, found: str, tmp_path: Path) -> None:
    assert found in failure(f"import os, signal; os.kill(os.getpid(), signal.{sent})", tmp_path)


def test_a_tool_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match="synthesis: /nowhere/yosys does not run"):
        Steps(tmp_path, lambda line: None).run("synthesis", ["/nowhere/yosys"])


def test_steps_are_announced_logged_and_timed(tmp_path: Path) -> None:
    said: list[str] = []
    steps = Steps(tmp_path, said.append)
    steps.run("place and route", [sys.executable, "-c", "print('hello')"])
    assert said == ["place and route"] and steps.seconds["place and route"] >= 0
    assert (tmp_path / "place-and-route.log").read_text() == "hello\n"


def fail(source: Path, folder: Path) -> str:
    """What is said of where the logs are."""
    with pytest.raises(HwgenError) as error, logs_kept(source, folder):
        raise HwgenError("no place")
    return str(error.value).removeprefix("no place")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with two logs."""
    (tmp_path / "work" / "seed-1").mkdir(parents=True)
    for name in ("synthesis.log", "seed-1/place.log", "top.v"):
        (tmp_path / "work" / name).write_text(name)
    return tmp_path / "work"


def test_logs_of_a_failure_are_kept_until_all_is_well(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out-failed"
    for _ in range(2):
        assert fail(source, folder) == f"; logs: {folder}"
    assert {path.name for path in folder.rglob("*.*")} == {"synthesis.log", "place.log", ".hwgen.json"}
    with logs_kept(source, folder):
        pass
    assert not folder.exists()
    (source / "synthesis.log").unlink()
    (source / "seed-1" / "place.log").unlink()
    assert fail(source, folder) == "" and not folder.exists()


@pytest.mark.parametrize("name", ["mine", "x" * 256])
def test_logs_that_cannot_lie_beside_the_result_are_kept_elsewhere(
    name: str, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes").write_text("mine")
    folder = tmp_path / name
    said = fail(source, folder)
    kept = tmp_path / "temporary" / "hwgen-failed-kept"
    assert said.startswith(f"; logs: {kept} ({folder}: ") and (kept / "seed-1" / "place.log").is_file()
    with logs_kept(source, folder):
        pass
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes"]
