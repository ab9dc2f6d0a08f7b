"""Train every shipped model: both sizes, bits 1..8, each with its card. Models of one size and recipe share their float
stages.

    python scripts/train_shipped.py --data DIR [--size full] [--bits 5] [--seed 0] [-o models]

DIR holds GLUE's SST-2: training phrases, its dev split, and the treebank's test sentences. The outside teacher is
fetched by name, unless Hugging Face's cache has it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from hwgen import shipped
from hwgen.compress import pipeline, recipes
from hwgen.compress.card import write_card
from hwgen.compress.progress import reporter
from hwgen.compress.recipe import Recipe
from hwgen.compress.report import Stage, stage_table
from hwgen.errors import HwgenError
from hwgen.text import datasets

LABELS = ("negative", "positive")
"""What SST-2's files call 0 and 1."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder with train.tsv, dev.tsv, test.tsv")
    parser.add_argument("--size", choices=shipped.SIZES, action="append", help="default: all")
    parser.add_argument("--bits", type=int, choices=shipped.BITS, action="append", help="default: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, default=shipped.models_folder())
    arguments = parser.parse_args()
    console = Console(width=None if Console().is_terminal else 120)
    try:
        for size in arguments.size or shipped.SIZES:
            wanted = arguments.bits or shipped.BITS
            for name in dict.fromkeys(shipped.recipe_name(size, bits) for bits in wanted):
                widths = [bits for bits in wanted if shipped.recipe_name(size, bits) == name]
                train(name, size, widths, arguments.data, arguments.seed, arguments.output, console)
    except HwgenError as error:
        console.print(f"error: {error}", style="red")
        return 2
    return 0


def train(name: str, size: str, widths: Sequence[int], data: str, seed: int, output: Path, console: Console) -> None:
    """Train one size at each bit width of a recipe and write the model folders."""
    plan = recipes.load(shipped.recipe_path(name))
    assert isinstance(plan, Recipe)
    with reporter(console) as progress:
        parent = pipeline.compress(plan, datasets.load(data, holdout=plan.data.holdout), seed, progress)
        for bits in widths:
            model = replace(pipeline.quantise(parent, bits, progress), labels=LABELS)
            folder = output / shipped.model_name(size, bits)
            model.save(folder)
            command = f"hwgen train {name} --data glue_sst2 --bits {bits} --seed {seed} -o {folder.name}"
            write_card(model, folder, command)
            stages = [Stage(**row) for row in model.record["stages"]]
            console.print(stage_table(stages, toy=model.record["data"]["toy"]))


if __name__ == "__main__":
    raise SystemExit(main())
