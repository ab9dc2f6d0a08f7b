"""Accuracy and memory of the shipped models, from their records; writes docs/results/accuracy.{md,json,svg}.

python scripts/accuracy.py
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import common
import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

from hwgen import shipped
from hwgen.files import write_whole
from hwgen.model import Model


def main() -> int:
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    return common.guarded(run)


def run() -> None:
    """Write the page, its figures and its picture."""
    models = {name: Model.load(folder) for name, folder in shipped.shipped_models().items()}
    rows = [row(name, model) for name, model in models.items() if model.bits > 1]  # one bit has a page of its own
    write_whole(common.RESULTS / "accuracy.json", json.dumps(rows, indent=1) + "\n")
    chart(rows, common.RESULTS / "accuracy.svg")
    write_whole(common.RESULTS / "accuracy.md", page(rows))


def row(name: str, model: Model) -> dict[str, Any]:
    """One shipped model's figures, from its record."""
    record = model.record
    return {
        "model": name,
        "size": name.split("-")[1],
        "bits": model.bits,
        "float_dev": record["stages"][0]["dev"],
        "float_test": record["stages"][0]["test"],
        "dev": record["accuracy"]["dev"],
        "test": record["accuracy"]["test"],
        "kilobytes": record["stages"][-1]["kilobytes"],
        "kernel_zeros": 1 - record["memory_bits"]["convolution_nonzero"] / record["memory_bits"]["convolution"],
        "reduction": record["reduction"],
    }


def chart(rows: list[dict[str, Any]], path: Path) -> None:
    """Dev and test accuracy against bits, a line for each size."""
    plt.rcParams["svg.hashsalt"] = "hwgen"
    figure, axes = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
    for size, colour in zip(shipped.SIZES, ("tab:blue", "tab:orange"), strict=True):
        chosen = sorted((r for r in rows if r["size"] == size), key=lambda r: r["bits"])
        for split, style in (("test", "o-"), ("dev", "s--")):
            accuracy = [100 * r[split] for r in chosen]
            axes.plot([r["bits"] for r in chosen], accuracy, style, color=colour, label=f"{size}, {split}")
        if chosen:
            axes.axhline(100 * chosen[0]["float_test"], color=colour, linewidth=0.8, linestyle=":")
    axes.set_xlabel("bits of weights, embedding and activations")
    axes.set_ylabel("SST-2 accuracy, % (dotted: float parent, test)")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def page(rows: list[dict[str, Any]]) -> str:
    """The results as Markdown."""
    text = """# Accuracy of the shipped models

SST-2: trained on GLUE's 67,349 phrases; dev 872 and test 1,821 sentences. Checkpoints and settings were chosen on dev;
test was read once a stage. With 1,821 sentences the standard error of a test accuracy near 82 % is 0.9 points.

| model | bits | dev % | test % | float parent, test % | kB | zero kernel weights % | saved: parent | same shape | Kim |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
"""
    for r in sorted(rows, key=lambda r: (r["size"], r["bits"])):
        saved = r["reduction"]
        text += (
            f"| {r['model']} | {r['bits']} | {100 * r['dev']:.2f} | {100 * r['test']:.2f} "
            f"| {100 * r['float_test']:.2f} | {r['kilobytes']:.1f} | {100 * r['kernel_zeros']:.1f} "
            f"| {saved['parent']:.1%} | {saved['same_shape']:.1%} | {saved['kim']:.1%} |\n"
        )
    text += """
kB counts every weight, zeros included (1 kB = 1,000 bytes). Saved: against the float32 network it was compressed from,
against a float32 network of its own shape, and against Kim's published sizes with the same vocabulary.

![Accuracy against bits](accuracy.svg)

Regenerate: `python scripts/train_shipped.py --data DIR`, then `python scripts/accuracy.py`. Other seeds of
the same recipe: [sets](sets/README.md).
"""
    return text


if __name__ == "__main__":
    raise SystemExit(main())
