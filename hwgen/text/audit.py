"""What is odd about a data set, with counts: a line each, for people to judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hwgen.text.datasets import Dataset
from hwgen.text.labels import unknown
from hwgen.text.shown import listed, shown

UNBALANCED = 50
"""Rows of the largest class to one of the smallest from which on it is said."""


def warnings(data: Dataset) -> Iterator[str]:
    """Labels that train has not, test rows that train has, texts with two labels, classes of hardly any rows."""
    if data.toy:
        return
    for split in ("dev", "test"):
        strange = unknown(getattr(data, split), data.labels)
        if strange:
            yield (
                f"data {data.name}: {split} rows with a label that train has not: {strange.total():,} of "
                f"{len(getattr(data, split)):,} ({listed(sorted(strange))}); they count as wrong"
            )
    known = {text for _, text in data.train}
    shared = sum(text in known for _, text in data.test)
    if shared:
        yield f"data {data.name}: test rows that are in train, too: {shared:,} of {len(data.test):,}; they flatter it"
    yield from _ambiguous(data)
    counts = Counter(label for label, _ in data.train)
    (common, most), (rare, least) = counts.most_common()[0], counts.most_common()[-1]
    if most >= UNBALANCED * least:
        yield (
            f"data {data.name}: train has {most:,} rows of '{shown(common, 40)}' and {least:,} of '{shown(rare, 40)}'; "
            "a rare class is hardly learnt"
        )


def _ambiguous(data: Dataset) -> Iterator[str]:
    labels: dict[str, set[str]] = {}
    for label, text in data.train:
        labels.setdefault(text, set()).add(label)
    texts = [text for text, those in labels.items() if len(those) > 1]
    if texts:
        yield (
            f"data {data.name}: texts of train with more than one label: {len(texts):,}, such as "
            f"'{shown(texts[0], 40)}' ({listed(sorted(labels[texts[0]]))})"
        )
