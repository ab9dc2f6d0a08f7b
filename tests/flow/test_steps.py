"""A tool that fails is one clear line: its own, and the right one of many."""

import re
import sys
from pathlib import Path

import pytest

from hwgen.errors import HwgenError
from hwgen.flow.steps import Steps

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
