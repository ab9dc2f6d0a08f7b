"""Logistic regression, fitted without complaints."""

from __future__ import annotations

import warnings
from typing import Any

from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression


def fit(features: Any, labels: Any, strength: float, iterations: int) -> LogisticRegression:
    """Multinomial logistic regression of ``features (rows, width)``; a smaller `strength` regularises more."""
    model = LogisticRegression(C=strength, max_iter=iterations)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early regularises, too
        return model.fit(features, labels)
