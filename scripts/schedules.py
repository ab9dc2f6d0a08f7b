"""Learning-rate schedules side by side; writes docs/results/schedules/.

    python scripts/schedules.py --data DIR [--jobs 2]

The same network is trained from labels alone with each schedule, in the float stage and after factorising, from three
seeds. The greatest rate is chosen for each schedule on dev.
"""

from __future__ import annotations

import common

from hwgen import shipped
from hwgen.bench import summary
from hwgen.bench.summary import Group
from hwgen.compress import recipe, recipes

FOLDER = common.RESULTS / "schedules"
SETS = {
    "sst2": ("sentences", ("1e-3", "3e-3", "6e-3")),
    "trec": ("questions", ("1e-3", "3e-3", "6e-3")),
}
ALONE = ["teacher.members=0", "teacher.ngrams=0", "teacher.unlabelled=0", 'stages=["float", "factorised", "quantised"]']
ALONE += ["quantised.epochs=0", "quantised.distil=0", "pruned.distil=0"]
ALONE += [f"{stage}.{field}" for stage in ("float", "factorised") for field in ("distil=0", "epochs=10", "patience=10")]


def main() -> int:
    arguments = common.parser(__doc__).parse_args()

    def work() -> None:
        jobs = []
        for name, (plan, rates) in SETS.items():
            base = recipes.override(recipes.load(shipped.recipe_path(plan)), ALONE)
            for schedule in recipe.SCHEDULES:
                for rate in rates:
                    settings = [f"{stage}.schedule={schedule}" for stage in ("float", "factorised")]
                    settings += [f"{stage}.learning_rate={rate}" for stage in ("float", "factorised")]
                    jobs += common.jobs(arguments.data / name, base, settings, (8,), schedule, rate)
        found = summary.groups(common.measure(jobs, FOLDER, arguments.jobs))
        (FOLDER / "README.md").write_text(page(found), encoding="utf-8")

    return common.guarded(work)


def page(found: list[Group]) -> str:
    """The best rate of each schedule, by dev."""
    text = """# Learning-rate schedules

The sentence CNN at full width, then factorised, from labels alone, 10 epochs a stage, checkpoints by dev, means and
standard deviations over three seeds. Each schedule has the greatest rate that did best on dev in the float stage.
*calr* is the cyclically annealed rate of Acharya et al. (2019); linear and cosine fall to a fiftieth of their greatest.

| set | schedule | rate | float dev % | float test % | factorised dev % | factorised test % |
|---|---|---:|---:|---:|---:|---:|
"""
    for name in SETS:
        for schedule in recipe.SCHEDULES:
            members = [group for group in found if group.dataset == name and group.settings[0] == schedule]
            if members:
                best = max(members, key=lambda group: group.stage(0, "dev").mean)
                cells = [str(best.stage(index, split)) for index in (0, 1) for split in ("dev", "test")]
                text += f"| {name} | {schedule} | {best.settings[1]} | {' | '.join(cells)} |\n"
    return text + "\nRegenerate: `python scripts/schedules.py --data DIR`.\n"


if __name__ == "__main__":
    raise SystemExit(main())
