"""No tool is trusted to end, nor to fail for a good reason."""

import json
import sys
import time
from pathlib import Path

import pytest

from hwgen.errors import HwgenError
from hwgen.flow import process, routing
from hwgen.flow.attempts import SEEDS, attempts
from hwgen.flow.process import CrashError, StallError
from hwgen.flow.routing import PLACED, place
from hwgen.flow.steps import Steps
from hwgen.flow.watch import PATIENCE, Watch
from hwgen.progress import Progress

CLOCK = 5e6

TOOL = """
import json, os, signal, sys, time
router, seed = sys.argv[2], int(sys.argv[4])
print("Info:     at iteration #1, type ALL: wirelen solved = 1, spread = 2, legal = 3; time = 0.1s", flush=True)
def loop():
    for turn in range(10**9):
        print(f"Info:  {turn} |  1  1 |  1  1 |  7|  0.1  0.2|")
def crash():
    os.kill(os.getpid(), signal.SIGABRT)
def refuse():
    sys.exit("ERROR: Unable to find legal placement for all cells")
def route(clock=5.0):
    open("top.config", "w").write(f"{router} {seed}")
    json.dump({"fmax": {"clk": {"achieved": clock}}}, open("place-and-route.json", "w"))
"""


def tool(body: str, folder: Path) -> list[str]:
    """A nextpnr that does `body`."""
    (folder / "nextpnr.py").write_text(TOOL + body)
    return [sys.executable, str(folder / "nextpnr.py")]


def test_routers_and_seeds_take_turns() -> None:
    tries = [str(each) for each in attempts(4)]
    assert tries[:3] == ["router1, seed 4", "router2, seed 4", "router1, seed 5"] and len(tries) == 2 * (1 + SEEDS)
    assert str(next(attempts(1, scarce=True))) == "router2, seed 1"


@pytest.mark.parametrize("fault", ["loop", "crash"])
def test_a_stall_or_crash_is_followed_by_the_other_router(fault: str, tmp_path: Path) -> None:
    said: list[str] = []
    work = tmp_path / "work"
    work.mkdir()
    (work / "top.json").write_text("{}")
    steps = Steps(work, said.append)
    attempt = place(steps, tool(f"{fault}() if router == 'router1' else route()", tmp_path), [3], CLOCK)
    assert (attempt.router, attempt.seed) == ("router2", 3) and (work / "top.config").read_text() == "router2 3"
    assert said[0] == "place and route" and "with router1, seed 3; trying another" in said[1]
    assert not [path for path in work.iterdir() if path.is_dir()] and steps.seconds["place and route"] > 0


def test_a_refusal_is_not_tried_again(tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match="Unable to find legal placement") as error:
        place(Steps(tmp_path, print), tool("refuse()", tmp_path), [1], CLOCK)
    assert type(error.value) is HwgenError
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["router1-seed-1"]


def test_what_crashes_always_is_said_once(tmp_path: Path) -> None:
    with pytest.raises(CrashError, match=r"SIGABRT.*; so or alike with 8 routers and seeds; an attribute of a pin"):
        place(Steps(tmp_path, lambda line: None), tool("crash()", tmp_path), [1], CLOCK)
    assert len(list(tmp_path.rglob("place-and-route.log"))) == 8, "the logs are kept"


def test_the_fastest_of_several_seeds_is_kept(tmp_path: Path) -> None:
    attempt = place(Steps(tmp_path, print), tool("crash() if seed == 3 else route(seed)", tmp_path), [1, 2, 3], CLOCK)
    assert attempt.seed == 2 and json.loads((tmp_path / PLACED).read_text())["fmax"]["clk"]["achieved"] == 2


def test_the_first_seed_that_reaches_the_clock_ends_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "at_a_time", lambda seeds: 2)
    body, start = "time.sleep(60) if seed == 1 else route(seed)", time.monotonic()
    assert place(Steps(tmp_path, print), tool(body, tmp_path), [1, 4, 5, 6, 7], CLOCK).seed == 5
    assert time.monotonic() - start < 30
    assert (tmp_path / "top.config").read_text() == "router1 5", "4 was too slow, and 6 not needed"


def test_no_seed_begins_that_is_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "at_a_time", lambda seeds: 1)
    body = "open('../../seeds', 'a').write(f'{seed} '), route(seed)"
    work = tmp_path / "work"
    work.mkdir()
    assert place(Steps(work, print), tool(body, tmp_path), [4, 5, 6], CLOCK).seed == 5
    assert (tmp_path / "seeds").read_text() == "4 5 "


def test_details_are_shown_live(tmp_path: Path) -> None:
    class Listener(Progress):
        notes: list[str] = []

        def detail(self, note: str, share: float | None = None) -> None:
            self.notes.append(note)

    place(Steps(tmp_path, Listener()), tool("route()", tmp_path), [1], CLOCK)
    assert Listener.notes == ["placement, round 1, wire length 3"]


def test_silence_is_a_stall(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; print('iter=1 wires=2 overused=3', flush=True); time.sleep(60)"]
    start = time.monotonic()
    with pytest.raises(StallError, match=r"no word for 0.3 s \(routing, round 1, 3 wires overused\)"):
        Steps(tmp_path, print).run("routing", command, watch=Watch(silence=0.3))
    assert time.monotonic() - start < 30


def test_a_stopped_tool_takes_along_what_it_started(tmp_path: Path) -> None:
    body = (
        "import os, subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        f"open('pid', 'w').write(str(child.pid)); [print('iter=1 wires=2 overused=3') for _ in range({2 * PATIENCE})];"
        "sys.stdout.flush(); child.wait()"
    )
    with pytest.raises(StallError):
        Steps(tmp_path, print).run("routing", [sys.executable, "-c", body])
    state = Path(f"/proc/{(tmp_path / 'pid').read_text()}/stat")
    deadline = time.monotonic() + 5
    while state.exists() and state.read_text().split()[2] != "Z" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not state.exists() or state.read_text().split()[2] == "Z"


@pytest.mark.parametrize("line", ["Assertion failure: x (a.cc:1)", "terminate called after throwing"])
def test_an_assertion_is_a_crash_even_where_it_is_an_error(line: str, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(f"first\nERROR: {line}\n")
    assert isinstance(process.failure("routing", tmp_path / "a.log", 1), CrashError)
