"""Builds the smallest design for every board, and says how far each gets: docs/results/boards.md.

The design is sst2-small-5bit cut down to 64 tokens and two filters, folded on one lane. Where the tools come as
packages it goes to a bitstream, elsewhere to a netlist and constraints. Boards that stand in the work folder are taken
as they are, so the script can be stopped and started again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import common

from hwgen.errors import HwgenError
from hwgen.files import write_whole
from hwgen.flow import board as boards
from hwgen.flow.aim import Aim
from hwgen.flow.choose import suits
from hwgen.flow.design import build_design
from hwgen.flow.target import Target
from hwgen.graph.graph import ConvolutionGraph
from hwgen.model import Model
from hwgen.shipped import shipped_models
from hwgen.text.vocabulary import Vocabulary

WORDS, BUCKETS, FILTERS = 64, 2, 2


def main() -> int:
    """Build, and write the page of all boards that stand."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--board", action="append", help="default: every one")
    parser.add_argument("--work", type=Path, default=Path("build/boards"), help="folder of the builds")
    arguments = parser.parse_args()
    return common.guarded(lambda: run(arguments.board or boards.every(), arguments.work))


def run(names: list[str], work: Path) -> None:
    """Build `names`."""
    kept = work / "boards.json"
    rows: dict[str, dict[str, Any]] = json.loads(kept.read_text()) if kept.is_file() else {}
    work.mkdir(parents=True, exist_ok=True)
    model = smallest()
    for name in names:
        if name not in rows:
            rows[name] = row(name, model, work)
            common.console.print(f"{name}: {rows[name]['outcome']}", highlight=False, markup=False)
            write_whole(kept, json.dumps(rows, indent=1))
    write_whole(common.RESULTS / "boards.md", page(rows[name] for name in boards.every() if name in rows))


def smallest() -> Model:
    """The shipped model, cut down."""
    model = Model.load(shipped_models()["sst2-small-5bit"])
    graph, vocabulary = model.graph, model.vocabulary
    assert isinstance(graph, ConvolutionGraph) and isinstance(vocabulary, Vocabulary)
    filters, scaling = graph.convolution, graph.requantise
    nodes = (
        replace(graph.embedding, table=graph.embedding.table[:WORDS]),
        replace(filters, kernels=(filters.kernels[0][:FILTERS],), exponents=filters.exponents[:FILTERS]),
        replace(scaling, bias=scaling.bias[:FILTERS], shift=scaling.shift[:FILTERS]),
        graph.pooling,
        replace(graph.dense, weights=graph.dense.weights[:, :FILTERS]),
    )
    words = Vocabulary(vocabulary.words[: WORDS - 1 - BUCKETS], BUCKETS)
    return Model(ConvolutionGraph(nodes), words, model.labels)


def row(name: str, model: Model, work: Path) -> dict[str, Any]:
    """One board, and what came out."""
    board = boards.load(name)
    target = Target.of(board)
    line = board.uart.bridge or "the platform's UART"
    listed = {"board": name, "part": target.part, "clock": float(target.run_at.reference), "line": line}
    listed |= {"baud": board.uart.baud, "file": name in boards.names()}
    if not suits(model, target, Aim(lanes=1)):
        return listed | {"outcome": "too small by estimate"}
    try:
        report = build_design(model, "smallest", board, work / name, Aim(lanes=1))
    except HwgenError as error:
        return listed | {"outcome": f"fails: {str(error).partition('; logs:')[0]}"}
    figures = {"luts": report.luts[0], "fmax": report.fmax}
    if report.bitstream is None:
        return listed | figures | {"outcome": "netlist and constraints"}
    size = (work / name / report.bitstream).stat().st_size
    return listed | figures | {"outcome": f"bitstream of {size:,} bytes"}


def page(rows: Iterable[dict[str, Any]]) -> str:
    """The page."""
    rows = list(rows)
    made = sum(row["outcome"].startswith("bitstream") for row in rows)
    text = f"""# Every board

What `hwgen boards` lists, and how far the smallest design gets there: sst2-small-5bit cut down to {WORDS} tokens and
{FILTERS} filters, folded on one lane. Of {len(rows)} boards {made} have a bitstream by tools that pip installs; for
7-series parts yosys's netlist and the constraints are made. Boards without a file of their own have not been tried on
hardware.

| board | file | part | clock MHz | line | baud | LUT | Fmax MHz | outcome |
|---|---|---|---:|---|---:|---:|---:|---|
"""
    for each in rows:
        fmax = f"{each['fmax'] / 1e6:.1f}" if each.get("fmax") else ""
        text += (
            f"| {each['board']} | {'yes' if each['file'] else ''} | {each['part']} | {each['clock'] / 1e6:g} "
            f"| {each['line']} | {each['baud']:,} | {each.get('luts', '')} | {fmax} | {each['outcome']} |\n"
        )
    return text + "\nRegenerate: `python scripts/boards.py`.\n"


if __name__ == "__main__":
    raise SystemExit(main())
