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

from hwgen.compress import factorise, prune, report
from hwgen.compress.batches import Split
from hwgen.compress.encoded import Encoded
from hwgen.compress.progress import Reporter, Silent
from hwgen.compress.recipe import Recipe, Training
from hwgen.compress.report import Stage
from hwgen.compress.teacher import Lessons, teach
from hwgen.compress.train import Outcome, evaluate, reproducible, train
from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.graph.from_torch import from_torch, integer_scores
from hwgen.graph.graph import Graph
from hwgen.graph.tensor import Integers
from hwgen.model import Model
from hwgen.nn.text_cnn import Precision, QuantTextCNN, TextCNN
from hwgen.text.datasets import Dataset

# Sentences whose features set the scale of the activations.
CALIBRATION = 2048


@dataclass(frozen=True, eq=False)
class Compressed:
    """What the float stages leave: the network to quantise, its masks, and how it came about."""

    recipe: Recipe
    dataset: Dataset
    seed: int
    encoded: Encoded
    network: TextCNN
    masks: list[Tensor]
    lessons: Lessons | None
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
    shape = encoded.shape(recipe.network.embedding, recipe.network.filters, recipe.network.widths)
    lessons = teach(recipe, dataset, encoded, seed, reporter) if recipe.teacher.speaks else None
    with reproducible(seed, "initial weights"):
        network = TextCNN(shape)
    _train(network, "float", recipe, encoded, seed, reporter, lessons)
    stages = [_row("float", network, encoded, seed)]
    if "factorised" in recipe.stages:
        wanted = recipe.factorise
        rank = wanted.rank or factorise.rank_for(wanted.reduction, len(encoded.vocabulary), shape.channels)
        with reproducible(seed, "factorise"):
            network = factorise.factorise(network, rank)
        _train(network, "factorised", recipe, encoded, seed, reporter, lessons)
        stages.append(_row("factorised", network, encoded, seed))
    if "pruned" in recipe.stages:
        for number, sparsity in enumerate(prune.schedule(recipe.prune.sparsity, recipe.prune.rounds), 1):
            prune.prune_convolutions(network, sparsity)
            last = number == recipe.prune.rounds
            name = "pruned" if last else f"pruned {number}"
            _train(network, "pruned", recipe, encoded, seed, reporter, lessons, name=name, epochs=None if last else 1)
    masks = prune.masks(network)
    prune.make_permanent(network)
    if "pruned" in recipe.stages:
        stages.append(_row("pruned", network, encoded, seed))
    return Compressed(recipe, dataset, seed, encoded, network, masks, lessons, tuple(stages))


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
    dev = _train(network, "quantised", recipe, encoded, parent.seed, reporter, parent.lessons, name=name)
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


def _train(
    network: TextCNN | QuantTextCNN,
    stage: str,
    recipe: Recipe,
    encoded: Encoded,
    seed: int,
    reporter: Reporter,
    lessons: Lessons | None,
    *,
    name: str | None = None,
    epochs: int | None = None,
) -> Outcome:
    """Train `network` as the recipe says for `stage`; `name` seeds and shows it, `epochs` may shorten it."""
    training: Training = getattr(recipe, stage)
    if epochs:
        training = replace(training, epochs=epochs)
    distils = lessons is not None and training.distil > 0
    split = lessons.split if lessons is not None and distils else encoded.train
    name = name or stage
    reporter.start(name, training.epochs * split.batches(training.batch))
    with reproducible(seed, name) as generator:
        outcome = train(
            network,
            training,
            split,
            encoded.dev,
            generator,
            reporter,
            buckets=recipe.vocabulary.buckets,
            teacher=lessons.answers if lessons is not None and distils else None,
        )
    reporter.finish(f"dev {outcome.accuracy:.2%}")
    return outcome


def _row(name: str, network: TextCNN, encoded: Encoded, seed: int) -> Stage:
    with reproducible(seed, f"evaluate {name}"):
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


def _golden_scores(network: QuantTextCNN, graph: Graph, split: Split) -> Integers:
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
