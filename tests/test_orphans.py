"""Tools do not outlive hwgen, and none is started while it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from hwgen import orphans
from hwgen.errors import HwgenError
from hwgen.flow.steps import Steps
from tests.test_signals import ended, environment, heard

SEEDS = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from hwgen.cli import signals
from hwgen.errors import HwgenError
from hwgen.flow.steps import Steps

def place(seed):
    folder = Path(sys.argv[1]) / str(seed)
    folder.mkdir()
    try:
        Steps(folder, lambda line: None).run("place", ["sh", "-c", "echo $$ > part; mv part started; exec sleep 60"])
    except HwgenError:
        pass

signals.install()
with ThreadPoolExecutor(2) as pool:
    list(pool.map(place, range(6)))
"""


@pytest.mark.parametrize("number", ["SIGTERM", "SIGKILL"])
def test_tools_in_threads_end_and_the_next_are_not_begun(number: str, tmp_path: Path) -> None:
    if number == "SIGKILL" and sys.platform != "linux":
        pytest.skip("only Linux ends the children of a killed process")
    process = subprocess.Popen([sys.executable, "-c", SEEDS, str(tmp_path)], env=environment(), preexec_fn=heard)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("*/started"))) < 2:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.Signals[number])
    process.wait(timeout=20)
    tools = [int(path.read_text()) for path in tmp_path.glob("*/started")]
    assert all(map(ended, tools)) and len(tools) == 2


PLACED = """
import sys
from pathlib import Path
from hwgen.cli import signals
from hwgen.flow.routing import place
from hwgen.flow.steps import Steps

signals.install()
command = ["sh", "-c", "echo $$ > part; mv part started; exec sleep 60", "sh"]
place(Steps(Path(sys.argv[1]), print), command, range(3), 1e6)
"""


@pytest.mark.parametrize(("number", "status"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_router_that_a_signal_ends_has_not_crashed(number: str, status: int, tmp_path: Path) -> None:
    """Nothing is said of other routers and seeds to be tried."""
    script = f"try:\n{textwrap.indent(PLACED, '    ')}\nexcept KeyboardInterrupt:\n    sys.exit(130)"
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        env=environment(),
        preexec_fn=heard,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("*/started")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.Signals[number])
    said, _ = process.communicate(timeout=20)
    assert process.returncode == status and said.splitlines() == ["place and route, seeds 0, 1, 2"]
    assert all(ended(int(path.read_text())) for path in tmp_path.glob("*/started"))


def test_no_tool_is_started_while_all_is_being_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphans, "_ending", True)
    with pytest.raises(HwgenError, match="ended by a signal"):
        Steps(tmp_path, lambda line: None).run("place", ["true"])
