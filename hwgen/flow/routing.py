"""Place and route until it succeeds: watched, stopped where it goes nowhere, tried again another way."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from hwgen.errors import HwgenError
from hwgen.flow.attempts import SEEDS, Attempt, at_a_time, attempts
from hwgen.flow.process import AbandonedError, CrashError, StallError
from hwgen.flow.steps import Steps
from hwgen.flow.timing import slowest
from hwgen.flow.watch import SILENCE, Watch
from hwgen.progress import Progress, of

STEP = "place and route"
PLACED = "place-and-route.json"
"""nextpnr's report."""


@dataclass(frozen=True)
class Routed:
    """A run that succeeded: how, and its clock in Hz."""

    attempt: Attempt
    reached: float


def place(steps: Steps, command: list[str], seeds: Sequence[int], clock: float, *, scarce: bool = False) -> Attempt:
    """Place and route in `steps.folder`.

    A crash or a stall is followed by the next router and seed. Of several seeds, tried as many at a time as there are
    cores and memory for, the first result that reaches the clock is kept and the others are stopped: the board runs
    no faster for a better one. Where none reaches it, the fastest is kept.

    Args:
        command: of nextpnr, but for router and seed.
        clock: in Hz, what the design is to reach.
        scarce: whether wires are scarce for the design.

    Returns:
        the attempt whose files are in the folder.

    Raises:
        HwgenError: of the first seed, when none succeeds: what the last attempt said, or at once a refusal.
    """
    progress, start = of(steps.say), time.monotonic()
    sources = [path for path in steps.folder.iterdir() if path.is_file() and not steps.is_log(path)]
    together = at_a_time(seeds)
    ended = Event()

    def until_one_succeeds(seed: int) -> Routed | HwgenError:
        alone = len(seeds) == 1
        tries = attempts(seed, further=SEEDS if alone else 0, scarce=scarce)
        try:
            routed = _first(steps.folder, sources, command, tries, progress if alone else _Named(progress, seed), ended)
        except HwgenError as error:
            return error
        if routed.reached >= clock:
            ended.set()
        return routed

    progress.step(STEP if len(seeds) == 1 else f"{STEP}, seeds {', '.join(map(str, seeds))}")
    with ThreadPoolExecutor(together) as pool:
        futures = [pool.submit(until_one_succeeds, seed) for seed in seeds]
        try:
            outcomes = [future.result() for future in futures]
        finally:
            ended.set()
    routed = [outcome for outcome in outcomes if isinstance(outcome, Routed)]
    if not routed:
        assert isinstance(outcomes[0], HwgenError)
        raise outcomes[0]
    best = max(routed, key=lambda each: each.reached)
    for path in (steps.folder / best.attempt.folder).iterdir():
        path.replace(steps.folder / path.name)
    for folder in steps.folder.glob(Attempt.FOLDERS):
        shutil.rmtree(folder)
    steps.seconds[STEP] = round(time.monotonic() - start, 1)
    return best.attempt


def _first(
    folder: Path,
    sources: list[Path],
    command: list[str],
    tries: Iterator[Attempt],
    progress: Progress,
    ended: Event,
) -> Routed:
    """The first attempt that succeeds; the logs of the others stay.

    Raises:
        AbandonedError: once `ended` is set.
        HwgenError: when the tool refuses the design, or every attempt crashes or stalls.
    """
    failed: list[HwgenError] = []
    for attempt in tries:
        if ended.is_set():
            raise AbandonedError(f"{STEP}: not needed any more")
        own = folder / attempt.folder
        own.mkdir()
        for path in sources:
            shutil.copyfile(path, own / path.name)
        run = Steps(own, _Within(progress))
        try:
            run.run(STEP, [*command, *attempt.arguments], watch=Watch(silence=SILENCE), abandoned=ended)
            report = json.loads((own / PLACED).read_text(encoding="utf-8"))
            return Routed(attempt, slowest(report))
        except (CrashError, StallError) as error:
            progress.say(f"{error} with {attempt}; trying another router or seed")
            failed.append(error)
            for path in own.iterdir():
                if not Steps.is_log(path):
                    path.unlink()
    crashed = any(isinstance(error, CrashError) for error in failed)
    fault = "; an attribute of a pin that nextpnr does not know can crash it, too" if crashed else ""
    raise type(failed[0])(f"{failed[0]}; so or alike with {len(failed)} routers and seeds{fault}")


class _Within(Progress):
    """Tells the details of a step that has begun already."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def detail(self, note: str, share: float | None = None) -> None:
        self._progress.detail(note, share)


class _Named(Progress):
    """Tells the details of one of several runs at a time."""

    def __init__(self, progress: Progress, seed: int) -> None:
        self._progress, self._seed = progress, seed

    def detail(self, note: str, share: float | None = None) -> None:
        self._progress.detail(f"seed {self._seed}: {note}")

    def say(self, line: str) -> None:
        self._progress.say(line)
