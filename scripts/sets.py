"""Accuracy of the 5-bit CNN on every set, and of 2..8 bits on three; writes docs/results/sets/.

    python scripts/sets.py --data DIR [--only trec mr] [--known] [--jobs 2]

DIR holds one folder a set (label TAB text): train, dev and test splits, or one file `all`, which is cross-validated
over ten folds; the other sets are trained from three seeds. Runs that are there already are not made again.
"""

from __future__ import annotations

import common

from hwgen import shipped
from hwgen.bench import matrix, plots, summary
from hwgen.compress import recipes
from hwgen.files import write_whole

FOLDER = common.RESULTS / "sets"
CURVE = matrix.BITS
PLANS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("glue_sst2", "sst2-full", CURVE),
    ("mr", "sentences", CURVE),
    ("trec", "questions", CURVE),
    ("subj", "sentences", (5,)),
    ("mr", "reviews", (5,)),
    ("cr", "reviews", (5,)),
    ("mpqa", "sentences", (5,)),
    ("clinc150", "intents", (5,)),
    ("banking77", "intents", (5,)),
    ("snips", "intents", (5,)),
    ("sst2", "sentences", (5,)),
    ("sst1", "sentences", (5,)),
    ("chatbot", "intents-tiny", (5,)),
    ("askubuntu", "intents-tiny", (5,)),
    ("webapplication", "intents-tiny", (5,)),
    ("glue_sst2", "sst2-taught", (5,)),
    ("mr", "mr-taught", (5,)),
)
"""Set, recipe, and bit widths."""


def main() -> int:
    parser = common.parser(__doc__)
    parser.add_argument("--only", nargs="+", metavar="SET", help="default: all")
    parser.add_argument("--known", action="store_true", help="train nothing: draw what has been measured so far")
    arguments = parser.parse_args()

    def work() -> None:
        jobs = []
        for name, plan, bits in PLANS:
            if not arguments.only or name in arguments.only:
                source = str(arguments.data / name)
                jobs += matrix.jobs([source], [recipes.load(shipped.recipe_path(plan))], bits)
        if arguments.known:
            jobs = common.finished(jobs, FOLDER)
        found = summary.groups(common.measure(jobs, FOLDER, arguments.jobs))
        for name, picture in plots.draw(found).items():
            write_whole(FOLDER / name, picture)
        (FOLDER / "README.md").write_text(page(found), encoding="utf-8")

    return common.guarded(work)


def page(found: list[summary.Group]) -> str:
    """The results as Markdown."""
    five = [group for group in found if group.bits == 5]
    crossed = ", ".join(dict.fromkeys(group.dataset for group in five if group.runs[0]["fold"] is not None))
    text = f"""# Accuracy on public sets

Recipes named *taught* learn from an outside transformer; all others see their own training rows alone. Means and
standard deviations over three seeds, or over ten folds ({crossed}). Every choice was made on dev, the settings of
*reviews* and *questions* on more of it than the fiftieth they hold out now; test was read once a stage. *float* is
the uncompressed float32 network of the same run, *drop* what the 5-bit circuit loses against it (negative: gains),
*saved* the memory it saves against it, embedding included.

{summary.table(five)}
"""
    curves = [name for name in dict.fromkeys(group.dataset for group in found) if len(_widths(found, name)) > 1]
    if curves:
        text += "\n## Bits\n\n| set | " + " | ".join(f"{bits} bits" for bits in CURVE) + " | float |\n"
        text += "|---|" + "---:|" * (len(CURVE) + 1) + "\n"
        for name in curves:
            widths = _widths(found, name)
            cells = [str(widths[bits].figure()) if bits in widths else "" for bits in CURVE]
            text += f"| {name} | {' | '.join(cells)} | {next(iter(widths.values())).stage(0)} |\n"
    text += """
![Accuracy against bits](bits.svg)

![Accuracy against memory](memory.svg)

The band marks the 85-93 % that Wróbel et al. (2020) save. Confusion matrices lie beside this page.

Regenerate: `python scripts/sets.py --data DIR`.
"""
    return text


def _widths(found: list[summary.Group], name: str) -> dict[int, summary.Group]:
    recipes = {group.recipe for group in found if group.dataset == name and group.bits != 5}
    return {group.bits: group for group in found if group.dataset == name and group.recipe in recipes}


if __name__ == "__main__":
    raise SystemExit(main())
