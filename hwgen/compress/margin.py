"""Class vectors of greatest margin: one linear support vector machine for each class."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC
from torch import Tensor

_STRENGTH = 1.0  # of the data against the regularisation; vectors of thousands of values are separable anyway


def class_vectors(vectors: Tensor, labels: Tensor, classes: int, seed: int) -> tuple[Tensor, Tensor]:
    """Weights ``(classes, dimension)``, of which the greatest is 1, and biases ``(classes,)``.

    Each tells the rows of its class from all others with the widest margin. What all classes share is taken off, for
    it decides nothing.

    Args:
        vectors: ``(rows, dimension)``.
        labels: ``(rows,)``, at least two different ones.
    """
    model = LinearSVC(C=_STRENGTH, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # rows that no margin parts never end
        model.fit(vectors.numpy(), labels.numpy())
    coefficients, biases = model.coef_, model.intercept_
    if len(coefficients) == 1:  # of two classes, it knows one
        coefficients, biases = np.concatenate([-coefficients, coefficients]), np.concatenate([-biases, biases])
    weights, bias = np.zeros((classes, vectors.shape[1])), np.full(classes, biases.min())
    weights[model.classes_], bias[model.classes_] = coefficients, biases
    weights -= weights.mean(axis=0)
    scale = np.abs(weights).max()
    return torch.from_numpy(weights / scale).float(), torch.from_numpy(bias / scale).float()
