"""How well a model does, by its record."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from hwgen.model import Model
from hwgen.page.confusion import confusion
from hwgen.page.layout import Section
from hwgen.page.tables import Column, table
from hwgen.page.templating import fill, number
from hwgen.record import Stage

_BESIDE = 10
"""Classes up to which the matrix stands beside the stages."""


def accuracy(model: Model) -> Section:
    """Stage by stage, and which classes are taken for which."""
    facts, parts = model.facts, []
    if facts.stages:
        parts.append(_table(facts.stages))
    if facts.confusion:
        parts.append(confusion(facts.confusion, model.labels))
    if not parts:
        parts.append(fill("note.html", text="The model's record says nothing of its accuracy."))
    body = fill("columns.html", parts=parts) if len(model.labels) <= _BESIDE else Markup().join(parts)
    read = "Settings were chosen on dev texts; the test texts were read once a stage, at its end."
    return Section("accuracy", "Accuracy", body, read if facts.stages else "")


def _table(stages: Sequence[Stage]) -> Markup:
    columns = [Column("Stage")]
    columns += [Column(name, numeric=True) for name in ("dev", "test", "non-zero weights", "bits", "kB")]
    rows = [
        (
            stage.name,
            f"{stage.dev:.2%}",
            f"{stage.test:.2%}",
            number(stage.nonzero),
            number(stage.bits),
            number(stage.kilobytes),
        )
        for stage in stages
    ]
    return table("From float to integers, stage by stage", columns, rows, strong=[len(rows) - 1])
