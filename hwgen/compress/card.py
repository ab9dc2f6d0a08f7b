"""The model card: one page of plain facts beside a model's files, written from its record."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

from hwgen import markdown
from hwgen.errors import HwgenError
from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.model import Model
from hwgen.record import Record, Stage

_MOST_LABELS, _MOST_PAIRS = 20, 20


def render(model: Model, title: str, command: str) -> str:
    """The card of a model that `hwgen.compress` made, as Markdown; `command` is what makes it again.

    Raises:
        HwgenError: when the model's record does not say how it was made.
    """
    record = model.facts
    data, accuracy = record.data, record.accuracy
    if data is None or accuracy is None or not record.stages:
        raise HwgenError("model: its record lacks data, stages or accuracy; a card is written for a trained model")
    rows = data.rows
    toy = "\nThe data are made up by a small grammar: this is a toy, and so is its accuracy.\n" if data.toy else ""
    zeros = f"\n## Zero weights by layer\n\n{_zeros(record.stages)}\n" if record.stages[-1].zeros else ""
    return f"""# {markdown.text(title)}

{_nature(model.graph)}, {model.graph.classes} classes ({", ".join(map(markdown.text, model.labels))}).
{toy}
| | |
|---|---|
| data | {markdown.text(data.name)}: {rows.train:,} train, {rows.dev:,} dev, {rows.test:,} test rows |
| recipe, seed | {markdown.text(str(record.recipe["name"]))}, {record.seed} |
| command | {markdown.code(command)} |
| accuracy | dev {accuracy.dev:.2%}, test {accuracy.test:.2%} |
| digest | {model.digest.hex()} |

Checkpoints and settings were chosen on dev; test was read once a stage, at its end.

## Stages

| stage | dev % | test % | non-zero weights | of | bits | kB |
|---|---:|---:|---:|---:|---:|---:|
{_stages(record.stages)}
{zeros}
## Confusion on test

{_confusion(record.confusion, tuple(map(markdown.text, model.labels)))}{_unknown(record)}

## Memory

| part | bits |
|---|---:|
{_memory(model.graph, record)}
"""


def _unknown(record: Record) -> str:
    """A word on the test rows that are not in the table."""
    assert record.data is not None
    left_out = record.data.rows.test - sum(map(sum, record.confusion))
    return (
        f"\n\nLeft out, and counted as wrong: {left_out:,} with a label that train has not."
        if record.confusion and left_out
        else ""
    )


@singledispatch
def _nature(graph: Graph) -> str:
    """What kind of classifier it is, and its sizes."""
    raise TypeError(f"no card for {type(graph).__name__}")


@_nature.register
def _(graph: ConvolutionGraph) -> str:
    convolution, requantise = graph.convolution, graph.requantise
    widths = {"embedding": graph.embedding.bits, "convolutions": convolution.bits, "activations": requantise.bits}
    widths["dense layer"] = graph.dense.bits
    same = len(set(widths.values())) == 1
    kind = (
        f"{graph.bits}-bit integers" if same else ", ".join(f"{name} of {bits} bits" for name, bits in widths.items())
    )
    return (
        f"A sentence CNN in {kind} with power-of-two scales: embedding {graph.vocabulary:,} x {graph.embedding.rank}, "
        f"{' + '.join(str(len(kernel)) for kernel in convolution.kernels)} filters of widths "
        f"{', '.join(map(str, convolution.widths))}, maximum over time"
    )


@_nature.register
def _(graph: HypervectorGraph) -> str:
    node = graph.hypervector
    kinds = [f"{size}-grams" for size in node.sizes] + ["words"] * node.words
    return (
        f"A binary hyperdimensional classifier: character {', '.join(kinds)} of {node.symbol_count} symbols, bundled "
        f"in vectors of {node.dimension:,} bits,{_filters(graph)} a class vector each"
    )


def _filters(graph: HypervectorGraph) -> str:
    """What stands between vector and classes."""
    if graph.convolution is None:
        return ""
    return f" {graph.convolution.filters} binary filters over every {graph.convolution.patch} of them,"


@_nature.register
def _(graph: EnsembleGraph) -> str:
    votes = ", ".join(map(str, graph.vote.votes))
    return (
        f"An ensemble of {len(graph.vote.members)} with {votes} votes. Each is {_small(_nature(graph.vote.members[0]))}"
    )


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


@singledispatch
def _memory(graph: Graph, record: Record) -> str:
    """Rows of parts and their bits, and what was saved."""
    raise TypeError(f"no card for {type(graph).__name__}")


@_memory.register
def _(graph: ConvolutionGraph, record: Record) -> str:
    memory, reduction = record.memory_bits, record.reduction
    weights = sum(kernel.size for kernel in graph.convolution.kernels)
    nonzero = memory["convolution_nonzero"] // graph.convolution.bits
    return f"""| embedding | {memory["embedding"]:,} |
