"""From a model to bitstreams and projects, and what is said when that cannot be."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import ChipFamily
from hwgen.chips.gowin import GOWIN
from hwgen.chips.ice40 import ICE40
from hwgen.errors import HwgenError
from hwgen.files.manifest import MARKER
from hwgen.flow import board as boards
from hwgen.flow import design, program
from hwgen.flow.advice import for_clock
from hwgen.flow.aim import Aim
from hwgen.flow.attempts import Attempt
from hwgen.flow.build import TimingError, _flash_image, fmax_of, synthesise
from hwgen.flow.built import Built
from hwgen.flow.choose import Design
from hwgen.flow.design import _Attempts, build_design
from hwgen.flow.report import Report
from hwgen.flow.steps import Steps
from hwgen.flow.target import Target
from hwgen.flow.utilisation import FitError, Utilisation, check_fit
from hwgen.graph.graph import ConvolutionGraph
from hwgen.model import Model
from hwgen.rtl.plan import AnyPlan, EnsemblePlan, HypervectorPlan, Plan
from hwgen.rtl.table.table_image import table_image
from hwgen.text.vocabulary import Vocabulary
from tests.random_graph import random_graph
from tests.reports import REPORT


@pytest.fixture(scope="module")
def model() -> Model:
    graph = random_graph(np.random.default_rng(0), vocabulary=64, filters=2, classes=2)
    words = Vocabulary(tuple(f"w{i}" for i in range(61)), 2)
    return Model(
        graph,
        words,
        ("no", "yes"),
        {
            "accuracy": {"dev": 0.5, "test": 0.5},
            "data": {"name": "demo", "toy": True, "rows": {"train": 1, "dev": 1, "test": 1}},
        },
    )


@pytest.mark.parametrize("name", ["ulx3s", "orangecrab", "icebreaker", "tang_nano_9k", "tang_primer_20k"])
def test_a_bitstream_by_open_tools(name: str, model: Model, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    aim = Aim(engine="spatial") if name in ("ulx3s", "tang_nano_9k") else Aim(lanes=3)
    report = build_design(model, "tiny", boards.load(name), folder, aim, clock=30e6)
    assert abs(report.clock / 30e6 - 1) < 0.02 and report.oscillator != report.clock
    timed = json.loads((folder / "place-and-route.json").read_text())["fmax"].values()
    assert [round(each["constraint"] * 1e6 / report.clock, 3) for each in timed] == [1.0], "another clock is timed"
    assert report.bitstream is not None and (folder / report.bitstream).stat().st_size > 10_000
    assert report.fmax is not None and report.fmax > report.clock
    assert report.brams[0] >= 1 and 100 < report.luts[0] < report.luts[1]
    saved = json.loads((folder / "report.json").read_text())
    assert saved["board"] == name and saved["sentences_per_second_at_fmax"] > 0
    if not name.startswith("tang"):  # nextpnr does not say what Gowin's slices are filled with as it packs them
        assert abs(report.estimated.luts / report.luts[0] - 1) < 0.25, "so small a table goes to logic"
    assert {path.name for path in tmp_path.iterdir()} == {"out"}, "a temporary folder is left"


@pytest.mark.parametrize("name", ["arty_a7", "cmod_a7"])
def test_artix_gives_figures_and_projects(name: str, model: Model, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    report = build_design(model, "tiny", boards.load(name), folder)
    assert report.luts[0] > 100 and report.brams[0] > 0
    assert "create_project" in (folder / "vivado" / "top.tcl").read_text()
    for project in ("vivado", "openxc7"):
        assert (folder / project / "build_top.sh").stat().st_mode & 0o100
        assert (
            "PACKAGE_PIN" in (folder / project / "top.xdc").read_text()
            or "LOC" in (folder / project / "top.xdc").read_text()
        )


def test_a_design_that_does_not_fit_is_refused_and_leaves_its_logs(model: Model, tmp_path: Path) -> None:
    board = boards.load("icebreaker")
    tight = replace(board, budget=replace(board.budget, luts=300))
    message = r"does not fit iCEBreaker: it needs \d+ LUTs of 300 \(\+\d+\); .*fewer lanes.*; logs: .*out-failed$"
    with pytest.raises(HwgenError, match=message):
        build_design(model, "tiny", tight, tmp_path / "out", Aim(lanes=2))
    assert {path.name for path in tmp_path.iterdir()} == {"out-failed"}
    assert {path.name for path in (tmp_path / "out-failed").iterdir()} == {"synthesis.log", "top.rpt", MARKER}


@pytest.mark.parametrize("yours", [None, "notes.txt"])
def test_logs_of_a_failure_are_gone_once_the_build_succeeds(
    yours: str | None, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But not a folder of that name with anything else in it."""

    def tool(shell: object, target: object, steps: Steps, **_: object) -> Built:
        steps.run("packing", ["sh", "-c", "echo why; exit $FAIL"])
        return Built(Utilisation(1, 1, 0, 1), 50e6, "top.bit", steps.seconds, 1)

    monkeypatch.setattr(design, "build", tool)
    monkeypatch.setattr(design, "check", lambda *_: (20.0, 30, 10))
    monkeypatch.setattr(design, "compile_core", lambda *_, **__: None)
    board, folder = boards.load("ulx3s"), tmp_path / "out"
    monkeypatch.setenv("FAIL", "1")
    with pytest.raises(HwgenError, match=r"packing failed: why; logs: .*out-failed"):
        build_design(model, "tiny", board, folder)
    assert (tmp_path / "out-failed" / "packing.log").read_text() == "why\n"
    if yours:
        (tmp_path / "out-failed" / yours).write_text("mine")
    monkeypatch.setenv("FAIL", "0")
    build_design(model, "tiny", board, folder)
    assert (tmp_path / "out-failed").exists() == (yours is not None)


