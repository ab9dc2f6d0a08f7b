"""Every board's circuit on the whole test set, by CXXRTL: docs/results/simulation.md.

    python scripts/simulation.py --data ../shared/data/glue_sst2

The circuits are those that `hwgen build --bits 5 --board BOARD` would make; g++ takes minutes over the large ones.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

import common

from hwgen.errors import HwgenError
from hwgen.files import write_whole
from hwgen.flow import board as boards
from hwgen.flow.aim import KEEP_UP
from hwgen.flow.choose import designs, model_for
from hwgen.flow.design import make_shell
from hwgen.flow.target import Target
from hwgen.graph import golden
from hwgen.model import Model
from hwgen.shipped import shipped_models
from hwgen.sim.cxxrtl import compile_core
from hwgen.text import datasets

BITS, STALLS = 5, (0.0, 0.3)
BESIDE = (("icebreaker", "sst2-small-5bit"),)
"""Shipped models that a board takes when asked; the others are those it gets."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", required=True, help="folder with test.tsv, or a public set's name")
    arguments = parser.parse_args()
    return common.guarded(lambda: run(arguments.data))


def run(data: str) -> None:
    """Simulate every board, and write the page."""
    texts = [text for _, text in datasets.load(data).test]
    rows = [row(name, chosen, texts) for name, chosen in boards_and_models(boards.names())]
    write_whole(common.RESULTS / "simulation.md", page(rows))
    if wrong := [row["board"] for row in rows if row["different"]]:
        raise HwgenError(f"circuit and golden model differ on {', '.join(wrong)}")


def boards_and_models(names: list[str]) -> Iterator[tuple[str, str]]:
    """Boards, and names of the models they get."""
    for name in names:
        yield name, model_for(boards.load(name), BITS)
        yield from (each for each in BESIDE if each[0] == name)


def row(name: str, chosen: str, texts: list[str]) -> dict[str, Any]:
    """Of the table: the whole test set, without pauses and with them."""
    common.console.print(f"{name}, {chosen}", highlight=False)
    board, model = boards.load(name), Model.load(shipped_models()[chosen])
    design = next(designs(model, Target.of(board), KEEP_UP))
    core = make_shell(model, design.plan, design.target).core
    circuit = compile_core(core, say=lambda line: common.console.print(f"  {line}", highlight=False))
    sentences = model.encode(texts)
    expected = golden.scores(core.graph, sentences)
    different, cycles, start = 0, 0, time.monotonic()
    for stall in STALLS:
        results = circuit.run(sentences, stall=stall)
        different += int(results.mismatches(expected).size)
        cycles += int(results.left[-1]) + 1
    return {
        "board": board.title,
        "model": chosen,
        "engine": core.plan.name,
        "sentences": len(sentences),
        "tokens": int(sentences.tokens.size),
        "different": different,
        "cycles": cycles,
        "seconds": time.monotonic() - start,
    }


def page(rows: list[dict[str, Any]]) -> str:
    """The table as Markdown."""
    lines = [
        "# The whole test set through every board's circuit",
        "",
        "The circuits of `hwgen build --bits 5 --board BOARD`, compiled by CXXRTL and g++; *different* is how many",
        "sentences of SST-2's test set have a score that is not the golden model's, in one run without pauses and one",
        f"with pauses in {STALLS[1]:.0%} of the cycles. A table in SPRAM is filled from a simulated flash at boot.",
        "",
        "| board | model | engine | sentences | tokens | different | cycles | seconds | cycles/s |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        speed = row["cycles"] / max(row["seconds"], 0.1)
        lines.append(
            f"| {row['board']} | {row['model']} | {row['engine']} | {row['sentences']:,} | {row['tokens']:,} |"
            f" {row['different']} | {row['cycles']:,} | {row['seconds']:.1f} | {speed:,.0f} |"
        )
    lines += ["", "Regenerate: `python scripts/simulation.py --data DIR`, where DIR holds SST-2.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