| convolutions, every weight | {memory["convolution"]:,} |
| convolutions, non-zero weights only ({nonzero:,} of {weights:,}) | {memory["convolution_nonzero"]:,} |
| dense | {memory["dense"]:,} |
| biases | {memory["biases"]:,} |
| total, convolutions stored whole | {memory["total"]:,} |

Saved against float32 networks of the same vocabulary: {reduction["parent"]:.1%} against its own parent \
(embedding {record.recipe["network"]["embedding"]} wide), {reduction["same_shape"]:.1%} against the same shape, \
{reduction["kim"]:.1%} against Kim's published sizes (embedding 300 wide, 3 x 100 filters)."""


@_memory.register
def _(graph: HypervectorGraph, record: Record) -> str:
    memory = record.memory_bits
    filters = "" if graph.convolution is None else f"\n| filters | {memory['filters']:,} |"
    return f"""| items | {memory["items"]:,} |{filters}
| class vectors | {memory["class_vectors"]:,} |
| biases | {memory["biases"]:,} |
| total | {memory["total"]:,} |

Saved against its twin with real (float32) class vectors: {record.reduction["parent"]:.1%}. Seconds of training: \
{", ".join(f"{name} {seconds:g}" for name, seconds in record.seconds.items())}."""


@_memory.register
def _(graph: EnsembleGraph, record: Record) -> str:
    parts = "\n".join(f"| {name.replace('_', ' ')} | {bits:,} |" for name, bits in record.memory_bits.items())
    return f"{parts}\n\nSaved against the float network the members come from: {record.reduction['parent']:.1%}."


def _stages(stages: Sequence[Stage]) -> str:
    return "\n".join(
        f"| {row.name} | {100 * row.dev:.2f} | {100 * row.test:.2f} | {row.nonzero:,} "
        f"| {row.weights:,} | {row.bits} | {row.kilobytes:,.1f} |"
        for row in stages
    )


def _zeros(stages: Sequence[Stage]) -> str:
    layers = list(stages[-1].zeros)
    head = "| stage | " + " | ".join(layers) + " |\n|---|" + "---:|" * len(layers) + "\n"
    return head + "\n".join(
        f"| {row.name} | " + " | ".join(f"{row.zeros[layer]:.1%}" for layer in layers) + " |" for row in stages
    )


def _confusion(counts: Sequence[Sequence[int]], labels: tuple[str, ...]) -> str:
    """The whole table, or of many classes the pairs that are confused most."""
    if len(labels) > _MOST_LABELS:
        cells = [
            (labels[is_], labels[answered], count)
            for is_, row in enumerate(counts)
            for answered, count in enumerate(row)
            if count and is_ != answered
        ]
        cells.sort(key=lambda cell: (-cell[2], cell[:2]))
        head = "| is | found | times |\n|---|---|---:|\n"
        return head + "\n".join(f"| {is_} | {answered} | {count} |" for is_, answered, count in cells[:_MOST_PAIRS])
    head = "| is \\ found | " + " | ".join(labels) + " |\n|---|" + "---:|" * len(labels) + "\n"
    return head + "\n".join(
        f"| {label} | " + " | ".join(map(str, row)) + " |" for label, row in zip(labels, counts, strict=True)
    )