@pytest.mark.parametrize(
    ("family", "said", "status", "runs"),
    [
        (ECP5, "2.46.14.5. Executing ABC9.\nRunning ABC command: abc -s -f abc.script", 1, 2),
        (ICE40, "2.46.14.5. Executing ABC9.\nRunning ABC command: abc -s -f abc.script", 1, 0),
        (ECP5, "Running ABC command: abc -s -f abc.script\nERROR: no such module", 1, 0),
        (ECP5, "Warning: multiple conflicting drivers for top.x", 0, 2),
        (ECP5, "End of script.", 0, 1),
    ],
)
def test_abc9_gets_a_second_chance(family: ChipFamily, said: str, status: int, runs: int, tmp_path: Path) -> None:
    """A tool that fails, or leaves a conflict, unless flip-flops are mapped along; no `runs` where it must fail."""
    script, log, count = (tmp_path / name for name in ("top.ys", "top.rpt", "count"))
    script.write_text("synth_ecp5 -top top\n")
    log.write_text("")
    fake = f"""
from pathlib import Path
again = "-dff" in Path({str(script)!r}).read_text()
Path({str(log)!r}).write_text("End of script." if again else {said!r})
with Path({str(count)!r}).open("a") as file:
    file.write("x")
raise SystemExit(0 if again else {status})
"""
    command = [sys.executable, "-c", fake]
    if runs:
        synthesise(Steps(tmp_path, lambda line: None), command, family)
        assert len(count.read_text()) == runs
    else:
        with pytest.raises(HwgenError, match="synthesis failed"):
            synthesise(Steps(tmp_path, lambda line: None), command, family)


def test_every_resource_is_checked() -> None:
    board = boards.load("icebreaker")
    check_fit(Utilisation(5280, 5280, 8, 30, 4), board, "")
    for name in ("luts", "ffs", "dsps", "brams", "sprams"):
        over = replace(Utilisation(1, 1, 1, 1), **{name: getattr(board.budget, name) + 1})
        with pytest.raises(HwgenError, match=rf"{name.upper()[:-1]}s of \d+ \(\+1\); smaller"):
            check_fit(over, board, "smaller")


