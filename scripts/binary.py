"""Accuracy of binary classifiers: sentence CNNs, hypervectors and ensembles; writes docs/results/binary/.

    python scripts/binary.py --data DIR [--jobs 2]

Whatever stands in docs/results/binary/runs.jsonl is not run again.
"""

from __future__ import annotations

import common

from hwgen import shipped
from hwgen.bench import summary
from hwgen.bench.matrix import Job
from hwgen.bench.summary import Group
from hwgen.compress import recipes

FOLDER = common.RESULTS / "binary"
PLANS: dict[str, list[tuple[str, list[str]]]] = {
    "questions-binary": [("trec", [])],
    "sst2-binary": [("glue_sst2", [])],
    "sentences-binary": [("subj", [])],
    "reviews-binary": [("mr", [])],
    # As cross-validation on training rows says: scripts/hypervectors.py.
    "intents-tiny-hd": [("chatbot", []), ("askubuntu", ["items.sizes=[2,3,4]"]), ("webapplication", [])],
    "intents-hd": [("snips", []), ("clinc150", [])],
    "intents-hd-convolution": [("snips", [])],
    "sst2-ensemble": [("glue_sst2", ["method=boosting", "rate=0.5"])],
}
"""Recipes; the sets that each is measured on, and what is set otherwise."""


def main() -> int:
    parser = common.parser(__doc__)
    parser.add_argument("--recipe", action="append", choices=PLANS, help="default: all")
    arguments = parser.parse_args()

    def work() -> None:
        wanted: list[Job] = []
        every: list[Job] = []
        for plan, sets in PLANS.items():
            base = recipes.load(shipped.recipe_path(plan))
            for name, settings in sets:
                made = common.jobs(arguments.data / name, base, settings, (1,), *settings)
                every += made
                wanted += made if plan in (arguments.recipe or PLANS) else []
        common.measure(wanted, FOLDER, arguments.jobs)
        found = summary.groups(common.measure(common.finished(every, FOLDER), FOLDER, arguments.jobs))
        (FOLDER / "README.md").write_text(page(found), encoding="utf-8")

    return common.guarded(work)


def page(found: list[Group]) -> str:
    """The table, one row for each set and recipe."""
    text = """# One bit

Test accuracy, means and standard deviations over three seeds or ten folds. *Float* is the first stage of the recipe:
the sentence CNN in float32, the hypervector classifier with real vectors and real class vectors. Of the tiny intent
sets' training rows only one or two are held out as dev; their settings come from
[cross-validation](../hypervectors.md).

| set | recipe | float % | dev % | test % | runs | kB | saved |
|---|---|---:|---:|---:|---:|---:|---:|
"""
    for group in found:
        text += (
            f"| {group.dataset} | {group.name} | {group.stage(0)} | {group.figure('dev')} | {group.figure()} "
            f"| {len(group.runs)} | {group.kilobytes:,.1f} | {group.reduction:.1%} |\n"
        )
    return text + "\nRegenerate: `python scripts/binary.py --data DIR`.\n"


if __name__ == "__main__":
    raise SystemExit(main())
