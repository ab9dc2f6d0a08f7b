"""All figures of one contender at one task."""

from __future__ import annotations

import hashlib
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from comparison import flow
from comparison.contenders import FAMILIES, Contender, Design
from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import ChipFamily
from hwgen.errors import HwgenError
from hwgen.files import write_whole
from hwgen.graph.golden import Sentences, classes
from hwgen.graph.tensor import Integers
from hwgen.sim.cxxrtl import CompiledCore, compile_core

SEEDS = (1, 2, 3)
WORDS = 19
"""Of a sentence that speeds are quoted for: the mean of SST-2's test set."""
STALL = 0.3
Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Task:
    """What all contenders do.

    Attributes:
        name: for the table.
        contenders: those who take part.
        sentences: that every circuit is run on.
        expected: golden outputs of a contender for sentences: maxima, or class scores.
        model: whether there are classes.
    """

    name: str
    contenders: tuple[Contender, ...]
    sentences: Sentences
    expected: Callable[[Contender, Sentences], Integers]
    model: bool


def measure(task: Task, contender: Contender, work: Path, say: Say, *, seeds: Sequence[int] = SEEDS) -> dict[str, Any]:
    """A row of the table; what was measured before is taken from `work`. With no seeds, nothing is placed.

    Raises:
        HwgenError: when a circuit differs from the golden model, or a tool fails.
    """
    row: dict[str, Any] = {
        "task": task.name,
        "kind": contender.kind,
        "setting": contender.setting,
        "dsps": contender.dsps,
        "note": contender.note,
        "depth": contender.depth,
    }
    for family in FAMILIES:
        design = contender.make(family)
        source = flow.Source.of(design.top, family, design.modules)
        say(f"{family}: synthesis")
        try:
            folder, row[family.name] = flow.synthesise(source, family, contender.dsps, work)
        except HwgenError as error:
            row[family.name] = {"failed": str(error)}
            say(f"  {error}")
            continue
        say(f"  {row[family.name]['luts']:,} LUT, {row[family.name]['ffs']:,} FF, {row[family.name]['dsps']:g} DSP")
        row[family.name] |= checked(task, contender, design, source, family, work, say)
        if family is ECP5 and seeds:
            row |= routed(source, folder, seeds, say)
    if "fmax" in row:
        cycles = row["ecp5"]["cycles_per_sentence"]
        row["sentences_per_second"] = row["fmax"] * 1e6 / cycles
    return row


def routed(source: flow.Source, folder: Path, seeds: Sequence[int], say: Say) -> dict[str, Any]:
    """Fmax of each seed, and the median."""
    found: dict[str, float] = {}
    for seed in seeds:
        say(f"ecp5: place and route, seed {seed}")
        try:
            found[str(seed)] = flow.place(source, folder, seed)["fmax"]
        except HwgenError as error:
            say(f"  {error}")
            return {"unrouted": str(error)}
        say(f"  {found[str(seed)]:.1f} MHz")
    return {"fmax_by_seed": found, "fmax": statistics.median(found.values())}


def checked(
    task: Task, contender: Contender, design: Design, source: flow.Source, family: ChipFamily, work: Path, say: Say
) -> dict[str, Any]:
    """Latency and cycles per sentence, once every sentence has come out as the golden model says.

    Raises:
        HwgenError: naming the first sentence that has not.
    """
    tokens = hashlib.sha256(task.sentences.tokens.tobytes() + task.sentences.starts.tobytes()).hexdigest()
    report = work / f"{source.key('checked', tokens, task.name)}.json"
    if not report.is_file():
        say(f"{family}: simulation")
        circuit = compile_core(design.core, family=design.cells, modules=design.modules)
        for stall in (0.0, STALL):
            results = circuit.run(task.sentences, stall=stall)
            expected = task.expected(contender, task.sentences)
            wrong = (results.scores != expected).any(axis=1)
            if task.model:
                wrong |= results.labels != classes(expected)
            if wrong.any():
                where = np.flatnonzero(wrong)
                raise HwgenError(
                    f"{contender.name} for {task.name} on {family}: {where.size} of {wrong.size} sentences differ from "
                    f"the golden model, the first is {where[0]}"
                )
        found = _timed(circuit, design) | {"checked": len(task.sentences)}
        write_whole(report, json.dumps(found))
    return json.loads(report.read_text())  # type: ignore[no-any-return]


def _timed(circuit: CompiledCore, design: Design) -> dict[str, Any]:
    vocabulary = circuit.core.tokens.payload.shape()["token"].width
    tokens = np.random.default_rng(0).integers(0, 1 << vocabulary - 1, (101, WORDS))
    results = circuit.run(Sentences.of(tokens.tolist()))
    return {
        "cycles_per_sentence": float(results.left[-1] - results.left[0]) / (len(tokens) - 1),
        "from_first": int(results.left[0] - results.first[0]) - design.outside,
        "from_last": int(results.left[0] - results.last[0]) - design.outside,
    }
