"""Runs a matrix of trainings, several at a time, and keeps every result."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from hwgen.bench.facts import checked
from hwgen.bench.ledger import Ledger, Run
from hwgen.bench.matrix import Job
from hwgen.bench.workers import worked
from hwgen.compress.pipeline import Memory
from hwgen.compress.run import run
from hwgen.model import Model
from hwgen.progress import SILENT, Progress


def measure(jobs: Sequence[Job], path: Path, workers: int = 1, progress: Progress = SILENT) -> list[Run]:
    """Do what is not yet in the ledger `path`, and return every run of `jobs`, in their order.

    A killed measurement loses at most the run that each worker was at; called again, it goes on from there.

    Args:
        jobs: what to measure.
        path: the ledger, one JSON line a run.
        workers: processes; each trains on one core.
        progress: told of every finished job, a set and seed at a time, and of how many runs that were.

    Raises:
        HwgenError: what the first failing job raised; when the ledger is no ledger, or cannot be written.
    """
    ledger = Ledger(path)
    ledger.require_writable()
    done = ledger.runs()
    missing = [left for job in jobs if (left := _left(job, done)).bits]
    if missing:
        for batch, lines in worked(partial(perform, path=path), _alike(missing), workers):
            for line, job in zip(lines, batch, strict=True):
                progress.say(line)
                progress.advance(len(job.bits))
        done = ledger.runs()
    return [checked(done[job.key(bits)], path) for job in jobs for bits in job.bits]


def _left(job: Job, done: dict[str, Run]) -> Job:
    return replace(job, bits=tuple(bits for bits in job.bits if job.key(bits) not in done))


def _alike(jobs: Sequence[Job]) -> list[list[Job]]:
    """Jobs by data and seed: one worker does them in turn, and trains what their recipes share once."""
    batches: dict[object, list[Job]] = {}
    for job in jobs:
        batches.setdefault((job.source, job.seed, job.fold, job.recipe.data), []).append(job)
    return list(batches.values())


def perform(jobs: Sequence[Job], path: Path) -> list[str]:
    """Train jobs of one data set and seed, append each run to the ledger, and say in a line a job how it went."""
    dataset = jobs[0].load()
    ledger, memory, lines = Ledger(path), Memory(), []
    for job in jobs:
        notes = []
        for bits in job.bits:
            began = time.monotonic()
            model = run(job.recipe, dataset, bits, job.seed, memory=memory)
            ledger.append(row(job, bits, model, time.monotonic() - began))
            accuracy = model.record["accuracy"]
            notes.append(f"{bits} bits: dev {accuracy['dev']:.2%}, test {accuracy['test']:.2%}")
        lines.append(f"{job.label}: " + "; ".join(notes))
    return lines


def row(job: Job, bits: int, model: Model, seconds: float) -> Run:
    """The plain facts of one run. The confusion matrix is kept as (expected, found, count) where count > 0."""
    record = model.record
    confusion = np.array(record["confusion"])
    cells = np.argwhere(confusion)
    return {
        "key": job.key(bits),
        "set": job.dataset,
        "recipe": job.recipe.name,
        "settings": list(job.settings),
        "seed": job.seed,
        "fold": job.fold,
        "bits": bits,
        "precision": record.get("precision", {}),
        "dev": record["accuracy"]["dev"],
        "test": record["accuracy"]["test"],
        "stages": record["stages"],
        "memory_bits": record["memory_bits"],
        "reduction": record["reduction"],
        "rows": record["data"]["rows"],
        "filters": model.graph.head.channels,
        "labels": list(model.labels),
        "confusion": [[int(row), int(column), int(confusion[row, column])] for row, column in cells],
        "seconds": round(seconds, 1),
    }
