"""The command that writes a circuit for somebody's design."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwgen import progress
from hwgen.cli.app import app
from hwgen.cli.common import (
    EngineOption,
    LanesOption,
    MembersOption,
    err,
    model_of,
    plan_of,
    print_line,
    test_sentences,
)


@app.command(epilog="hwgen export sst2-small-5bit -o verilog && make -C verilog")
def export(
    model: Annotated[str, typer.Argument(help="Model folder or shipped model.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")],
    name: Annotated[
        str, typer.Option("--name", help="Of the top module; all others' names begin with it.")
    ] = "hwgen_classifier",
    engine: EngineOption = None,
    lanes: LanesOption = None,
    members: MembersOption = None,
    streams: Annotated[
        int, typer.Option("--streams", min=1, max=2, help="2: two cores side by side, on one embedding table.")
    ] = 1,
    count: Annotated[int, typer.Option("-n", min=1, help="Sentences in the test bench.")] = 32,
    data: Annotated[str | None, typer.Option("--data", help="Test sentences; made-up ones by default.")] = None,
) -> None:
    """Write the circuit as Verilog with AXI4-Stream ports, a README and a self-checking test bench."""
    from hwgen.export.verilog import export as write
    from hwgen.flow.design import made_up_sentences

    _, loaded = model_of(model)
    plan = plan_of(loaded, engine, lanes, members)
    sentences = test_sentences(loaded, data) if data else made_up_sentences(loaded.graph)
    with progress.shown(err) as shown:
        checked = write(loaded, plan, sentences.head(count), output, streams=streams, name=name, say=shown)
    if checked:
        print_line(
            f"{output}: {checked.sentences} sentences through the circuit by {checked.simulator}, "
            "every score equals the golden model's"
        )
    else:
        print_line(f"{output}: not checked, there is neither Icarus nor a C++ compiler; run `make` there")
