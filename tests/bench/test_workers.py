"""Workers end with their parent, whatever ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hwgen.bench.workers import worked
from hwgen.errors import HwgenError

ROOT = str(Path(__file__).resolve().parents[2])
WORK = """
import os, time
def slow(mark):
    mark.write_text(str(os.getpid()))
    time.sleep(60)
"""
PARENT = """
import sys
from pathlib import Path
from hwgen.bench.workers import worked
from hwgen.cli import signals
from slow_work import slow
if __name__ == "__main__":
    signals.install()
    list(worked(slow, [Path(sys.argv[1]) / str(n) for n in range(6)], 2))
"""


def half(number: int) -> int:
    if number % 2:
        raise HwgenError(f"{number} is odd")
    return number // 2


def die(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def heard() -> None:
    """A shell may have started the tests with signals ignored, which is inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process}/stat").read_text().rsplit(")")[-1].split()[0] == "Z"


@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_workers_end_with_their_parent(number: str, tmp_path: Path) -> None:
    script, marks = tmp_path / "parent.py", tmp_path / "marks"
    marks.mkdir()
    script.write_text(PARENT)
    (tmp_path / "slow_work.py").write_text(WORK)
    process = subprocess.Popen(
        [sys.executable, str(script), str(marks)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([ROOT, str(tmp_path), os.environ.get("PYTHONPATH", "")])},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heard,
    )
    deadline = time.monotonic() + 60
    while len(pids := [int(mark.read_text() or 0) for mark in marks.iterdir()]) < 2 or 0 in pids:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, signal.Signals[number])
    process.communicate(timeout=20)
    while not all(map(gone, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(list(marks.iterdir())) == 2, "no further task was begun"


def test_a_failing_task_is_one_line() -> None:
    with pytest.raises(HwgenError, match="1 is odd"):
        list(worked(half, [1], 1))
    assert sorted(answer for _, answer in worked(half, [2, 4, 6], 2)) == [1, 2, 3]


def test_a_killed_worker_is_one_line() -> None:
    with pytest.raises(HwgenError, match="a worker was killed"):
        list(worked(die, [1], 1))
