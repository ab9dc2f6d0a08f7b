"""The labels of rows as numbers of classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hwgen.text.hub import Row

UNKNOWN = -1
"""The number of a label that is no class: no answer is ever right."""


def numbers(rows: Sequence[Row], labels: Sequence[str]) -> list[int]:
    """The place of each row's label in `labels`, or `UNKNOWN`."""
    places = {label: number for number, label in enumerate(labels)}
    return [places.get(label, UNKNOWN) for label, _ in rows]


def unknown(rows: Sequence[Row], labels: Sequence[str]) -> Counter[str]:
    """How often each label that is none of `labels` stands in `rows`."""
    known = set(labels)
    return Counter(label for label, _ in rows if label not in known)
