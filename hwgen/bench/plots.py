"""The pictures of a measurement: accuracy against bits, kilobytes and sparsity, and confusion matrices."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import matplotlib
import numpy as np

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from hwgen.bench.summary import Group, pareto

plt.rcParams["svg.hashsalt"] = "hwgen"
plt.rcParams["svg.fonttype"] = "none"  # text, not outlines: a third of the size
plt.rcParams["text.parse_math"] = False  # a label with a dollar is no formula

FLOAT_PLACE = 9
"""Where the float network stands on an axis of bits."""

PAPER = (0.85, 0.93)
"""Memory saved in Wróbel et al. (2020), as shares of the float network's."""

_MOST_LABELS = 12


NAMES = ("bits.svg", "memory.svg", "sparsity.svg", "confusion-*.svg")
"""What pictures may be called."""


def draw(groups: Sequence[Group]) -> dict[str, bytes]:
    """Every picture that `groups` gives material for: file name -> SVG."""
    # A set measured at one width has no curve; it is drawn where no set has one.
    curves = [group for group in groups if len({g.bits for g in groups if g.dataset == group.dataset}) > 1] or groups
    drawn = {"bits.svg": _panels(curves, _bits), "memory.svg": _panels(curves, _memory)}
    return drawn | sparsity(groups) | {_confusion_name(group): _confusion(group) for group in groups}


def sparsity(groups: Sequence[Group]) -> dict[str, bytes]:
    """Accuracy against sparsity, of the sets, recipes and widths with more than one."""
    swept = [group for group in groups if len(_sparsities(groups, group)) > 1]
    return {"sparsity.svg": _panels(swept, _sparsity)} if swept else {}


def _sparsities(groups: Sequence[Group], like: Group) -> set[float]:
    """Those of one set, recipe and width."""
    alike = [g for g in groups if (g.dataset, g.recipe, g.bits) == (like.dataset, like.recipe, like.bits)]
    return {round(group.sparsity, 2) for group in alike}


def _panels(groups: Sequence[Group], panel: Callable[[Any, list[Group]], None]) -> bytes:
    """One panel for each set."""
    sets = list(dict.fromkeys(group.dataset for group in groups))
    columns = min(3, len(sets))
    rows = math.ceil(len(sets) / columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(1.0 + 4.2 * columns, 3.4 * rows), layout="constrained", squeeze=False
    )
    for name, axis in zip(sets, axes.flat, strict=False):
        panel(axis, [group for group in groups if group.dataset == name])
        axis.set_title(name)
        axis.set_ylabel("test accuracy, %")
        axis.grid(alpha=0.3)
        axis.legend(fontsize="small")
    for axis in list(axes.flat)[len(sets) :]:
        axis.set_visible(False)
    return _svg(figure)


def _bits(axis: Any, groups: list[Group]) -> None:
    """A line a recipe, 1..8 bits and float; bars are the standard deviation over seeds or folds."""
    for name, members in _by_name(groups).items():
        members = sorted(members, key=lambda group: group.bits)
        figures, whole = [group.figure() for group in members], members[0].stage(0)
        bars = axis.errorbar(
            [group.bits for group in members],
            [f.mean for f in figures],
            [f.deviation for f in figures],
            marker="o",
            capsize=3,
            label=name,
        )
        colour = bars.lines[0].get_color()
        axis.errorbar([FLOAT_PLACE], [whole.mean], [whole.deviation], marker="s", capsize=3, color=colour)
    axis.set_xticks([*range(2, FLOAT_PLACE + 1)], [*map(str, range(2, FLOAT_PLACE)), "float"])
    axis.set_xlabel("bits")


def _memory(axis: Any, groups: list[Group]) -> None:
    """Models and their float networks on a logarithmic axis, with the front and the paper's range."""
    points: list[tuple[float, float]] = []
    for name, members in _by_name(groups).items():
        whole = members[0].runs[0]["stages"][0]["kilobytes"]
        own = [(group.kilobytes, group.figure().mean) for group in members] + [(whole, members[0].stage(0).mean)]
        axis.plot(*zip(*own, strict=True), "o", label=name)
        for group, (size, accuracy) in zip(members, own, strict=False):
            axis.annotate(
                f"{group.bits}b", (size, accuracy), fontsize="x-small", xytext=(3, 3), textcoords="offset points"
            )
        points += own
    front = [points[index] for index in pareto(points)]
    axis.step(*zip(*front, strict=True), where="post", linewidth=0.8, color="black", label="Pareto front")
    greatest = max(size for size, _ in points)
    axis.axvspan(
        *((1 - share) * greatest for share in PAPER[::-1]), alpha=0.15, color="tab:green", label="saved 85-93 %"
    )
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xlabel("kB of all weights")


def _sparsity(axis: Any, groups: list[Group]) -> None:
    """Share of zero convolution weights, one line for each bit width."""
    for bits in sorted({group.bits for group in groups}):
        members = sorted((group for group in groups if group.bits == bits), key=lambda group: group.sparsity)
        figures = [group.figure() for group in members]
        axis.errorbar(
            [100 * group.sparsity for group in members],
            [f.mean for f in figures],
            [f.deviation for f in figures],
            marker="o",
            capsize=3,
            label=f"{bits} bits",
        )
    axis.set_xlabel("zero convolution weights, %")


def _confusion_name(group: Group) -> str:
    name = "".join(letter if letter.isalnum() or letter in "-." else "_" for letter in group.name)
    return f"confusion-{group.dataset}-{name}-{group.bits}bit.svg"


def _confusion(group: Group) -> bytes:
    """Rows are the true classes, as shares; many classes go without names and numbers."""
    counts, labels = group.confusion, group.runs[0]["labels"]
    shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    named = len(labels) <= _MOST_LABELS
    size = 1.6 + 0.55 * len(labels) if named else 6.0
    figure, axis = plt.subplots(figsize=(size + 1, size), layout="constrained")
    picture = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if named:
        axis.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
        axis.set_yticks(range(len(labels)), labels)
        for (row, column), count in np.ndenumerate(counts):
            shade = "white" if shares[row, column] > 0.5 else "black"
            axis.text(column, row, str(count), ha="center", va="center", color=shade, fontsize="small")
    axis.set_xlabel("found")
    axis.set_ylabel("is")
    axis.set_title(f"{group.dataset}, {group.name}, {group.bits} bits", fontsize="small")
    figure.colorbar(picture, shrink=0.8)
    return _svg(figure)


def _by_name(groups: Sequence[Group]) -> dict[str, list[Group]]:
    named: dict[str, list[Group]] = {}
    for group in groups:
        named.setdefault(group.name, []).append(group)
    return named


def _svg(figure: Any) -> bytes:
    picture = BytesIO()
    figure.savefig(picture, format="svg", metadata={"Date": None})
    plt.close(figure)
    return picture.getvalue()
