"""Metrics are scikit-learn's, to the last digit that floats have; a share of nothing is nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.evaluate.matching import matched
from hwgen.evaluate.metrics import Metrics

LABELS = ("a", "b", "c", "d")


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from([*LABELS, "strange", "zz"]), st.integers(0, 3)), min_size=1, max_size=60))
def test_metrics_are_those_of_scikit_learn(pairs: list[tuple[str, int]]) -> None:
    judge = pytest.importorskip("sklearn.metrics")
    truth, answers = [label for label, _ in pairs], np.array([answer for _, answer in pairs])
    metrics = Metrics.of(truth, answers, LABELS)
    told = [LABELS[answer] for answer in answers]
    report = judge.classification_report(truth, told, output_dict=True, zero_division=0)
    assert metrics.accuracy == pytest.approx(judge.accuracy_score(truth, told), abs=1e-15)
    for each in metrics.classes:
        expected = report.get(each.label, {"precision": 0, "recall": 0, "f1-score": 0, "support": 0})
        found = {"precision": each.precision, "recall": each.recall, "f1-score": each.f1, "support": each.support}
        assert found == pytest.approx(expected, abs=1e-15)
    for name in ("macro", "weighted"):
        average, expected = metrics.averages[name], report[f"{name} avg"]
        for key, value in (("precision", average.precision), ("recall", average.recall), ("f1-score", average.f1)):
            assert value == pytest.approx(expected[key], abs=1e-14)
    micro = judge.precision_recall_fscore_support(truth, told, average="micro", zero_division=0)[:3]
    average = metrics.averages["micro"]
    assert (average.precision, average.recall, average.f1) == pytest.approx(micro, abs=1e-15)
    matrix = judge.confusion_matrix(truth, told, labels=metrics.labels)
    assert metrics.square() == matrix.tolist()


def test_a_label_that_is_no_class_is_wrong_and_has_a_row() -> None:
    metrics = Metrics.of(["a", "strange", "a"], np.array([0, 0, 1]), LABELS)
    assert (metrics.rows, metrics.right, metrics.labels) == (3, 1, [*LABELS, "strange"])
    assert metrics.confusion.tolist() == [[1, 1, 0, 0], [0] * 4, [0] * 4, [0] * 4, [1, 0, 0, 0]]
    assert (metrics.classes[0].precision, metrics.classes[1].precision, metrics.classes[2].f1) == (0.5, 0.0, 0.0)


@pytest.mark.parametrize(
    ("given", "expected", "word"),
    [
        (["no", "yes", "maybe"], ["no", "yes", "maybe"], ""),
        (["NO", "Yes"], ["no", "yes"], "whatever their case"),
        (["0", "1", "1"], ["no", "yes", "yes"], "0 is 'no', 1 is 'yes'"),
    ],
)
def test_labels_are_matched_by_name_or_by_number(given: list[str], expected: list[str], word: str) -> None:
    names, note = matched([(label, "text") for label in given], ("no", "yes"))
    assert names == expected and word in note and bool(note) == bool(word)


@pytest.mark.parametrize("given", [["1", "2"], ["0", "1", "x"], ["text\n one", "text two"]])
def test_labels_of_another_set_are_refused(given: list[str]) -> None:
    with pytest.raises(HwgenError, match=r"none of the labels .* is a class of the model \('no', 'yes'\)") as caught:
        matched([(label, "text") for label in given], ("no", "yes"))
    assert "\n" not in str(caught.value)
