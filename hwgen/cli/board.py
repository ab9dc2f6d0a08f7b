"""Commands that make circuits for boards."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from hwgen import progress
from hwgen.cli.app import app
from hwgen.cli.common import (
    BitsOption,
    BoardOption,
    EngineOption,
    JsonOption,
    LanesOption,
    MembersOption,
    ModelOption,
    TargetOption,
    err,
    model_of,
    out,
    print_json,
    test_sentences,
)
from hwgen.errors import HwgenError
from hwgen.flow.report import Report


@app.command(epilog="hwgen build --bits 5 --board ulx3s   |   hwgen build --board my_board.toml --model toy -o out")
def build(
    board: BoardOption,
    bits: BitsOption = 5,
    model: ModelOption = None,
    fit: Annotated[
        bool,
        typer.Option("--fit", help="Engine, lanes and pipelining of each layer: the fastest that fits. The default."),
    ] = False,
    target: TargetOption = None,
    engine: EngineOption = None,
    lanes: LanesOption = None,
    members: MembersOption = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder; default build/BOARD-MODEL.")] = None,
    data: Annotated[str | None, typer.Option("--data", help="Check on this set's test sentences instead.")] = None,
    clock: Annotated[
        float | None,
        typer.Option("--clock", min=1, help="MHz that the routed circuit shall reach; default the board's."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the placer.")] = 1,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Place with so many, keep the fastest.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Generate the circuit, check it against the golden model, and make the bitstream."""
    from hwgen.flow import board as boards
    from hwgen.flow.design import build_design

    if fit and (engine is not None or lanes is not None):
        raise HwgenError("--fit chooses engine and lanes; leave out --engine and --lanes, or --fit")
    chosen = boards.load(board)
    name, loaded = model_of(model, chosen.size(bits), bits)
    folder = output or Path("build") / f"{chosen.name}-{name}"
    with progress.shown(err, quiet=as_json) as shown:
        report: Report = build_design(
            loaded,
            name,
            chosen,
            folder,
            engine=engine and engine.value,
            lanes=lanes,
            members=members,
            target=target,
            clock=None if clock is None else clock * 1e6,
            seeds=range(seed, seed + seeds),
            sentences=test_sentences(loaded, data) if data else None,
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
    """Show what a board offers a model: area against throughput by estimate, and what would be built."""
    from hwgen.flow import board as boards
    from hwgen.flow.design import explored
    from hwgen.flow.picture import require_picture

    chosen = boards.load(board)
    name, loaded = model_of(model, chosen.size(bits), bits)
    path = output or Path("build") / f"explore-{chosen.name}-{name}.png"
    require_picture(path)
    found = explored(loaded, name, chosen, engine and engine.value, members, target)
    found.draw(path)
    if as_json:
        print_json(found.as_json() | {"picture": str(path)})
    else:
        out.print(found.table())
        out.print(f"picture: {path}")


@app.command(epilog="hwgen flash --board ulx3s build/ulx3s-sst2-full-5bit")
def flash(
    board: BoardOption,
    folder: Annotated[Path | None, typer.Argument(help="What `hwgen build` wrote; default its default.")] = None,
    bits: BitsOption = 5,
) -> None:
    """Load a built bitstream, and the table that goes with it, into the board."""
    from hwgen.flow import board as boards
    from hwgen.flow.program import flash as program
    from hwgen.shipped import model_name

    target = boards.load(board)
    folder = folder or Path("build") / f"{target.name}-{model_name(target.size(bits), bits)}"
    out.print(f"done: {program(target, folder)}")


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
