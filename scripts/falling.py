"""Few bits reached at once and through wider ones; writes docs/results/falling/.

    python scripts/falling.py --data DIR [--jobs 2]

A network of 2 or 3 bits is quantised from the float network directly, or by way of 8, 5 and 3 bits, each width started
from the one before and taught by it (after Liu et al., NeurIPS 2022), without and with matching its features.
"""

from __future__ import annotations

import common

from hwgen import shipped
from hwgen.bench import summary
from hwgen.compress import recipes

FOLDER = common.RESULTS / "falling"
SETS = {"trec": "questions", "sst2": "sentences"}
CHAIN = ["quantised.through=[8, 5, 3]", "quantised.previous=0.5"]
WAYS = {
    "at once": [],
    "by way of 8, 5, 3": CHAIN,
    "by way of 8, 5, 3, features too": [*CHAIN, "quantised.features=0.3"],
}
BITS = (2, 3)


def main() -> int:
    arguments = common.parser(__doc__).parse_args()

    def work() -> None:
        jobs = []
        for name, plan in SETS.items():
            base = recipes.load(shipped.recipe_path(plan))
            for way, settings in WAYS.items():
                jobs += common.jobs(arguments.data / name, base, settings, BITS, way)
        found = summary.groups(common.measure(jobs, FOLDER, arguments.jobs))
        (FOLDER / "README.md").write_text(page(found), encoding="utf-8")

    return common.guarded(work)


def page(found: list[summary.Group]) -> str:
    """A row for each set and way, a column for each width."""
    text = f"""# Falling precision

Test accuracy of few bits, means and standard deviations over three seeds. Everything before quantisation is
shared.

| set | way | {" | ".join(f"{bits} bits" for bits in BITS)} | float |
|---|---|{"---:|" * (len(BITS) + 1)}
"""
    for name in SETS:
        for way in WAYS:
            members = {g.bits: g for g in found if g.dataset == name and g.settings == (way,)}
            if members:
                cells = [str(members[bits].figure()) if bits in members else "" for bits in BITS]
                text += f"| {name} | {way} | {' | '.join(cells)} | {next(iter(members.values())).stage(0)} |\n"
    return text + "\nRegenerate: `python scripts/falling.py --data DIR`.\n"


if __name__ == "__main__":
    raise SystemExit(main())
