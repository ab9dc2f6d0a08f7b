"""Distillation: teachers answer, of our own or from outside, and the network learns their answers, not bare labels."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from hwgen.compress import outside
from hwgen.compress.augment import exchange_words
from hwgen.compress.batches import Split
from hwgen.compress.encoded import Encoded
from hwgen.compress.ngrams import NgramClassifier
from hwgen.compress.recipe import Recipe, Words
from hwgen.compress.train import answers, evaluate, reproducible, train
from hwgen.nn.text_cnn import TextCNN
from hwgen.progress import Progress
from hwgen.text.datasets import Dataset


@dataclass(frozen=True, eq=False)
class Lessons:
    """What to learn: the training rows, then the unlabelled texts (labelled by the teachers), and every answer.

    Attributes:
        split: the rows.
        answers: ``(rows, classes)`` probabilities.
    """

    split: Split
    answers: Tensor

    def renumbered(self, tokens: Tensor) -> Lessons:
        """The same lessons with ``tokens[t]`` for every token t."""
        return replace(self, split=self.split.renumbered(tokens))


def teach(recipe: Recipe, dataset: Dataset, encoded: Encoded, seed: int, reporter: Progress) -> Lessons:
    """Train the teachers on the labels and let them answer; dev chooses each network's checkpoint."""
    settings = recipe.teacher
    labelled = [text for _, text in dataset.train]
    count = round(settings.unlabelled * len(labelled))
    reporter.step("texts", 1)
    texts = labelled + exchange_words(
        labelled,
        count,
        settings.exchange,
        random.Random(f"exchange/{seed}"),
        parts=settings.parts,
        joints=settings.joints,
        rare=encoded.vocabulary.words if settings.rare else (),
    )
    # The labels of the unlabelled rows are put in when the teachers have answered.
    rows = [*dataset.train, *((dataset.labels[0], text) for text in texts[len(labelled) :])]
    split = Split.of(rows, encoded.vocabulary, encoded.labels)
    reporter.finish(f"{len(labelled):,} labelled, {count:,} unlabelled")
    total = torch.zeros(len(split), len(encoded.labels))
    if settings.vocabulary:
        size = Words(settings.vocabulary, min(recipe.vocabulary.buckets, settings.vocabulary - 2))
        own = Encoded.of(replace(recipe, vocabulary=size), dataset)
        theirs = Split.of(rows, own.vocabulary, own.labels)
    else:
        own, theirs = encoded, split
    members, ngrams, model = settings.shares
    if model:
        total += outside.answers(settings, dataset, texts[len(labelled) :], seed, reporter) * model
    for member in range(1, settings.members + 1 if members else 1):
        total += _member(member, recipe, own, seed, reporter, theirs) * members / settings.members
    if ngrams:
        total += _ngrams(dataset, settings.letters, texts, reporter) * ngrams
    probabilities = functional.softmax(total / settings.temperature, dim=1)
    labels = torch.cat([encoded.train.labels, probabilities[len(labelled) :].argmax(dim=1)])
    return Lessons(Split(split.tokens, split.starts, split.lengths, labels), probabilities)


def _member(number: int, recipe: Recipe, encoded: Encoded, seed: int, reporter: Progress, split: Split) -> Tensor:
    """Log-probabilities of one network on every row."""
    settings, name = recipe.teacher, f"teacher {number}"
    reporter.step(name, settings.training.epochs * encoded.train.batches(settings.training.batch))
    with reproducible(seed, name) as generator:
        network = TextCNN(encoded.shape(settings.embedding, settings.filters, recipe.network.widths))
        buckets = encoded.vocabulary.buckets
        train(network, settings.training, encoded.train, encoded.dev, generator, reporter, buckets=buckets)
        log_probabilities = functional.log_softmax(answers(network, split), dim=1)
    reporter.finish(f"dev {evaluate(network, encoded.dev).accuracy:.2%}")
    return log_probabilities


def _ngrams(dataset: Dataset, letters: int, texts: list[str], reporter: Progress) -> Tensor:
    """Log-probabilities of the n-gram classifier on every row."""
    reporter.step("n-grams", 1)
    classifier = NgramClassifier(dataset, letters)
    log_probabilities = classifier.answers(texts)
    reporter.finish(f"dev {classifier.dev:.2%}")
    return log_probabilities