@pytest.mark.parametrize(
    ("family", "report", "expected"),
    [
        (ECP5, {"TRELLIS_COMB": 9, "TRELLIS_FF": 8, "DP16KD": 7, "MULT18X18D": 6}, Utilisation(9, 8, 6, 7)),
        (ICE40, {"ICESTORM_LC": 9, "ICESTORM_RAM": 7, "ICESTORM_DSP": 6}, Utilisation(9, 2, 6, 7)),
        (ICE40, {"ICESTORM_LC": 9, "ICESTORM_SPRAM": 3}, Utilisation(9, 2, 0, 0, 3)),
        (GOWIN, {"LUT4": 1, "ALU": 2, "RAM16SDP4": 3, "DFF": 8, "BSRAM": 7, "MULT9X9": 2}, Utilisation(27, 8, 1, 7)),
    ],
)
def test_routed_designs_are_counted_by_nextpnr(
    family: ChipFamily, report: dict[str, int], expected: Utilisation
) -> None:
    used = {kind: {"used": count, "available": 100} for kind, count in report.items()}
    assert family.toolchain is not None and Utilisation(1, 2, 3, 4).placed(used, family.toolchain) == expected


@pytest.mark.parametrize(
    ("achieved", "message"),
    [
        ({}, "no clock"),
        ({"a": 90.0, "b": 24.9}, r"24\.9 MHz of 25.*from embedding to argmax, 9\.0 ns, 67% of it routing$"),
    ],
)
def test_a_design_slower_than_its_board_is_refused(achieved: dict[str, float], message: str) -> None:
    clocks = {name: {"achieved": rate, "constraint": 25.0} for name, rate in achieved.items()}
    with pytest.raises(HwgenError, match=message):
        fmax_of({"fmax": clocks, "critical_paths": [_path("<async>", 99), _path("posedge clk", 6)]}, 25e6)
    assert fmax_of({"fmax": {"a": {"achieved": 25.5}, "b": {"achieved": 90}}}, 25e6) == 25.5e6


def _path(clock: str, wire: float) -> dict[str, Any]:
    """As nextpnr reports one."""
    first, last = "shell.core.embedding.table.0.1", "shell.core.argmax.label_FF"
    ends = ((first, first, "clk-to-q", 1.0), (first, last, "routing", wire), (last, last, "setup", 2.0))
    steps = [{"from": {"cell": a}, "to": {"cell": b}, "type": kind, "delay": delay} for a, b, kind, delay in ends]
    return {"from": clock, "to": "posedge clk", "path": steps}


@pytest.fixture(scope="module")
def wordy() -> Model:
    """Of a table that iCEBreaker's block RAM does not hold."""
    graph = random_graph(np.random.default_rng(1), vocabulary=4096, rank=6, filters=1, classes=2)
    return Model(graph, Vocabulary(tuple(f"w{i}" for i in range(4093)), 2), ("no", "yes"), {})


def test_the_flash_image_holds_bitstream_and_table(wordy: Model, tmp_path: Path) -> None:
    board, folder = boards.load("icebreaker"), tmp_path / "out"
    report = build_design(wordy, "wordy", board, folder, Aim(engine="folded"))
    assert report.engine.endswith("table in SPRAM") and report.sprams == (2, 4) and report.image == "flash.bin"
    image, bitstream = (folder / "flash.bin").read_bytes(), (folder / "top.bin").read_bytes()
    assert board.flash is not None and image.startswith(bitstream) and 50_000 < len(bitstream) < board.flash.offset
    assert set(image[len(bitstream) : board.flash.offset]) == {0xFF}
    assert isinstance(wordy.graph, ConvolutionGraph)
    assert image[board.flash.offset :] == table_image(wordy.graph.embedding, wordy.digest)
    constraints = (folder / "top.pcf").read_text()
    assert {"14", "15", "16", "17"} <= {line.split()[2] for line in constraints.splitlines() if "flash" in line}
    # Flashing writes all of it, by one command.
    given = replace(board, program=("cmp", "{bitstream}", str(folder / "flash.bin")))
    assert "flash.bin" in program.flash(given, folder)
    (folder / "flash.bin").unlink()
    with pytest.raises(HwgenError, match=r"flash\.bin: missing"):
        program.flash(given, folder)


