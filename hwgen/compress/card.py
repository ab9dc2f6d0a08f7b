"""The model card: one page of plain facts beside a model's files, written from its record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hwgen.model import Model

CARD = "README.md"


def write_card(model: Model, folder: Path, command: str) -> Path:
    """Write `folder`/README.md for a model that `hwgen.compress.pipeline` made; `command` is what regenerates it."""
    path = Path(folder) / CARD
    scratch = path.with_suffix(".tmp")
    scratch.write_text(render(model, Path(folder).name, command), encoding="utf-8")
    scratch.replace(path)
    return path


def render(model: Model, title: str, command: str) -> str:
    """The card as Markdown."""
    record, graph = model.record, model.graph
    data, memory, reduction = record["data"], record["memory_bits"], record["reduction"]
    accuracy, convolution = record["accuracy"], graph.convolution
    rows = data["rows"]
    weights = sum(kernel.size for kernel in convolution.kernels)
    nonzero = memory["convolution_nonzero"] // convolution.bits
    toy = "\nThe data are made up by a small grammar: this is a toy, and so is its accuracy.\n" if data["toy"] else ""
    return f"""# {title}

A sentence CNN in {model.bits}-bit integers with power-of-two scales: embedding {graph.vocabulary:,} x \
{graph.embedding.rank}, {" + ".join(str(len(kernel)) for kernel in convolution.kernels)} filters of widths \
{", ".join(map(str, convolution.widths))}, maximum over time, {graph.classes} classes \
({", ".join(model.labels)}).
{toy}
| | |
|---|---|
| data | {data["name"]}: {rows["train"]:,} train, {rows["dev"]:,} dev, {rows["test"]:,} test rows |
| recipe, seed | {record["recipe"]["name"]}, {record["seed"]} |
| command | `{command}` |
| accuracy | dev {accuracy["dev"]:.2%}, test {accuracy["test"]:.2%} |
| digest | {model.digest.hex()} |

Checkpoints and settings were chosen on dev; test was read once a stage, at its end.

## Stages

| stage | dev % | test % | non-zero weights | of | bits | kB |
|---|---:|---:|---:|---:|---:|---:|
{_stages(record["stages"])}

## Zero weights by layer

{_zeros(record["stages"])}

## Confusion on test

{_confusion(record["confusion"], model.labels)}

## Memory

| tensor | bits |
|---|---:|
| embedding | {memory["embedding"]:,} |
| convolutions, every weight | {memory["convolution"]:,} |
| convolutions, non-zero weights only ({nonzero:,} of {weights:,}) | {memory["convolution_nonzero"]:,} |
| dense | {memory["dense"]:,} |
| biases | {memory["biases"]:,} |
| total, convolutions stored whole | {memory["total"]:,} |

Saved against float32 networks of the same vocabulary: {reduction["parent"]:.1%} against its own parent \
(embedding {record["recipe"]["network"]["embedding"]} wide), {reduction["same_shape"]:.1%} against the same shape, \
{reduction["kim"]:.1%} against Kim's published sizes (embedding 300 wide, 3 x 100 filters).
"""


def _stages(stages: list[dict[str, Any]]) -> str:
    return "\n".join(
        f"| {row['name']} | {100 * row['dev']:.2f} | {100 * row['test']:.2f} | {row['nonzero']:,} "
        f"| {row['weights']:,} | {row['bits']} | {row['kilobytes']:,.1f} |"
        for row in stages
    )


def _zeros(stages: list[dict[str, Any]]) -> str:
    layers = list(stages[-1]["zeros"])
    head = "| stage | " + " | ".join(layers) + " |\n|---|" + "---:|" * len(layers) + "\n"
    return head + "\n".join(
        f"| {row['name']} | " + " | ".join(f"{row['zeros'][layer]:.1%}" for layer in layers) + " |" for row in stages
    )


def _confusion(counts: list[list[int]], labels: tuple[str, ...]) -> str:
    head = "| is \\ found | " + " | ".join(labels) + " |\n|---|" + "---:|" * len(labels) + "\n"
    return head + "\n".join(
        f"| {label} | " + " | ".join(map(str, row)) + " |" for label, row in zip(labels, counts, strict=True)
    )
