"""Commands that measure, and draw what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwgen import progress
from hwgen.cli.app import bench
from hwgen.cli.common import JsonOption, err, out, print_json, print_line, require_training_extra, training_extra, warn
from hwgen.files import Gathered, Kind

PAGE = "README.md"
BENCH = Kind("measurement", "a measurement")


@bench.command(
    epilog="hwgen bench accuracy --data sets/trec --data sets/mr --bits 2-8 -o results   |   "
    "hwgen bench accuracy --data sets/trec --sweep pruned.sparsity=0.5,0.8,0.9 -o results"
)
def accuracy(
    data: Annotated[list[str], typer.Option("--data", help="Folder or public set; may be given several times.")],
    recipe: Annotated[
        list[str] | None, typer.Option("--recipe", help="Shipped recipe or TOML file; may be given several times.")
    ] = None,
    bits: Annotated[str, typer.Option("--bits", help="Widths: 5, or 2-8, or 3,5,8.")] = "5",
    seeds: Annotated[int, typer.Option("--seeds", help="Trainings of a set with a test split.")] = 3,
    folds: Annotated[int, typer.Option("--folds", help="Of the ten folds of a set without one, how many.")] = 10,
    sweep: Annotated[
        list[str] | None, typer.Option("--sweep", help="Values of a recipe's field: section.field=value,value,...")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Override a recipe's field: section.field=value.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the runs and pictures.")] = Path("results"),
    workers: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Trainings at a time, a core each.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Train sets x recipes x seeds x bits, and draw accuracy against bits, memory and sparsity.

    Every run is a line of runs.jsonl in the output folder. What is there already is not run again, so a killed
    measurement goes on where it was.
    """
    require_training_extra()
    from hwgen import shipped
    from hwgen.bench import plots, summary
    from hwgen.bench.matrix import jobs, parse_bits
    from hwgen.compress import recipes
    from hwgen.text import audit, datasets

    plans = [
        recipes.override(recipes.load(shipped.recipe_path(name)), settings or []) for name in recipe or ["sentences"]
    ]
    for source in data:
        datasets.require(source)
    matrix = jobs(data, plans, parse_bits(bits), seeds, folds, sweep or [])
    for source in data:
        if Path(source).is_dir():
            warn(audit.warnings(datasets.load(source)))
    results = Gathered(output, BENCH)
    results.require(PAGE, *plots.NAMES)
    with training_extra():  # seconds, so after all that can be refused without it
        from hwgen.bench.accuracy import measure
    with progress.shown(err, quiet=as_json) as shown:
        shown.step("runs", sum(len(job.bits) for job in matrix))
        runs = measure(matrix, output / "runs.jsonl", workers, shown)
    measured = summary.groups(runs)
    drawn = plots.draw(measured)
    for file, content in (drawn | {PAGE: f"# Accuracy\n\n{summary.table(measured)}"}).items():
        results.write(file, content)
    if as_json:
        print_json(runs)
    else:
        out.print(summary.rich_table(measured))
        print_line(f"{output}: runs.jsonl, README.md and {len(drawn)} pictures")