@pytest.mark.parametrize(
    ("offset", "size", "message"), [(99, 9999, "reaches into"), (990, 1000, "does not fit behind")]
)
def test_an_image_that_does_not_fit_is_refused(offset: int, size: int, message: str, tmp_path: Path) -> None:
    board = replace(boards.load("icebreaker"), flash=boards.Flash(offset, size))
    (tmp_path / "top.bin").write_bytes(bytes(500))
    with pytest.raises(FitError, match=message):
        _flash_image(tmp_path, board, "top.bin", bytes(100))
    assert [path.name for path in tmp_path.iterdir()] == ["top.bin"]


def test_a_missed_clock_is_tried_again_with_more_registers(model: Model, tmp_path: Path) -> None:
    """And given up, naming the path, when there is no room for any."""
    said: list[str] = []
    ways = r"try --clock \d+, or --engine folded; logs: "
    with pytest.raises(HwgenError, match=rf"MHz of 198; its slowest path is (in|from) \w+.*; {ways}"):
        build_design(
            model,
            "tiny",
            boards.load("icebreaker"),
            tmp_path / "out",
            Aim(engine="spatial"),
            clock=198e6,
            say=said.append,
        )
    assert sum("again with more registers" in line for line in said) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["out-failed"]


@pytest.mark.parametrize(("reached", "how"), [(0.95, "again at"), (0.5, "again with more registers")])
def test_a_clock_that_is_nearly_reached_is_lowered_at_once(reached: float, how: str) -> None:
    """More registers are more to route, and the board runs at a tenth less."""
    target = Target.of(boards.load("ulx3s"))
    fast = target.at(target.clocks.at_most(112.5e6))
    plan = Plan.spatial(2, ECP5)
    attempts = _Attempts(iter([Design(plan, fast, "fastest")]), True)
    report = {
        "fmax": {"clk": {"achieved": reached * fast.clock / 1e6, "constraint": fast.clock / 1e6}},
        "critical_paths": [],
    }
    assert attempts.after_missed(TimingError(report, fast.clock)).startswith(how)
    assert (attempts.design.plan == plan) == (how == "again at")


@pytest.mark.parametrize(
    ("plan", "reached", "options", "ways"),
    [
        (Plan.folded(1), 20.7, {}, "a smaller model, or a lower uart.baud in the board's file"),
        (Plan.folded(1), 22.7, {}, "--seeds 4"),
        (Plan.folded(1), 30.7, {"clock_given": True, "seeds": 4}, "--clock 30"),
        (Plan.folded(1), 12.7, {"clock_given": True}, "a smaller model, or a lower uart.baud in the board's file"),
        (Plan.folded(3), 20.7, {"seeds": 3}, "fewer --lanes"),
        (Plan.folded(3), 24.7, {"lanes_free": False}, "--seeds 4"),
        (Plan.spatial(2), 24.7, {}, "--seeds 4, or --engine folded"),
        (EnsemblePlan((Plan.folded(3), Plan.spatial(2))), 20.7, {}, "fewer --lanes"),
        (HypervectorPlan(0), 20.7, {}, "--engine folded"),
    ],
)
def test_what_is_said_of_a_missed_clock_can_be_done(
    plan: AnyPlan, reached: float, options: dict[str, int], ways: str
) -> None:
    board = replace(boards.load("ulx3s"), uart=boards.Uart(3_000_000))
    target = Target.of(board)
    given = {"seeds": 1, "clock_given": False, "lanes_free": True} | options
    assert for_clock(plan, target, reached * 1e6, **given) == f"try {ways}"


def test_a_clock_nearly_reached_that_is_too_slow_for_the_line_takes_more_registers() -> None:
    board = boards.load("ulx3s")
    target = Target.of(replace(board, uart=replace(board.uart, baud=12_000_000)))
    fast = target.at(target.clocks.at_most(112.5e6))
    attempts = _Attempts(iter([Design(Plan.spatial(2, ECP5), fast, "fastest")]), True)
    clock = {"achieved": 0.83 * fast.clock / 1e6, "constraint": fast.clock / 1e6}
    error = TimingError({"fmax": {"clk": clock}, "critical_paths": []}, fast.clock)
    assert attempts.after_missed(error) == "again with more registers"


