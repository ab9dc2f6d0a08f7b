"""An evaluation as a page."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from markupsafe import Markup

from hwgen.evaluate.evaluation import Evaluation
from hwgen.evaluate.terminal import percent, where
from hwgen.files import Kind, require_writable, write_whole
from hwgen.page import Column, Figure, Section, confusion, facts, render, table

KICKER = "hwgen evaluation"
MOST_WRONG = 100
"""Wrong rows that are shown."""
KIND = Kind("evaluation", "an evaluation's page")


def require_target(path: Path) -> None:
    """Make sure before the work that `write` will take `path`.

    Raises:
        HwgenError: when something else is there, or it cannot be written.
    """
    require_writable(path, KIND)


def write(path: Path, evaluation: Evaluation) -> None:
    """Write the page, whole or not at all.

    Raises:
        HwgenError: when something else is there, or it cannot be written.
    """
    write_whole(path, page(evaluation), KIND)


def page(evaluation: Evaluation) -> str:
    """The page: figures by class, the confusion, the rows that went wrong, and what was measured how."""
    metrics = evaluation.metrics
    macro = metrics.averages["macro"]
    return render(
        f"{evaluation.name} on {evaluation.data.name}",
        [
            Section("classes", "Classes", _classes(evaluation), _CLASSES),
            Section("confusion", "Confusion", confusion(metrics.square(), metrics.labels)),
            Section("wrong", "Wrong rows", _wrong(evaluation)),
            Section("measurement", "Measurement", _facts(evaluation)),
        ],
        kicker=KICKER,
        lead=f"{metrics.right:,} of {metrics.rows:,} rows are answered right, {where(evaluation)}.",
        figures=[
            Figure("Accuracy", f"{100 * metrics.accuracy:.2f}", "%", f"{metrics.right:,} of {metrics.rows:,}"),
            Figure("Macro F1", f"{100 * macro.f1:.2f}", "%", "every class alike"),
            Figure("Macro precision", f"{100 * macro.precision:.2f}", "%"),
            Figure("Macro recall", f"{100 * macro.recall:.2f}", "%"),
        ],
        foot=f"Model {evaluation.model.digest.hex()}",
    )


_CLASSES = (
    "Precision is the share of a class's answers that are right, recall the share of its rows that are answered right, "
    "F1 their harmonic mean; a share of nothing is 0. Averages are over the classes that have rows or answers."
)


def _classes(evaluation: Evaluation) -> Markup:
    columns = [
        Column("Class"),
        *(Column(name, True) for name in ("Precision %", "Recall %", "F1 %", "Rows", "Answers")),
    ]
    rows = [
        (each.label, *percent(each), f"{each.support:,}", f"{each.answered:,}") for each in evaluation.metrics.classes
    ]
    averages = [
        (f"{name} average", *percent(average), f"{evaluation.metrics.rows:,}", "")
        for name, average in evaluation.metrics.averages.items()
    ]
    strong = range(len(rows), len(rows) + len(averages))
    return table("By class", columns, [*rows, *averages], strong=strong)


def _wrong(evaluation: Evaluation) -> Markup:
    count = evaluation.metrics.rows - evaluation.metrics.right
    shown = list(islice(evaluation.wrong(), MOST_WRONG))
    caption = f"The first {len(shown):,} of {count:,}" if len(shown) < count else f"All {count:,}"
    columns = [Column("Label"), Column("Answer"), Column("Margin", True), Column("Text")]
    return table(caption, columns, [(each.label, each.answer, f"{each.margin:.2f}", each.text) for each in shown])


def _facts(evaluation: Evaluation) -> Markup:
    rows = [
        ("Model", evaluation.name),
        ("Digest", evaluation.model.digest.hex()),
        ("Data", evaluation.data.name),
        ("Rows", f"{evaluation.metrics.rows:,}"),
        ("Measured", where(evaluation)),
    ]
    return facts(rows + [("Note", line) for line in (*evaluation.notes, *evaluation.warnings)])
