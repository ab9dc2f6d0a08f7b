"""A model's answers to labelled rows, judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from hwgen.evaluate.matching import matched
from hwgen.evaluate.metrics import Metrics
from hwgen.evaluate.predictions import Predictions, predict
from hwgen.model import Model
from hwgen.page import worst_pairs
from hwgen.places import BAUD, GOLDEN, place
from hwgen.progress import SILENT, Progress
from hwgen.text.datasets import HOLDOUT
from hwgen.text.parts import Part, part
from hwgen.text.shown import listed


@dataclass(frozen=True)
class Wrong:
    """A row that was answered wrong.

    Attributes:
        label: its own.
        answer: the class it was given.
        margin: between that class and the next, in units that the scores stand for.
        text: as in the data.
    """

    label: str
    answer: str
    margin: float
    text: str


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Labelled rows and what a model makes of them.

    Attributes:
        name: the model's.
        model: itself.
        data: the rows.
        on: where it ran: golden, rtl or a port.
        note: how labels were matched, where that is not plain.
        truth: each row's label, as the model calls it.
        predictions: of the rows.
        metrics: of all that.
    """

    name: str
    model: Model
    data: Part
    on: str
    note: str
    truth: tuple[str, ...]
    predictions: Predictions
    metrics: Metrics

    @property
    def unknown(self) -> Counter[str]:
        """Rows of each label that is no class of the model: they are wrong."""
        known = set(self.model.labels)
        return Counter(label for label in self.truth if label not in known)

    @property
    def notes(self) -> list[str]:
        """How rows were chosen and labels matched, where that is not plain."""
        return [f"{self.data.name}: {note}" for note in (self.data.note, self.note) if note]

    @property
    def warnings(self) -> Iterator[str]:
        """What is odd about the data."""
        if self.unknown:
            yield (
                f"{self.data.name}: rows with a label that the model has not: {self.unknown.total():,} of "
                f"{self.metrics.rows:,} ({listed(sorted(self.unknown))}); they count as wrong"
            )

    def wrong(self) -> Iterator[Wrong]:
        """Every row that was answered wrong, in the order of the data."""
        labels, unit = self.model.labels, 2.0**self.model.graph.score_exponent
        columns = self.truth, self.data.texts, self.predictions.answers.tolist(), self.predictions.margins.tolist()
        for label, text, answer, margin in zip(*columns, strict=True):
            if labels[answer] != label:
                yield Wrong(label, labels[answer], margin * unit, text)

    def as_json(self) -> dict[str, Any]:
        """Plain values; shares are 0..1."""
        metrics = self.metrics
        return {
            "model": self.name,
            "digest": self.model.digest.hex(),
            "data": self.data.name,
            "on": self.on,
            "rows": metrics.rows,
            "right": metrics.right,
            "accuracy": metrics.accuracy,
            "notes": self.notes,
            "unknown_labels": dict(sorted(self.unknown.items())),
            "classes": [
                {
                    "label": each.label,
                    "precision": each.precision,
                    "recall": each.recall,
                    "f1": each.f1,
                    "support": each.support,
                    "answered": each.answered,
                }
                for each in metrics.classes
            ],
            "averages": {name: asdict(average) for name, average in metrics.averages.items()},
            "confusion": {
                "labels": metrics.labels,
                "answers": list(self.model.labels),
                "counts": metrics.confusion.tolist(),
            },
            "most_confused": [
                {"label": pair.label, "answer": pair.taken_for, "count": pair.count, "share": pair.share}
                for pair in worst_pairs(metrics.confusion.tolist(), metrics.labels)
            ],
            "cycles": self.predictions.cycles,
            "sentences_per_second": self.rate,
        }

    @property
    def rate(self) -> float | None:
        """Sentences a second over a board's line; None elsewhere."""
        return None if self.predictions.seconds is None else self.metrics.rows / self.predictions.seconds


def rows_for(model: Model, source: str, split: str | None = None) -> Part:
    """The rows of `source` to test `model` on; what training holds out is what this model's training held out.

    Raises:
        HwgenError: as `hwgen.text.parts.part`.
    """
    data = model.facts.recipe.get("data")
    holdout = data.get("holdout") if isinstance(data, dict) else None
    share = holdout if isinstance(holdout, float) and 0 < holdout < 1 else HOLDOUT
    return part(source, split, model.facts.seed, share)


def evaluate(
    name: str, model: Model, data: Part, on: str = GOLDEN, baud: int = BAUD, progress: Progress = SILENT
) -> Evaluation:
    """Ask `model` for every row of `data`, and judge the answers.

    Args:
        name: of the model, for people.
        on: golden, rtl, or a serial port.
        baud: rate of the port.

    Raises:
        HwgenError: when no label of the data is a class of the model, an answer is not the golden model's, or the
            circuit or the board cannot be had.
    """
    chosen = place(on)
    truth, note = matched(data.rows, model.labels)
    predictions = predict(model, data.texts, chosen, baud, progress)
    metrics = Metrics.of(truth, predictions.answers, model.labels)
    return Evaluation(name, model, data, chosen, note, tuple(truth), predictions, metrics)
