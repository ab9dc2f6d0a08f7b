"""Times the whole test set through the compiled circuit, compilation included: docs/results/simulation.md."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from rich.console import Console

from hwgen.graph import golden
from hwgen.model import Model
from hwgen.rtl.core import Core
from hwgen.rtl.plan import Plan
from hwgen.shipped import shipped_models
from hwgen.sim.cxxrtl import compile_core
from hwgen.text import datasets

RESULTS = Path(__file__).resolve().parent.parent / "docs" / "results"
PLANS = {"spatial": Plan.spatial(2), "folded x8": Plan.folded(8)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder with test.tsv, or a public set's name")
    parser.add_argument("--model", action="append", help="default: the 5-bit ones")
    arguments = parser.parse_args()
    texts = [text for _, text in datasets.load(arguments.data).test]
    console = Console(width=None if Console().is_terminal else 120)
    cache = tempfile.mkdtemp()
    os.environ["XDG_CACHE_HOME"] = cache  # an empty cache: compilation is part of what is timed
    rows = []
    for name in arguments.model or ["sst2-full-5bit", "sst2-small-5bit"]:
        model = Model.load(shipped_models()[name])
        sentences = model.encode(texts)
        expected = golden.scores(model.graph, sentences)
        for plan_name, plan in PLANS.items():
            start = time.monotonic()
            circuit = compile_core(Core(model.graph, plan))
            compiled = time.monotonic()
            results = circuit.run(sentences)
            ran = time.monotonic()
            row = {
                "model": name,
                "engine": plan_name,
                "sentences": len(sentences),
                "tokens": int(sentences.tokens.size),
                "different": int(results.mismatches(expected).size),
                "cycles": int(results.left[-1]) + 1,
                "compile_s": round(compiled - start, 1),
                "run_s": round(ran - compiled, 1),
            }
            console.print(row)
            rows.append(row)
    shutil.rmtree(cache)
    (RESULTS / "simulation.json").write_text(json.dumps(rows, indent=1) + "\n")
    lines = [
        "# The whole test set through the circuit",
        "",
        "CXXRTL and g++ on 2 cores, nothing cached; every score of every sentence compared with the golden model's.",
        "",
        "| model | engine | sentences | tokens | different | cycles | compile s | run s | cycles/s |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        speed = row["cycles"] / max(row["run_s"], 0.1)
        lines.append(
            f"| {row['model']} | {row['engine']} | {row['sentences']:,} | {row['tokens']:,} | {row['different']} |"
            f" {row['cycles']:,} | {row['compile_s']} | {row['run_s']} | {speed:,.0f} |"
        )
    lines += ["", "Regenerate: `python scripts/bench_simulation.py --data DIR`.", ""]
    (RESULTS / "simulation.md").write_text("\n".join(lines))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
