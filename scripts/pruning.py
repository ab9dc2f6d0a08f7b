"""What pruning costs in accuracy and saves in hardware; writes docs/results/pruning/.

    python scripts/pruning.py --data DIR [--jobs 2] [--no-hardware]

Each way is trained from three seeds. The hardware figures are those of the convolution of seed 0, by yosys for ECP5:
spatial, and folded with eight lanes. They are kept by the run's key.
"""

from __future__ import annotations

import json
from typing import Any

import common
from synthesis import synthesise

from hwgen import shipped
from hwgen.bench import plots, summary
from hwgen.bench.summary import Group
from hwgen.chips.ecp5 import ECP5
from hwgen.compress import pipeline, recipes
from hwgen.compress.recipe import Recipe
from hwgen.files import write_whole
from hwgen.graph.graph import ConvolutionGraph
from hwgen.model import Model
from hwgen.rtl.lanes.folded_convolution import FoldedConvolution
from hwgen.rtl.sums.spatial_convolution import SpatialConvolution

FOLDER = common.RESULTS / "pruning"
SETS = {"sst2": "sentences", "trec": "questions"}
NONE = 'stages=["float", "factorised", "quantised"]'
NARROW = 'stages=["float", "factorised", "narrowed", "quantised"]'
SHORT = 'stages=["float", "shortened", "factorised", "pruned", "quantised"]'
WAYS: dict[str, list[str]] = {
    "none": [NONE],
    "50 % of weights": ["pruned.sparsity=0.5"],
    "80 % of weights": ["pruned.sparsity=0.8"],
    "80 % of weights, one shot": ["pruned.sparsity=0.8", "pruned.rounds=1"],
    "90 % of weights": ["pruned.sparsity=0.9"],
    "95 % of weights": ["pruned.sparsity=0.95"],
    "80 % of non-zeros": ["pruned.sparsity=0.8", "pruned.cost=nonzeros"],
    "80 % of adders": ["pruned.sparsity=0.8", "pruned.cost=adders"],
    "half of the filters": [NARROW, "narrowed.share=0.5"],
    "half of the words, 80 % of weights": [SHORT, "shortened.share=0.5"],
}
BITS, LANES = 5, 8


def main() -> int:
    parser = common.parser(__doc__)
    parser.add_argument("--no-hardware", action="store_true", help="keep the hardware figures there are")
    arguments = parser.parse_args()

    def work() -> None:
        jobs = []
        for name, plan in SETS.items():
            base = recipes.load(shipped.recipe_path(plan))
            for way, settings in WAYS.items():
                jobs += common.jobs(arguments.data / name, base, settings, (BITS,), way)
        found = summary.groups(common.measure(jobs, FOLDER, arguments.jobs))
        known = FOLDER / "hardware.json"
        hardware = json.loads(known.read_text()) if known.is_file() else {}
        if not arguments.no_hardware:
            for name in SETS:
                memory = pipeline.Memory()
                for job in (job for job in jobs if job.dataset == name and job.seed == 0):
                    if job.key(BITS) in hardware:
                        continue
                    assert isinstance(job.recipe, Recipe)
                    parent = pipeline.compress(job.recipe, job.load(), job.seed, memory=memory)
                    model = pipeline.quantise(parent, BITS)
                    hardware[job.key(BITS)] = figures(model)
                    common.console.print(f"{job.label}: {hardware[job.key(BITS)]}", highlight=False)
                    known.write_text(json.dumps(hardware, indent=1) + "\n")
        for name, picture in plots.sparsity(found).items():
            write_whole(FOLDER / name, picture)
        (FOLDER / "README.md").write_text(page(found, hardware), encoding="utf-8")

    return common.guarded(work)


def figures(model: Model) -> dict[str, Any]:
    """Adders and look-up tables of the spatial engine, cycles a token and look-up tables of the folded one."""
    graph = model.graph
    assert isinstance(graph, ConvolutionGraph)
    node, embedded = graph.convolution, graph.types()[0]
    spatial = SpatialConvolution(node, embedded, adders_per_stage=2, family=ECP5)
    folded = FoldedConvolution(node, graph.requantise, graph.pooling, embedded, lanes=LANES)
    return {
        "adders": len(spatial.graph.sums),
        "spatial_luts": synthesise(spatial, ECP5).luts,
        "cycles": folded.schedule.period,
        "folded_luts": synthesise(folded, ECP5).luts,
    }


def page(found: list[Group], hardware: dict[str, Any]) -> str:
    """The table, one row for each set and way."""
    text = f"""# Pruning

The recipe of each set at {BITS} bits with its pruning exchanged; everything before it is shared. Test accuracy, means
and standard deviations over three seeds. Adders, look-up tables (ECP5) and cycles a token ({LANES} lanes) are
those of the convolution alone, seed 0. *Non-zeros* and *adders* count what the two engines pay: a weight that
quantisation makes zero anyway is free, and one of many signed digits is dear.

| set | pruned | dev % | test % | kernel zeros | filters | words | adders | spatial LUT | cycles | folded LUT |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
"""
    for group in found:
        first = next(run for run in group.runs if run["seed"] == 0)
        costs = hardware.get(first["key"], {})
        cells = [f"{costs[name]:,}" if costs else "" for name in ("adders", "spatial_luts", "cycles", "folded_luts")]
        text += (
            f"| {group.dataset} | {group.name.removeprefix(group.recipe).strip()} | {group.figure('dev')} "
            f"| {group.figure()} | {group.sparsity:.1%} | {first['filters']} | {first['stages'][-1]['vocabulary']:,} "
            f"| {' | '.join(cells)} |\n"
        )
    text += """
![Accuracy against sparsity](sparsity.svg)

Regenerate: `python scripts/pruning.py --data DIR`.
"""
    return text


if __name__ == "__main__":
    raise SystemExit(main())
