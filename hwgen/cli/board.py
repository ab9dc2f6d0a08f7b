"""Commands that make circuits for boards."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from hwgen import progress
from hwgen.cli.app import app
from hwgen.cli.common import (
    LAST_SEED,
    BitsOption,
    BoardOption,
    EngineOption,
    JsonOption,
    LanesOption,
    MembersOption,
    ModelOption,
    TargetOption,
    err,
    model_for_board,
    out,
    print_json,
    print_line,
)
from hwgen.flow.report import Report


@app.command(epilog="hwgen build --bits 5 --board ulx3s   |   hwgen build --board my_board.toml --model toy -o out")
def build(
    board: BoardOption,
    bits: BitsOption = 5,
    model: ModelOption = None,
    fastest: Annotated[
        bool, typer.Option("--fastest", help="The fastest design that fits, at a high clock; takes long to route.")
    ] = False,
    target: TargetOption = None,
    engine: EngineOption = None,
    lanes: LanesOption = None,
    members: MembersOption = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder; default build/BOARD-MODEL.")] = None,
    data: Annotated[str | None, typer.Option("--data", help="Check on this set's test sentences instead.")] = None,
    clock: Annotated[
        float | None,
        typer.Option("--clock", min=1, max=1000, help="MHz that the board shall run at; default what the aim needs."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=LAST_SEED, help="Of the placer.")] = 1,
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, max=1000, help="Place with so many, keep the first to reach the clock.")
    ] = 1,
    as_json: JsonOption = False,
) -> None:
    """Generate the circuit, check it against the golden model, and make the bitstream.

    Without --fastest, --target, --engine or --lanes it is the cheapest design that keeps up with the board's link.
    """
    from hwgen.flow import board as boards
    from hwgen.flow.aim import Aim
    from hwgen.flow.design import build_design
    from hwgen.text.parts import part

    aim = Aim(fastest, target, engine and engine.value, lanes, members)
    chosen = boards.load(board)
    name, loaded = model_for_board(model, chosen, bits, aim)
    folder = output or Path("build") / f"{chosen.name}-{name}"
    with progress.shown(err, quiet=as_json) as shown:
        report: Report = build_design(
            loaded,
            name,
            chosen,
            folder,
            aim,
            clock=None if clock is None else clock * 1e6,
            seeds=range(seed, seed + seeds),
            rows=part(data).rows if data else None,
            command=shlex.join(["hwgen", *sys.argv[1:]]),
            say=shown,
        )
    if as_json:
        print_json(report.as_json())
    else:
        out.print(report.table(folder))


@app.command(epilog="hwgen explore --board ulx3s   |   hwgen explore --board icebreaker --model toy --target 20000")
def explore(
    board: BoardOption,
    bits: BitsOption = 5,
    model: ModelOption = None,
    target: TargetOption = None,
    engine: EngineOption = None,
    members: MembersOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="PNG, SVG or PDF; default build/explore-BOARD-MODEL.png.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a board offers a model by estimate: area against throughput, and which of it is built for which aim."""
    from hwgen.flow import board as boards
    from hwgen.flow.aim import Aim
    from hwgen.flow.choose import explored
    from hwgen.flow.picture import require_picture
    from hwgen.flow.target import Target

    chosen = boards.load(board)
    aim = Aim(rate=target, engine=engine and engine.value, members=members)
    name, loaded = model_for_board(model, chosen, bits, aim)
    path = output or Path("build") / f"explore-{chosen.name}-{name}.png"
    require_picture(path)
    with progress.shown(err, quiet=as_json) as shown:
        exploration = explored(loaded, name, Target.of(chosen), aim, shown)
        exploration.draw(path)
    if as_json:
        print_json(exploration.as_json() | {"picture": str(path)})
    else:
        out.print(exploration.table())
        print_line(f"picture: {path}")


@app.command(epilog="hwgen flash --board ulx3s build/ulx3s-sst2-full-5bit")
def flash(
    board: BoardOption,
    folder: Annotated[Path | None, typer.Argument(help="What `hwgen build` wrote; default its default.")] = None,
    bits: BitsOption = 5,
) -> None:
    """Load a built bitstream, and the table that goes with it, into the board."""
    from hwgen.flow import board as boards
    from hwgen.flow.choose import model_for
    from hwgen.flow.program import flash as program

    target = boards.load(board)
    folder = folder or Path("build") / f"{target.name}-{model_for(target, bits)}"
    with progress.shown(err) as shown:
        done = program(target, folder, shown)
    print_line(f"done: {done}")


@app.command()
def boards(as_json: JsonOption = False) -> None:
    """List the boards: part, budget, clock, toolchain, and whether it is usable here."""
    from hwgen.flow import listing

    rows = listing.rows()
    if as_json:
        print_json(rows)
    else:
        out.print(listing.table(rows))


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Show what is installed, which version, and what to install."""
    from hwgen.flow import doctor as doctors

    findings = doctors.examine()
    if as_json:
        print_json([dataclasses.asdict(finding) for finding in findings])
    else:
        out.print(doctors.table(findings))
