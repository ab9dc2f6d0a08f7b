"""From text to a model: float, factorised, pruned, quantised.

The float stages do not depend on the bit width. `compress` runs them once; `quantise` finishes for one width. `run`
does both, so that a model trained alone equals, bit for bit, one of a family that shares its float stages.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hwgen.compress import factorise, prune, report
from hwgen.compress.batches import Split
from hwgen.compress.progress import Reporter, Silent
from hwgen.compress.recipe import Recipe
from hwgen.compress.report import Stage
from hwgen.compress.train import Outcome, answers, evaluate, reproducible, train
from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.graph.from_torch import from_torch, integer_scores
from hwgen.model import Model
from hwgen.nn.text_cnn import Precision, QuantTextCNN, Shape, TextCNN
from hwgen.text.datasets import Dataset
from hwgen.text.vocabulary import Vocabulary

# Sentences whose features set the scale of the activations.
CALIBRATION = 2048


@dataclass(frozen=True, eq=False)
class Encoded:
    """A data set as tokens."""

    vocabulary: Vocabulary
    labels: tuple[str, ...]
    train: Split
    dev: Split
    test: Split

    @classmethod
    def of(cls, recipe: Recipe, dataset: Dataset) -> Encoded:
        words = recipe.vocabulary
        vocabulary = Vocabulary.of((text for _, text in dataset.train), words.size, words.buckets)
        splits = (Split.of(rows, vocabulary, dataset.labels) for rows in (dataset.train, dataset.dev, dataset.test))
        return cls(vocabulary, dataset.labels, *splits)


@dataclass(frozen=True, eq=False)
class Compressed:
    """What the float stages leave: the network to quantise, its masks, and how it came about."""

    recipe: Recipe
    dataset: Dataset
    seed: int
    encoded: Encoded
    network: TextCNN
    masks: list[Tensor]
    teacher: Tensor | None
    stages: tuple[Stage, ...]


def run(
    recipe: Recipe, dataset: Dataset, bits: int = 5, seed: int = 0, reporter: Reporter | None = None
) -> tuple[Model, tuple[Stage, ...]]:
    """Train, compress and quantise.

    Every choice is made on dev; test is read once a stage, at its end.

    Returns:
        The model, and one row a stage.

    Raises:
        HwgenError: when recipe and data do not fit each other, or `bits` is outside 2..8.
    """
    Precision.uniform(bits)  # refuse before hours of training, not after
    model = quantise(compress(recipe, dataset, seed, reporter), bits, reporter)
    return model, tuple(Stage(**row) for row in model.record["stages"])


def compress(recipe: Recipe, dataset: Dataset, seed: int = 0, reporter: Reporter | None = None) -> Compressed:
    """The stages before quantisation, shared by every bit width."""
    reporter = reporter or Silent()
    encoded = Encoded.of(recipe, dataset)
    shape = _shape(recipe, encoded, recipe.network.embedding, recipe.network.filters)
    teacher = _teach(recipe, encoded, seed, reporter) if recipe.teacher.members else None
    with reproducible(seed, "initial weights"):
        network = TextCNN(shape)
    _train(network, "float", recipe, encoded, seed, reporter, teacher)
    stages = [_row("float", network, encoded)]
    if "factorised" in recipe.stages:
        wanted = recipe.factorise
        rank = wanted.rank or factorise.rank_for(wanted.reduction, len(encoded.vocabulary), shape.channels)
        network = factorise.factorise(network, rank)
        _train(network, "factorised", recipe, encoded, seed, reporter, teacher)
        stages.append(_row("factorised", network, encoded))
    if "pruned" in recipe.stages:
        for number, sparsity in enumerate(prune.schedule(recipe.prune.sparsity, recipe.prune.rounds), 1):
            prune.prune_convolutions(network, sparsity)
            last = number == recipe.prune.rounds
            name = "pruned" if last else f"pruned {number}"
            _train(network, "pruned", recipe, encoded, seed, reporter, teacher, name=name, epochs=None if last else 1)
    masks = prune.masks(network)
    prune.make_permanent(network)
    if "pruned" in recipe.stages:
        stages.append(_row("pruned", network, encoded))
    return Compressed(recipe, dataset, seed, encoded, network, masks, teacher, tuple(stages))


def quantise(parent: Compressed, bits: int, reporter: Reporter | None = None) -> Model:
    """Quantisation-aware training of `parent` at `bits`, and the model it ends in; `parent` is left as it was.

    Raises:
        HwgenError: when `bits` is outside 2..8, or torch and the golden model differ in any score.
    """
    reporter = reporter or Silent()
    recipe, encoded = parent.recipe, parent.encoded
    with reproducible(parent.seed, "calibration") as generator:
        rows = torch.randperm(len(encoded.train), generator=generator)[:CALIBRATION]
        features = _features(parent.network, encoded.train, rows)
        network = QuantTextCNN.of(parent.network, Precision.uniform(bits), features)
    prune.apply_masks(network, parent.masks)
    name = f"quantised {bits}b"
    dev = _train(network, "quantised", recipe, encoded, parent.seed, reporter, parent.teacher, name=name)
    prune.make_permanent(network)
    graph = from_torch(network)
    scores = {split: _golden_scores(network, graph, getattr(encoded, split)) for split in ("dev", "test")}
    right = {
        split: float((golden.classes(values) == getattr(encoded, split).labels.numpy()).mean())
        for split, values in scores.items()
    }
    if right["dev"] != dev.accuracy:
        raise HwgenError(f"quantised: dev accuracy {dev.accuracy} in training but {right['dev']} as integers")
    stages = (*parent.stages, report.quantised_stage(graph, right["dev"], right["test"]))
    record = {
        "recipe": recipe.as_dict(),
        "seed": parent.seed,
        "bits": bits,
        "data": {
            "name": parent.dataset.name,
            "toy": parent.dataset.toy,
            "rows": {split: len(getattr(parent.dataset, split)) for split in ("train", "dev", "test")},
        },
        "stages": [stage.as_dict() for stage in stages],
        "accuracy": right,
        "confusion": _confusion(golden.classes(scores["test"]), encoded.test.labels.numpy(), len(encoded.labels)),
        "memory_bits": report.memory(graph),
        "reduction": report.reductions(graph, recipe.network.embedding),
    }
    return Model(graph, encoded.vocabulary, encoded.labels, record)


def _shape(recipe: Recipe, encoded: Encoded, embedding: int, filters: int) -> Shape:
    widths = recipe.network.widths
    return Shape(len(encoded.vocabulary), embedding, (filters,) * len(widths), widths, len(encoded.labels))


def _teach(recipe: Recipe, encoded: Encoded, seed: int, reporter: Reporter) -> Tensor:
    """Mean answer of the teachers on the training rows, as probabilities ``(rows, classes)``."""
    wanted = recipe.teacher
    total = torch.zeros(len(encoded.train), len(encoded.labels))
    for member in range(1, wanted.members + 1):
        name = f"teacher {member}"
        with reproducible(seed, f"initial {name}"):
            network = TextCNN(_shape(recipe, encoded, wanted.embedding, wanted.filters))
        outcome = _train_as(network, name, wanted.training, recipe, encoded, seed, reporter)
        reporter.finish(f"dev {outcome.accuracy:.2%}")
        total += functional.log_softmax(answers(network, encoded.train), dim=1)
    return functional.softmax(total / wanted.members / wanted.temperature, dim=1)


def _train(
    network: TextCNN | QuantTextCNN,
    stage: str,
    recipe: Recipe,
    encoded: Encoded,
    seed: int,
    reporter: Reporter,
    teacher: Tensor | None,
    *,
    name: str | None = None,
    epochs: int | None = None,
) -> Outcome:
    training = getattr(recipe, stage)
    if epochs:
        training = replace(training, epochs=epochs)
    outcome = _train_as(network, name or stage, training, recipe, encoded, seed, reporter, teacher)
    reporter.finish(f"dev {outcome.accuracy:.2%}")
    return outcome


def _train_as(
    network: TextCNN | QuantTextCNN,
    name: str,
    training,  # type: ignore[no-untyped-def]
    recipe: Recipe,
    encoded: Encoded,
    seed: int,
    reporter: Reporter,
    teacher: Tensor | None = None,
) -> Outcome:
    reporter.start(name, training.epochs * encoded.train.batches(training.batch))
    with reproducible(seed, name) as generator:
        return train(
            network,
            training,
            encoded.train,
            encoded.dev,
            generator,
            reporter,
            buckets=recipe.vocabulary.buckets,
            teacher=teacher,
        )


def _row(name: str, network: TextCNN, encoded: Encoded) -> Stage:
    dev, test = (evaluate(network, split).accuracy for split in (encoded.dev, encoded.test))
    return report.float_stage(name, network, dev, test)


@torch.no_grad()
def _features(network: TextCNN, split: Split, rows: Tensor) -> Tensor:
    """What the dense layer of `network` sees on `rows`."""
    network = copy.deepcopy(network).eval()
    caught: list[Tensor] = []
    network.dense.register_forward_pre_hook(lambda module, inputs: caught.append(inputs[0]))
    for part in torch.split(rows, 256):
        batch = split.batch(part)
        network(batch.tokens, batch.lengths)
    return torch.cat(caught)


def _golden_scores(network: QuantTextCNN, graph, split: Split) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Scores of the golden model, which torch's must equal."""
    sentences = golden.Sentences(split.tokens.numpy(), split.starts.numpy())
    scores = golden.scores(graph, sentences)
    if not np.array_equal(scores, integer_scores(network, sentences)):
        raise HwgenError("quantised: torch and the golden model differ; this is a defect of hwgen, please report it")
    return scores


def _confusion(found: Iterable[int], expected: Iterable[int], classes: int) -> list[list[int]]:
    """``[expected][found]`` counts."""
    table = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(table, (np.asarray(expected), np.asarray(found)), 1)
    return table.tolist()
