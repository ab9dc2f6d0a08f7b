"""What the scripts share: their options, their folder, how they say what they do."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from amaranth.hdl import UnusedElaboratable
from rich.console import Console

from hwgen import progress
from hwgen.bench import accuracy, matrix
from hwgen.bench.ledger import Ledger, Run
from hwgen.bench.matrix import Job
from hwgen.compress.recipes import AnyRecipe, override
from hwgen.errors import HwgenError

RESULTS = Path(__file__).resolve().parent.parent / "docs" / "results"
console = Console(width=None if Console().is_terminal else 160)


def parser(description: str | None) -> argparse.ArgumentParser:
    """--data and --jobs."""
    made = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    made.add_argument("--data", type=Path, required=True, help="folder of sets, one folder each")
    made.add_argument("--jobs", type=int, default=2, help="trainings at a time, a core each")
    return made


def jobs(source: Path, base: AnyRecipe, settings: Sequence[str], bits: Sequence[int], *names: str) -> list[Job]:
    """Trainings of `base` with `settings`, shown and grouped as `names` instead of the settings."""
    return [replace(job, settings=names) for job in matrix.jobs([str(source)], [override(base, settings)], bits)]


def measure(wanted: Sequence[Job], folder: Path, workers: int) -> list[Run]:
    """Every run of `wanted`, kept in `folder`/runs.jsonl."""
    with progress.shown(console) as shown:
        shown.step("runs", sum(len(job.bits) for job in wanted))
        return accuracy.measure(wanted, folder / "runs.jsonl", workers, shown)


def finished(wanted: Sequence[Job], folder: Path) -> list[Job]:
    """Those of `wanted` that `folder`/runs.jsonl has already."""
    done = Ledger(folder / "runs.jsonl").runs()
    left = [replace(job, bits=tuple(bits for bits in job.bits if job.key(bits) in done)) for job in wanted]
    return [job for job in left if job.bits]


def guarded(work: Callable[[], object]) -> int:
    """Exit code of a script that does `work`: 0, or 2 after one line on what the user can mend."""
    warnings.simplefilter("ignore", UnusedElaboratable)
    try:
        work()
    except HwgenError as error:
        console.print(f"error: {error}", style="red", markup=False, highlight=False)
        return 2
    return 0
