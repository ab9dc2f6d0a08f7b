"""A linear classifier over word n-grams: no circuit, but a teacher that errs differently from a network.

Features are words and word pairs, and if wanted the characters that follow each other in a word, weighted by
logarithmic frequency and inverse document frequency, each kind at unit length; the classifier is multinomial logistic
regression.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_union
from torch import Tensor

from hwgen.compress import logistic
from hwgen.text.datasets import Dataset
from hwgen.text.words import tokenise

STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0)
"""Inverse strengths of the regularisation that are tried; dev chooses."""

_ITERATIONS = 100


class NgramClassifier:
    """Fitted on the training rows of `dataset`, its regularisation chosen on dev.

    Args:
        letters: longest sequence of characters that is a feature; 0 for words alone.

    Attributes:
        dev: accuracy on dev, 0..1.
    """

    def __init__(self, dataset: Dataset, letters: int = 0) -> None:
        kinds = [
            TfidfVectorizer(
                tokenizer=_words, token_pattern=None, lowercase=False, ngram_range=(1, 2), sublinear_tf=True
            )
        ]
        if letters:
            kinds.append(TfidfVectorizer(analyzer="char_wb", ngram_range=(2, letters), sublinear_tf=True))
        self._features = make_union(*kinds)
        train = self._features.fit_transform([text for _, text in dataset.train])
        labels = np.array([label for label, _ in dataset.train])
        dev = self._features.transform([text for _, text in dataset.dev])
        expected = np.array([label for label, _ in dataset.dev])
        self.dev = -1.0
        for strength in STRENGTHS:
            model = logistic.fit(train, labels, strength, _ITERATIONS)
            accuracy = float((model.predict(dev) == expected).mean())
            if accuracy > self.dev:
                self.dev, self._model = accuracy, model

    def answers(self, texts: Sequence[str]) -> Tensor:
        """Log-probabilities ``(texts, classes)``; scikit-learn sorts the classes as the data set does."""
        log_probabilities = self._model.predict_log_proba(self._features.transform(texts))
        return torch.from_numpy(np.maximum(log_probabilities, np.log(1e-9))).float()


def _words(text: str) -> list[str]:
    return [word.decode("utf-8", "surrogateescape") for word in tokenise(text)]
