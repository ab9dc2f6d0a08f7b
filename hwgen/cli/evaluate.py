"""Commands that say what a model is and how well it does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwgen import progress
from hwgen.cli.app import app
from hwgen.cli.common import (
    BaudOption,
    BuiltOption,
    JsonOption,
    OnOption,
    err,
    folder_of,
    model_of,
    out,
    print_json,
    warn,
)
from hwgen.errors import HwgenError
from hwgen.places import port_rate


@app.command(
    epilog="hwgen evaluate sst2-full-5bit --data test.tsv --wrong wrong.tsv   |   "
    "hwgen evaluate toy --data DIR --split dev --on /dev/ttyUSB1"
)
def evaluate(
    model: Annotated[str, typer.Argument(help="Model folder or shipped model.")],
    data: Annotated[str, typer.Option("--data", help="File of rows, folder of splits, or public set.")],
    split: Annotated[
        str | None, typer.Option("--split", help="train, dev or test; by default test, or the only one there is.")
    ] = None,
    on: OnOption = "golden",
    baud: BaudOption = None,
    build: BuiltOption = None,
    wrong: Annotated[Path | None, typer.Option("--wrong", help="Write the rows that went wrong: .tsv or .csv.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page to look at.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a model on labelled rows: accuracy, precision, recall, F1, confusion, and what went wrong."""
    from hwgen.evaluate import page, terminal
    from hwgen.evaluate import wrong as wrong_rows
    from hwgen.evaluate.evaluation import evaluate as measure
    from hwgen.evaluate.evaluation import rows_for

    if wrong is not None:
        wrong_rows.require_target(wrong)
    if html is not None:
        page.require_target(html)
    if wrong is not None and html is not None and wrong.resolve() == html.resolve():
        raise HwgenError(f"--wrong {wrong}, --html {html}: one file cannot be both; give each a name of its own")
    for option, path in (("--wrong", wrong), ("--html", html)):
        if path is not None and path.exists() and Path(data).resolve() in (path.resolve(), path.resolve().parent):
            raise HwgenError(f"{option} {path}: is among the rows of --data {data}; give it another name")
    name, loaded = model_of(model)
    rows = rows_for(loaded, data, split)
    with progress.shown(err, quiet=as_json) as shown:
        evaluation = measure(name, loaded, rows, on, port_rate(on, baud, build, name), shown)
    warn(evaluation.notes, "note")
    warn(evaluation.warnings)
    if wrong is not None:
        wrong_rows.write(wrong, evaluation.wrong())
    if html is not None:
        page.write(html, evaluation)
    if as_json:
        print_json(evaluation.as_json())
        return
    for each in terminal.tables(evaluation):
        out.print(each, highlight=False, soft_wrap=isinstance(each, str))


@app.command(epilog="hwgen inspect sst2-full-5bit   |   hwgen inspect toy --json")
def inspect(
    model: Annotated[str, typer.Argument(help="Model folder or shipped model.")], as_json: JsonOption = False
) -> None:
    """Say what a model is: its graph with widths and intervals, sizes, vocabulary, labels, how it was trained."""
    from hwgen import inspection

    facts = inspection.inspect(folder_of(model))
    if as_json:
        print_json(facts)
        return
    for table in inspection.tables(facts):
        out.print(table, highlight=False)
