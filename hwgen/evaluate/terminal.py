"""An evaluation as tables of a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from hwgen.evaluate.evaluation import Evaluation
from hwgen.evaluate.metrics import Average, ClassMetrics
from hwgen.page import worst_pairs
from hwgen.places import GOLDEN, RTL
from hwgen.text.shown import shown

MOST_LABELS = 10
"""Classes up to which the whole confusion is shown."""
MOST_PAIRS = 10


def tables(evaluation: Evaluation) -> Iterator[Table | str]:
    """Precision, recall and F1 by class, the confusion and its worst pairs, and a last line with the accuracy."""
    yield _classes(evaluation)
    if len(evaluation.metrics.classes) <= MOST_LABELS:
        yield _confusion(evaluation)
    if len(evaluation.metrics.classes) > 2 and evaluation.metrics.right < evaluation.metrics.rows:
        yield _pairs(evaluation)
    yield summary(evaluation)


def summary(evaluation: Evaluation) -> str:
    """Accuracy, and where it was measured."""
    metrics = evaluation.metrics
    names = f"{shown(evaluation.name)} on {shown(evaluation.data.name)}"
    return f"{names}: {metrics.accuracy:.2%} right, {metrics.right:,} of {metrics.rows:,}; {where(evaluation)}"


def where(evaluation: Evaluation) -> str:
    """Where it ran, and how long that took."""
    predictions = evaluation.predictions
    if evaluation.on == GOLDEN:
        return "by the golden model"
    equal = "every score equal to the golden model's"
    if evaluation.on == RTL:
        assert predictions.cycles is not None
        return f"by the circuit in simulation, {predictions.cycles:,} cycles, {equal}"
    return f"by the board at {shown(evaluation.on)}, {evaluation.rate:,.0f} sentences/s over the line, {equal}"


def _classes(evaluation: Evaluation) -> Table:
    table = _table("class", "precision %", "recall %", "F1 %", "rows", "answers")
    known = set(evaluation.model.labels)
    for each in evaluation.metrics.classes:
        name = shown(each.label) if each.label in known else f"{shown(each.label)} (unknown to the model)"
        table.add_row(name, *percent(each), f"{each.support:,}", f"{each.answered:,}")
    table.add_section()
    for name, average in evaluation.metrics.averages.items():
        table.add_row(f"{name} average", *percent(average), f"{evaluation.metrics.rows:,}", "")
    return table


def percent(of: ClassMetrics | Average) -> tuple[str, str, str]:
    """Precision, recall and F1."""
    return f"{100 * of.precision:.2f}", f"{100 * of.recall:.2f}", f"{100 * of.f1:.2f}"


def _confusion(evaluation: Evaluation) -> Table:
    labels = evaluation.model.labels
    table = _table("class \\ answer", *map(shown, labels))
    for each, row in zip(evaluation.metrics.classes, evaluation.metrics.confusion.tolist(), strict=True):
        table.add_row(shown(each.label), *(f"{count:,}" for count in row))
    return table


def _pairs(evaluation: Evaluation) -> Table:
    table = _table("most confused: class", "answer", "rows", "of the class")
    pairs = worst_pairs(evaluation.metrics.confusion.tolist(), evaluation.metrics.labels, MOST_PAIRS)
    for pair in pairs:
        table.add_row(shown(pair.label), shown(pair.taken_for), f"{pair.count:,}", f"{pair.share:.1%}")
    return table


def _table(first: str, *others: str) -> Table:
    table = Table()
    table.add_column(first, overflow="fold")
    for heading in others:
        table.add_column(heading, justify="right", overflow="fold")
    return table
