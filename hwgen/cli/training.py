"""Commands that train."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from hwgen import progress
from hwgen.cli.app import app
from hwgen.cli.common import (
    LAST_SEED,
    JsonOption,
    err,
    out,
    print_json,
    print_line,
    require_training_extra,
    training_extra,
    warn,
)
from hwgen.model import Model


@app.command(
    epilog="hwgen train demo -o toy   |   hwgen train sst2-full --data DIR --bits 4 --set pruned.sparsity=0.9 -o model"
)
def train(
    recipe: Annotated[
        str | None,
        typer.Argument(help="Shipped recipe or TOML file; by default sst2-full, or sst2-binary for one bit."),
    ] = None,
    data: Annotated[str, typer.Option("--data", help="Folder of TSV or CSV splits, public set, or `demo`.")] = "demo",
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write the model to.")] = Path("model"),
    bits: Annotated[
        int | None, typer.Option("--bits", min=1, max=8, help="Of weights and activations; by default the recipe's.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=LAST_SEED, help="Of everything random.")] = 0,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Override a recipe's field: section.field=value.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train, factorise, prune and quantise a classifier; shows every stage."""
    Model.check_target(output)
    require_training_extra()
    from hwgen import shipped
    from hwgen.compress import card, recipes
    from hwgen.text import audit, datasets

    recipe = recipe or ("sst2-binary" if bits == 1 else "sst2-full")
    chosen = recipes.override(recipes.load(shipped.recipe_path(recipe)), settings or [])
    dataset = datasets.load(data, seed, holdout=chosen.data.holdout)
    warn(audit.warnings(dataset))
    with training_extra():  # seconds, so after all that can be refused without it
        from hwgen.compress import report
        from hwgen.compress.run import run
    with progress.shown(err, quiet=as_json) as shown:
        model = run(chosen, dataset, bits, seed, shown)
    stages = report.stages_of(model.record)
    command = ["hwgen", "train", recipe, "--data", data, "--bits", str(model.bits), "--seed", str(seed)]
    for setting in settings or []:
        command += ["--set", setting]
    model.save(output, card.render(model, output.name, shlex.join(command)))
    if as_json:
        print_json({"model": str(output), "stages": [stage.as_dict() for stage in stages], "record": model.record})
    else:
        out.print(report.stage_table(stages, toy=dataset.toy))
        print_line(f"model: {output}")
