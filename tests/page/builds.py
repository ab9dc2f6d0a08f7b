"""Builds as the page finds them, made without any tool."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from hwgen.flow import board as boards
from hwgen.flow.aim import KEEP_UP
from hwgen.flow.choose import explored
from hwgen.flow.design import made_up_sentences
from hwgen.flow.target import Target
from hwgen.graph.graph import Graph
from hwgen.model import Model
from hwgen.page.examples import Row
from hwgen.page.subject import Subject
from hwgen.rtl.core import Core
from hwgen.rtl.plan import AnyPlan
from hwgen.text.characters import BYTES, Characters
from hwgen.text.vocabulary import Vocabulary
from tests.reports import REPORT

STEPS = [
    ("shell.core.requantise.valid_SB_DFF_Q", "clk-to-q", 0.5),
    ("shell.core.activations__payload_SB_DFFSR_Q_3", "routing", 1.5),
    ("shell.core.dense.node_4_SB_LUT4_O_2", "routing", 2.0),
    ("shell.core.dense.node_4_SB_LUT4_O_2", "logic", 0.4),
    ("shell.core.dense.node_5_SB_DFF_Q", "setup", 0.1),
]
CELLS = {
    "shell.core.embedding.table.layer_0.0.0": "DP16KD",
    "shell.core.convolution.node_1_TRELLIS_FF_Q": "TRELLIS_FF",
    "shell.core.requantise.sums__payload_TRELLIS_FF_Q_7": "TRELLIS_FF",
    "shell.core.requantise.sums__payload_LUT4_A_1": "LUT4",
    "shell.core.activations__payload_TRELLIS_FF_Q": "TRELLIS_FF",
    "shell.core.activations__payload_TRELLIS_FF_Q_D_LUT4_Z": "LUT4",
    "shell.core.dense.vectors__payload_TRELLIS_FF_Q_CE_LUT4_Z": "LUT4",
    "shell.core.dense.vectors__ready_LUT4_Z": "LUT4",
    "shell.core.argmax.scores__payload_CCU2C_S0": "CCU2C",
    "shell.core.admission.count_TRELLIS_FF_Q": "TRELLIS_FF",
    "shell.core.results__payload_TRELLIS_FF_Q": "TRELLIS_FF",
    "shell.core.embedding.tokens__payload_TRELLIS_FF_Q": "TRELLIS_FF",
    "shell.parser.state_TRELLIS_FF_Q": "TRELLIS_FF",
    "led_0.buf": "TRELLIS_IO",
}


def model_of(graph: Graph, labels: tuple[str, ...] = (), record: dict[str, object] | None = None) -> Model:
    vocabulary = Characters() if graph.vocabulary == BYTES else Vocabulary(_words(graph.vocabulary - 4), 3)
    return Model(graph, vocabulary, labels or tuple(f"class {i}" for i in range(graph.classes)), record or {})


def _words(count: int) -> tuple[str, ...]:
    return tuple(["a", "plot", "film", "never", "boring", "moving"][:count]) + tuple(f"w{i}" for i in range(count - 6))


def subject(
    folder: Path,
    model: Model,
    plan: AnyPlan,
    *,
    board: str = "ulx3s",
    rows: list[Row] | None = None,
    routed: bool = True,
    netlist: bool = True,
    title: str = "A Board",
    explore: bool = False,
) -> Subject:
    """A build of `model` whose netlist and timing are those above."""
    if netlist:
        cells = {name: {"type": kind} for name, kind in CELLS.items()}
        (folder / "top.json").write_text(json.dumps({"modules": {"top": {"cells": cells}}}))
    if routed:
        path = [
            {"type": kind, "delay": delay, "from": {"cell": before}, "to": {"cell": cell}}
            for (before, _, _), (cell, kind, delay) in zip([STEPS[0], *STEPS], STEPS, strict=False)
        ]
        placed = {"critical_paths": [{"from": "posedge clk", "to": "posedge clk", "path": path}]}
        (folder / "place-and-route.json").write_text(json.dumps(placed))
    loaded = boards.load(board)
    sentences = model.encode([text for _, text in rows]) if rows else made_up_sentences(model.graph)
    report = replace(
        REPORT,
        board=board,
        title=title,
        model="tiny",
        digest=model.digest.hex(),
        bits=model.bits,
        engine=plan.name,
        aim="keeps up with the link",
        dev_accuracy=0.5,
        test_accuracy=0.75,
        checked_sentences=len(sentences),
        fmax=REPORT.fmax if routed else None,
        seed=REPORT.seed if routed else None,
        token=model.vocabulary.TOKEN,
        classes=model.graph.classes,
        bitstream=REPORT.bitstream if routed else None,
    )
    return Subject(
        report,
        model,
        Core(model.graph, plan),
        Target.of(loaded),
        folder,
        sentences,
        rows,
        explored(model, "tiny", Target.of(loaded), KEEP_UP) if explore else None,
        "hwgen build --board 'my board.toml'",
    )