def test_a_design_that_finds_no_place_is_followed_by_a_smaller_one(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def crowded(*arguments: object, **options: object) -> Built:
        tried.append("")
        if len(tried) <= 3:
            raise FitError("too large")
        return Built(Utilisation(1, 1, 1, 1), 30e6, "top.bin", {}, 1)

    monkeypatch.setattr(design, "build", crowded)
    assert (
        "folded" in build_design(model, "tiny", boards.load("icebreaker"), tmp_path / "out", Aim(fastest=True)).engine
    )


def test_one_of_several_seeds_is_kept(model: Model, tmp_path: Path) -> None:
    board, folder = boards.load("icebreaker"), tmp_path / "out"
    report = build_design(model, "tiny", board, folder, Aim(engine="folded"), seeds=(1, 2))
    assert report.seed in (1, 2) and report.fmax is not None and report.fmax >= report.clock
    assert not list(folder.glob(Attempt.FOLDERS)) and (folder / "top.bin").is_file()


def test_a_folder_with_other_things_in_it_is_left_alone(model: Model, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(HwgenError, match="not an earlier build"):
        build_design(model, "tiny", boards.load("ulx3s"), tmp_path)
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    REPORT.save(tmp_path)
    assert Report.load(tmp_path) == REPORT


def test_speeds_are_those_of_the_clock_they_name() -> None:
    figures = REPORT.as_json()
    assert figures["sentences_per_second_at_fmax"] == 5_000_000
    assert figures["sentences_per_second_at_board_clock"] == 1_250_000
    assert figures["last_token_latency_ns"] == 680
    assert replace(REPORT, fmax=None).as_json()["sentences_per_second_at_fmax"] is None


def test_speeds_stand_beside_what_the_link_carries(tmp_path: Path) -> None:
    """A request of 20 tokens has 47 bytes, and byte stuffing makes a few of them two."""
    carried = REPORT.as_json()["sentences_per_second_over_link"]
    assert 0.99 * 3e6 / 470 < carried < 3e6 / 470
    slow = replace(REPORT, cycles_per_sentence=25_000.0)
    assert slow.as_json()["sentences_per_second_over_link"] == 1_000, "the circuit is slower"
    shown = Console(width=120)
    with shown.capture() as capture:
        shown.print(REPORT.table(tmp_path))
    text = capture.get()
    assert "fastest" in text and "over the link" in text and f"{carried:,}" in text and "1,250,000" in text


def test_the_fastest_is_built_once_more_at_the_clock_that_it_reached(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no more than once."""
    clocks: list[float] = []

    def slow(shell: object, target: Target, *arguments: object, **options: object) -> Built:
        clocks.append(target.clock)
        if clocks[-1] > 90e6:
            raise TimingError({"fmax": {"a": {"achieved": 90.0}}, "critical_paths": []}, clocks[-1])
        return Built(Utilisation(1, 1, 0, 1), 90e6, "top.bit", {}, 1)

    monkeypatch.setattr(design, "build", slow)
    monkeypatch.setattr(design, "check", lambda *_: (20.0, 30, 10))
    monkeypatch.setattr(design, "compile_core", lambda *_, **__: None)
    report = build_design(model, "tiny", boards.load("ulx3s"), tmp_path / "out", Aim(fastest=True))
    assert clocks[0] == 112.5e6 and 85e6 < clocks[-1] <= 0.98 * 90e6
    assert report.aim == "fastest" and report.clock == clocks[-1] and report.pll
    again = len(clocks)
    with pytest.raises(TimingError):
        build_design(model, "tiny", boards.load("ulx3s"), tmp_path / "other", Aim(fastest=True), clock=112.5e6)
    assert set(clocks[again:]) == {112.5e6}, "a clock that is asked for is kept"
