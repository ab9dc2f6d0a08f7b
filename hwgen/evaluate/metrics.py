"""Accuracy, precision, recall, F1 and confusion, from whole counts.

Where a ratio has no denominator it is 0: the precision of a class that is never answered, the recall of one that has no
rows. Averages are over the classes that stand in the data or among the answers. Both are scikit-learn's defaults, and
so are the values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hwgen.graph.tensor import Integers


@dataclass(frozen=True)
class ClassMetrics:
    """One class.

    Attributes:
        label: its name.
        right: rows of the class that were answered so.
        support: rows of the class.
        answered: rows that were answered so, whatever their class.
    """

    label: str
    right: int
    support: int
    answered: int

    @property
    def precision(self) -> float:
        """Share of the answers that are right, 0..1."""
        return ratio(self.right, self.answered)

    @property
    def recall(self) -> float:
        """Share of the class's rows that are answered right, 0..1."""
        return ratio(self.right, self.support)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0..1."""
        return ratio(2 * self.right, self.support + self.answered)


@dataclass(frozen=True)
class Average:
    """Precision, recall and F1 over classes, 0..1 each."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, eq=False)
class Metrics:
    """How well answers fit.

    Attributes:
        classes: the model's, in its order, then labels of the data that are none of them, sorted.
        confusion: ``(classes, the model's classes)``, rows of each label by answer.
    """

    classes: tuple[ClassMetrics, ...]
    confusion: Integers

    @classmethod
    def of(cls, truth: Sequence[str], answers: Integers, labels: Sequence[str]) -> Metrics:
        """Of the true label's name and the number of the answer for each row.

        Args:
            labels: names of the model's classes.
        """
        names = [*labels, *sorted(set(truth) - set(labels))]
        places = {name: number for number, name in enumerate(names)}
        confusion = np.zeros((len(names), len(labels)), dtype=np.int64)
        np.add.at(confusion, (np.array([places[label] for label in truth], dtype=np.int64), answers), 1)
        answered = [*confusion.sum(axis=0).tolist(), *[0] * (len(names) - len(labels))]
        right = [*confusion.diagonal().tolist(), *[0] * (len(names) - len(labels))]
        support = confusion.sum(axis=1).tolist()
        return cls(tuple(map(ClassMetrics, names, right, support, answered)), confusion)

    @property
    def rows(self) -> int:
        return int(self.confusion.sum())

    @property
    def right(self) -> int:
        """Rows whose answer is their label."""
        return sum(each.right for each in self.classes)

    @property
    def accuracy(self) -> float:
        """Share of the rows that are right, 0..1."""
        return ratio(self.right, self.rows)

    @property
    def averages(self) -> dict[str, Average]:
        """Macro (every class alike), micro (every row alike: all three are the accuracy) and weighted by support."""
        present = [each for each in self.classes if each.support or each.answered]

        def mean(value: Callable[[ClassMetrics], float], weight: Callable[[ClassMetrics], int]) -> float:
            total = sum(map(weight, present))
            return math.fsum(value(each) * weight(each) for each in present) / total

        def average(weight: Callable[[ClassMetrics], int]) -> Average:
            return Average(
                mean(lambda each: each.precision, weight),
                mean(lambda each: each.recall, weight),
                mean(lambda each: each.f1, weight),
            )

        micro = Average(self.accuracy, self.accuracy, self.accuracy)
        return {"macro": average(lambda each: 1), "micro": micro, "weighted": average(lambda each: each.support)}

    @property
    def labels(self) -> list[str]:
        """Names of the classes."""
        return [each.label for each in self.classes]

    def square(self) -> list[list[int]]:
        """The confusion with a column for every row: those of labels that no answer can be are zero."""
        more = len(self.classes) - self.confusion.shape[1]
        return np.pad(self.confusion, ((0, 0), (0, more))).tolist()  # type: ignore[no-any-return]


def ratio(part: int, whole: int) -> float:
    """`part` / `whole`, or 0 where there is no whole."""
    return part / whole if whole else 0.0
