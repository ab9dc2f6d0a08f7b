"""Sentences a second over the line, the real client on virtual boards: docs/results/line.md.

    python scripts/line.py

Each board has the circuit that `hwgen build --board BOARD` would give it, and its clock. Speeds are in simulated time.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import common
import numpy as np

from hwgen.errors import HwgenError
from hwgen.files import write_whole
from hwgen.flow import board as boards
from hwgen.flow.aim import KEEP_UP
from hwgen.flow.choose import designs, model_for
from hwgen.flow.design import make_shell
from hwgen.flow.target import Target
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.host.client import Client
from hwgen.host.protocol import request
from hwgen.model import Model
from hwgen.shipped import shipped_models
from hwgen.sim.virtual_board import CompiledLine, VirtualBoard
from hwgen.wire import Kind

FLOORS = {"ulx3s": 6_000, "icebreaker": 6_000, "arty_a7": 20_000}
"""Sentences a second that a board shall reach."""
BITS, TOKENS, COUNT = 5, 20, 200
LATENCY = 0.001
"""Seconds that a USB bridge keeps bytes back, at its best setting."""


@dataclass(frozen=True)
class Row:
    """One board.

    Attributes:
        ceiling: sentences a second, were the line never idle.
        reached, late: sentences a second, without and with `LATENCY`.
    """

    board: str
    model: str
    engine: str
    clock: str
    baud: int
    window: int
    ceiling: float
    reached: float
    late: float

    def cells(self) -> str:
        """Of the table."""
        return (
            f"| {self.board} | {self.model} | {self.engine} | {self.clock} | {self.baud:,} | {self.window:,} "
            f"| {self.ceiling:,.0f} | {self.reached:,.0f} | {self.late:,.0f} | {FLOORS[self.board]:,} |"
        )


def main() -> int:
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    return common.guarded(run)


def run() -> None:
    """Measure every board, and write the page."""
    rows = [row(name) for name in FLOORS]
    write_whole(common.RESULTS / "line.md", page(rows))
    if short := [row.board for row in rows if row.reached < FLOORS[row.board]]:
        raise HwgenError(f"below their floors: {', '.join(short)}")


def row(name: str) -> Row:
    """Of the table."""
    board = boards.load(name)
    title = model_for(board, BITS)
    model = Model.load(shipped_models()[title])
    design = next(designs(model, Target.of(board), KEEP_UP))
    plan, clock = design.plan, design.target.run_at
    tokens = np.random.default_rng(0).integers(0, model.graph.vocabulary, (COUNT, TOKENS)).tolist()
    expected = golden.scores(model.graph, Sentences.of(tokens)).tolist()
    carried = sum(len(request(Kind.CLASSIFY, place % 256, each)) for place, each in enumerate(tokens))
    ceiling = board.uart.baud / 10 * COUNT / carried
    common.console.print(f"{name}: {plan.name}, {clock}", highlight=False)
    shell = make_shell(model, plan, design.target)

    simulation = CompiledLine(shell)

    def speed(latency: float) -> float:
        line = VirtualBoard(simulation, timeout_bits=board.uart.baud, latency=latency)
        client = Client(line, line.now)
        client.check(model.digest)
        client.classify(tokens[0])  # once the board has its table from its flash, where it has none of its own
        start = line.now()
        answers = list(client.classify_all(tokens))
        seconds = line.now() - start
        if [scores for _, scores in answers] != expected:
            raise HwgenError(f"{name}: an answer is not the golden model's")
        return COUNT / seconds

    speeds = [speed(latency) for latency in (0.0, LATENCY)]
    simulation.close()
    return Row(name, title, plan.name, str(clock), board.uart.baud, shell.window, ceiling, *speeds)


def page(rows: list[Row]) -> str:
    """The page."""
    return "\n".join(
        [
            "# Over the line",
            "",
            f"Sentences of {TOKENS} tokens a second, {COUNT} of them, from hwgen's own client to a virtual board and",
            "back: the whole circuit but its pins, simulated clock by clock, the line bit by bit, every score equal",
            "to the golden model's. Time is the simulation's. A request is 47 bytes, a few more where some must be",
            "escaped; the ceiling is a line that is never idle. *1 ms late*: every byte from the board reaches the",
            "client a millisecond after it was sent, as through a USB bridge at its best setting; the window is what",
            "may be under way meanwhile.",
            "",
            "| board | model | circuit | clock | baud | window, bytes | ceiling | reached | 1 ms late | floor |",
            "| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            *(row.cells() for row in rows),
            "",
            "`python scripts/line.py`",
            "",
        ]
    )


if __name__ == "__main__":
    raise SystemExit(main())
