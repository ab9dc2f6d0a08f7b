"""What ends a command from outside leaves nothing half done, and no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hwgen.model import Model
from hwgen.text.vocabulary import Vocabulary
from tests.random_graph import random_graph

ROOT = str(Path(__file__).resolve().parents[1])
INTERRUPTED = """
import os, signal, sys
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.{number})
sys.meta_path.insert(0, Finder)
sys.argv = ["hwgen", *{arguments!r}]
from hwgen.cli import main
main()
"""


def heard() -> None:
    """A shell may have started the tests with signals ignored, which is inherited."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def environment(**changes: str) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [ROOT, os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path} | changes


MODULES = ("hwgen.cli.signals", "typer", "hwgen.cli.training", "torch")


@pytest.mark.parametrize(("module", "number"), [*((module, "SIGINT") for module in MODULES), ("numpy", "SIGTERM")])
def test_a_signal_during_imports_ends_at_once_and_quietly(module: str, number: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    script = INTERRUPTED.format(module=module, number=number, arguments=["train", "demo", "-o", str(tmp_path / "m")])
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment(), preexec_fn=heard, check=False
    )
    assert done.returncode == 128 + signal.Signals[number]
    assert not done.stdout and not done.stderr and not list(tmp_path.iterdir())


def test_a_signal_as_python_ends_is_quiet() -> None:
    script = "import atexit, os, signal, sys, time\n"
    script += "atexit.register(lambda: (os.kill(os.getpid(), signal.SIGINT), time.sleep(30)))\n"
    script += "sys.argv = ['hwgen', '--help']\nfrom hwgen.cli import main\nmain()"
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment(), preexec_fn=heard, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (130, "")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    graph = random_graph(np.random.default_rng(0), classes=2, filters=2)
    Model(graph, Vocabulary(tuple(f"w{i}" for i in range(46)), 3), ("no", "yes")).save(tmp_path / "tiny")
    return tmp_path / "tiny"


def started(model: Path) -> subprocess.Popen[str]:
    """An export whose yosys never ends, waited for until it is there."""
    folder = model.parent
    (folder / "temporary").mkdir(exist_ok=True)
    tool, mark = folder / "yosys", folder / "temporary" / "started"
    tool.write_text(f"#!/bin/sh\necho $$ > {mark}.part; mv {mark}.part {mark}; exec sleep 60\n")
    tool.chmod(0o755)
    command = [sys.executable, "-m", "hwgen.cli", "export", str(model), "-o", str(folder / "results" / "out")]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(YOSYS=str(tool), TMPDIR=str(folder / "temporary")),
        preexec_fn=heard,
    )
    deadline = time.monotonic() + 60
    while not mark.exists():
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.02)
    return process


def ended(process: int) -> bool:
    """Whether it is gone, or only waits to be reaped."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{process}/stat").read_text().rsplit(")")[-1].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


def left(model: Path) -> list[str]:
    folders = (model.parent / "temporary", model.parent / "results")
    return sorted(path.name for folder in folders if folder.exists() for path in folder.iterdir())


@pytest.mark.parametrize(("number", "status"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130)])
def test_a_signal_cleans_up_and_ends_the_tools(number: str, status: int, model: Path) -> None:
    process = started(model)
    tool = int((model.parent / "temporary" / "started").read_text())
    os.kill(process.pid, signal.Signals[number])
    _, said = process.communicate(timeout=20)
    assert process.returncode == status and "Traceback" not in said
    assert left(model) == ["started"]
    assert ended(tool)


def test_what_a_kill_has_left_is_removed_by_the_next_run(model: Path) -> None:
    process = started(model)
    tool = int((model.parent / "temporary" / "started").read_text())
    process.kill()
    process.communicate()
    if sys.platform == "linux":
        assert ended(tool)
    assert len(left(model)) == 3 and all(name.startswith(".hwgen-") for name in left(model)[:2])
    command = [sys.executable, "-m", "hwgen.cli", "export", str(model), "-o", str(model.parent / "results" / "out")]
    temporary = environment(TMPDIR=str(model.parent / "temporary"))
    assert subprocess.run(command, capture_output=True, env=temporary, check=False).returncode == 0
    assert left(model) == ["out", "started"]
