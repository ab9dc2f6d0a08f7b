"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hwgen.page.tables import Column, table
from hwgen.page.templating import fill

MOST_LABELS = 20
"""Classes up to which the whole matrix is shown."""
MOST_PAIRS = 20
_BESIDE_MATRIX = 8
"""Pairs that are shown where the matrix is, too."""
SHADES = 5
"""Of a cell's ground, beside none."""
_SHORT = 6
"""Classes up to which their names stand upright above the columns."""

Counts = Sequence[Sequence[int]]
"""``[class][class it was taken for]``."""


@dataclass(frozen=True)
class Pair:
    """A class that is taken for another.

    Attributes:
        label, taken_for: their names.
        count: of texts.
        share: of the class's texts, 0..1.
    """

    label: str
    taken_for: str
    count: int
    share: float


def worst_pairs(counts: Counts, labels: Sequence[str], most: int = MOST_PAIRS) -> list[Pair]:
    """The pairs of classes that are confused most often, most often first."""
    pairs = [
        Pair(labels[row], labels[column], count, count / sum(line))
        for row, line in enumerate(counts)
        for column, count in enumerate(line)
        if count and row != column
    ]
    return sorted(pairs, key=lambda pair: (-pair.count, -pair.share))[:most]


def confusion(counts: Counts, labels: Sequence[str]) -> Markup:
    """The matrix, of few classes, and the pairs that are confused most.

    Args:
        counts: a row for each class, in it a count for each class that its texts were taken for.
        labels: names of the classes.
    """
    if len(labels) > MOST_LABELS:
        return _pairs(counts, labels, MOST_PAIRS)
    return _matrix(counts, labels) + _pairs(counts, labels, _BESIDE_MATRIX)


def _matrix(counts: Counts, labels: Sequence[str]) -> Markup:
    rows = []
    for row, line in enumerate(counts):
        whole = sum(line) or 1
        cells = [
            (count, -(-count * SHADES // whole), row == column, count / whole) for column, count in enumerate(line)
        ]
        rows.append((labels[row], cells))
    return fill("confusion.html", labels=labels, rows=rows, upright=len(labels) <= _SHORT)


def _pairs(counts: Counts, labels: Sequence[str], most: int) -> Markup:
    pairs = worst_pairs(counts, labels, most)
    if not pairs:
        return fill("note.html", text="No class was taken for another.")
    wrong = sum(sum(line) - line[row] for row, line in enumerate(counts))
    listed = sum(pair.count for pair in pairs)
    caption = "Pairs that are confused most"
    if listed < wrong:
        caption += f": {listed:,} of {wrong:,} wrong answers"
    columns = [Column("Class"), Column("taken for"), Column("Texts", True), Column("of the class", True)]
    return table(
        caption, columns, [(pair.label, pair.taken_for, f"{pair.count:,}", f"{pair.share:.1%}") for pair in pairs]
    )
