"""Train every shipped model, each with its card: both sizes at bits 1..8, and those of other kinds.

Models of one size and recipe share their float stages.

    python scripts/train_shipped.py --data DIR [--size full] [--bits 5] [--other snips-hd] [--seed 0] [-o models]

DIR has a folder for each set. `glue_sst2` is GLUE's SST-2: training phrases, its dev split, and the treebank's test
sentences. The outside teacher is fetched by name, unless Hugging Face's cache has it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from hwgen import shipped
from hwgen.compress import pipeline, recipes
from hwgen.compress.card import render
from hwgen.compress.recipe import Recipe
from hwgen.compress.report import stage_table, stages_of
from hwgen.compress.run import run
from hwgen.errors import HwgenError
from hwgen.model import Model
from hwgen.progress import shown
from hwgen.text import datasets

LABELS = ("negative", "positive")
"""What SST-2's files call 0 and 1."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path, help="folder of sets, one folder each")
    parser.add_argument("--size", choices=shipped.SIZES, action="append", help="default: all")
    parser.add_argument("--bits", type=int, choices=shipped.BITS, action="append", help="default: all")
    parser.add_argument("--other", choices=shipped.OTHERS, action="append", help="default: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, default=shipped.models_folder())
    arguments = parser.parse_args()
    console = Console(width=None if Console().is_terminal else 120)
    try:
        sized = arguments.size or arguments.bits
        for name in arguments.other or ([] if sized else shipped.OTHERS):
            train_other(name, arguments.data, arguments.seed, arguments.output, console)
        for size in arguments.size or ([] if arguments.other and not sized else shipped.SIZES):
            wanted = arguments.bits or shipped.BITS
            for name in dict.fromkeys(shipped.recipe_name(size, bits) for bits in wanted):
                widths = [bits for bits in wanted if shipped.recipe_name(size, bits) == name]
                train(name, size, widths, arguments.data / shipped.SET, arguments.seed, arguments.output, console)
    except HwgenError as error:
        console.print(f"error: {error}", style="red")
        return 2
    return 0


def train(name: str, size: str, widths: Sequence[int], data: Path, seed: int, output: Path, console: Console) -> None:
    """Train one size at each bit width of a recipe and write the model folders."""
    plan = recipes.load(shipped.recipe_path(name))
    assert isinstance(plan, Recipe)
    with shown(console) as progress:
        parent = pipeline.compress(plan, datasets.load(data, holdout=plan.data.holdout), seed, progress)
        for bits in widths:
            model = replace(pipeline.quantise(parent, bits, progress), labels=LABELS)
            folder = output / shipped.model_name(size, bits)
            command = f"hwgen train {name} --data {shipped.SET} --bits {bits} --seed {seed} -o {folder.name}"
            save(model, folder, command, console)


def train_other(name: str, data: Path, seed: int, output: Path, console: Console) -> None:
    """Train one of another kind and write its folder."""
    recipe, source = shipped.OTHERS[name]
    plan = recipes.load(shipped.recipe_path(recipe))
    with shown(console) as progress:
        model = run(plan, datasets.load(data / source, holdout=plan.data.holdout), 1, seed, progress)
    if source == shipped.SET:
        model = replace(model, labels=LABELS)
    save(model, output / name, f"hwgen train {recipe} --data {source} --bits 1 --seed {seed} -o {name}", console)


def save(model: Model, folder: Path, command: str, console: Console) -> None:
    """Write a model with its card, and show its stages."""
    model.save(folder, render(model, folder.name, command))
    console.print(stage_table(stages_of(model.record), toy=model.record["data"]["toy"]))


if __name__ == "__main__":
    raise SystemExit(main())
