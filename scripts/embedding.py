"""Ways to make the embedding smaller, side by side; writes docs/results/embedding/.

    python scripts/embedding.py --data DIR [--jobs 2]

After Acharya et al. (AAAI 2019): a full-width network is trained; then its embedding is made 90 % smaller by singular
value decomposition, without and with training afterwards. Beside it a network of that rank trained directly, and plain
8-bit quantisation. No teacher, no pruning: the embedding alone.
"""

from __future__ import annotations

import common

from hwgen import shipped
from hwgen.bench import summary
from hwgen.bench.summary import Figure, Group
from hwgen.compress import recipes
from hwgen.compress.factorise import rank_for
from hwgen.compress.recipe import Recipe

FOLDER = common.RESULTS / "embedding"
SETS = {"glue_sst2": "sst2-full", "mr": "sentences", "trec": "questions"}
WIDTH, REDUCTION = 128, 0.9
COMMON = ["teacher.members=0", "teacher.ngrams=0", "teacher.unlabelled=0", "float.distil=0", "factorised.distil=0"]
COMMON += ["pruned.distil=0", "quantised.distil=0", "quantised.epochs=0", f"network.embedding={WIDTH}"]
WAYS = {
    "SVD, trained again": ['stages=["float", "factorised", "quantised"]', "factorised.rank=0"],
    "SVD alone": ['stages=["float", "factorised", "quantised"]', "factorised.rank=0", "factorised.epochs=0"],
    "8 bits": ['stages=["float", "quantised"]'],
    "trained at that rank": ['stages=["float", "quantised"]', "network.embedding=RANK"],
}


def main() -> int:
    arguments = common.parser(__doc__).parse_args()

    def work() -> None:
        jobs = []
        for name, plan in SETS.items():
            base = recipes.override(
                recipes.load(shipped.recipe_path(plan)), [*COMMON, f"factorised.reduction={REDUCTION}"]
            )
            assert isinstance(base, Recipe)
            rank = rank_for(REDUCTION, base.vocabulary.size, WIDTH)
            for way, settings in WAYS.items():
                ranked = [setting.replace("RANK", str(rank)) for setting in settings]
                jobs += common.jobs(arguments.data / name, base, ranked, (8,), way)
        found = summary.groups(common.measure(jobs, FOLDER, arguments.jobs))
        (FOLDER / "README.md").write_text(page(found), encoding="utf-8")

    return common.guarded(work)


def page(found: list[Group]) -> str:
    """One row for each set and way."""
    text = f"""# A smaller embedding

A sentence CNN with a {WIDTH}-wide embedding, trained from labels; then the embedding alone is made smaller. Accuracy on
test, means and standard deviations over three seeds (mr: ten folds); *loss* is against the full-width network of the
same run, negative where the smaller one is better. After Acharya et al. (AAAI 2019): less than 1 point at 90 %.

| set | way | embedding kB | smaller by | full % | smaller % | loss |
|---|---|---:|---:|---:|---:|---:|
"""
    for name in SETS:
        members = {group.settings[0]: group for group in found if group.dataset == name}
        full = members["SVD alone"] if members else None
        for way, group in members.items():
            assert full is not None
            index = 1 if way != "trained at that rank" else 0
            size = _kilobytes(group, index)
            whole = _kilobytes(full, 0)
            loss = Figure.of(
                one["stages"][0]["test"] - other["stages"][index]["test"]
                for one, other in zip(full.runs, group.runs, strict=True)
            )
            text += (
                f"| {name} | {way} | {size:,.1f} | {1 - size / whole:.1%} | {full.stage(0)} "
                f"| {group.stage(index)} | {loss} |\n"
            )
    text += """
*SVD* counts the table and the factor behind it; the factor is folded into the convolution, so the circuit stores the
table alone. *8 bits* quantises every layer by calibration, without training.

Regenerate: `python scripts/embedding.py --data DIR`.
"""
    return text


def _kilobytes(group: Group, index: int) -> float:
    """Of the embedding after stage `index`; a factorised one with its right factor."""
    run = group.runs[0]
    stage, whole = run["stages"][index], run["stages"][0]["rank"]
    if stage["name"] == "quantised":
        return float(run["memory_bits"]["embedding"]) / 8000
    factor = stage["rank"] * whole if stage["rank"] != whole else 0
    return (stage["vocabulary"] * stage["rank"] + factor) * 4 / 1000


if __name__ == "__main__":
    raise SystemExit(main())
