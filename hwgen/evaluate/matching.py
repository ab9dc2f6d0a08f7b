"""Labels of data and names of a model's classes: the same, or the same but for case, or numbers of classes."""

from __future__ import annotations

from collections.abc import Sequence

from hwgen.errors import HwgenError
from hwgen.text.hub import Row
from hwgen.text.shown import listed, shown


def matched(rows: Sequence[Row], labels: Sequence[str]) -> tuple[list[str], str]:
    """The label of each row as the model calls it, and a word on how that was found out where it is not plain.

    Where one label of the data is a class's name, all stand for themselves, and others are unknown. Where none is,
    they may differ in case alone, or be the classes' numbers from 0.

    Raises:
        HwgenError: when no label has to do with the model's classes.
    """
    row_labels = [label for label, _ in rows]
    distinct = sorted(set(row_labels))
    if not set(labels).isdisjoint(distinct):
        return row_labels, ""
    folded = {label.casefold(): label for label in labels}
    if len(folded) == len(labels) and any(label.casefold() in folded for label in distinct):
        return [folded.get(label.casefold(), label) for label in row_labels], "labels are matched whatever their case"
    if all(label.isascii() and label.isdecimal() and int(label) < len(labels) for label in distinct):
        meaning = ", ".join(f"{label} is '{shown(labels[int(label)], 40)}'" for label in distinct[:3])
        return [labels[int(label)] for label in row_labels], f"labels are numbers of classes: {meaning}"
    raise HwgenError(
        f"none of the labels {listed(distinct)} is a class of the model ({listed(list(labels))}); "
        "is it another set, or do label and text stand the wrong way round?"
    )
