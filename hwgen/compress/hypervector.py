"""Training of a hyperdimensional classifier.

After Jain et al. (2020). The items are random; what is learnt is the class vectors, and filters before them if asked.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hwgen.compress import margin
from hwgen.compress.hypervector_recipe import Head, HypervectorRecipe
from hwgen.compress.record import describe
from hwgen.compress.report import FLOAT_BITS, bias_bits, kilobytes
from hwgen.compress.train import Outcome, reproducible
from hwgen.compress.vectors import Vectors, hypervector
from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.graph.graph import HypervectorGraph
from hwgen.graph.hypervector import BinaryDense, Hypervector
from hwgen.graph.patch_convolution import PatchConvolution
from hwgen.graph.tensor import Integers, width_of
from hwgen.model import Model
from hwgen.nn.class_vectors import ClassVectors
from hwgen.nn.patch_convolution import ConvolvedClassVectors, PatchFilters
from hwgen.progress import Progress
from hwgen.record import Stage
from hwgen.text.characters import Characters
from hwgen.text.datasets import Dataset
from hwgen.text.splits import SPLITS

_EVALUATION_BATCH = 1024
# The biases and the scale are in other units than the class vectors.
_BIAS_RATE = 1e-2


@dataclass(frozen=True)
class Variant:
    """What is binary and what is not.

    Attributes:
        name: of the stage.
        inputs: of a split and rows: their vectors.
        binary: whether what is learnt is binary.
    """

    name: str
    inputs: Callable[[Vectors, Tensor], Tensor]
    binary: bool


BINARY = Variant("binary", Vectors.binary, True)
VARIANTS = (Variant("real", Vectors.real, False), Variant("binary vectors", Vectors.binary, False), BINARY)
"""The float twin, the half-way house, and what is built; each is trained from scratch."""


def train(recipe: HypervectorRecipe, dataset: Dataset, seed: int, reporter: Progress) -> Model:
    """Draw items, encode the data, learn the class vectors; shows every variant, and keeps the binary one.

    Raises:
        HwgenError: when torch and the golden model differ in any score.
    """
    began = time.monotonic()
    node, splits = encode(recipe, dataset, seed, reporter)
    seconds = {"encoding": _since(began)}
    stages = []
    for variant in VARIANTS:
        began = time.monotonic()
        head, dev = learn(recipe.head, variant, splits, len(dataset.labels), seed, reporter)
        test = evaluate(head, variant, splits["test"])
        seconds[variant.name] = _since(began)
        stages.append(_stage(variant, node, head, dev.accuracy, test.accuracy))
    graph = to_graph(node, head)
    scores = {split: _golden_scores(graph, head, splits[split]) for split in ("dev", "test")}
    labels = {split: splits[split].labels.numpy() for split in scores}
    memory = memory_bits(graph)
    saved = {"parent": 1 - kilobytes(memory["total"]) / stages[0].kilobytes}
    record = describe(recipe.as_dict(), dataset, seed, 1, stages, scores, labels, memory, saved)
    return Model(graph, Characters(), dataset.labels, record | {"seconds": seconds})


def check_bits(recipe: HypervectorRecipe, bits: int) -> None:
    """Refuse every width but one."""
    if bits != 1:
        raise HwgenError(f"--bits {bits}: recipe {recipe.name} makes binary vectors; give --bits 1")


def encode(
    recipe: HypervectorRecipe, dataset: Dataset, seed: int, reporter: Progress
) -> tuple[Hypervector, dict[str, Vectors]]:
    """Items drawn by `seed`, and every split through them."""
    node = hypervector(recipe.items, seed)
    reporter.step("encoding", len(SPLITS))
    splits: dict[str, Vectors] = {}
    for split in SPLITS:
        splits[split] = Vectors.of(node, getattr(dataset, split), dataset.labels)
        reporter.advance(1)
    reporter.finish(f"{sum(map(len, splits.values()))} texts")
    return node, splits


def learn(
    settings: Head, variant: Variant, splits: Mapping[str, Vectors], classes: int, seed: int, reporter: Progress
) -> tuple[ClassVectors, Outcome]:
    """The head of the epoch that does best on dev, and how well; nearest class vectors are not trained."""
    with reproducible(seed, variant.name) as generator:
        return _learn(settings, variant, splits, classes, generator, reporter)


def to_graph(node: Hypervector, head: ClassVectors) -> HypervectorGraph:
    """The integers of a binary head behind an encoder."""
    between = (to_convolution(head.filters),) if isinstance(head, ConvolvedClassVectors) else ()
    return HypervectorGraph((node, *between, to_dense(head)))


@torch.no_grad()
def to_convolution(filters: PatchFilters) -> PatchConvolution:
    """The integers of binary filters; a bit stands for -1.

    A filter's threshold is the number of sums that it answers with -1, of all that a patch can have.
    """
    count, patch = filters.weights.shape
    sums = torch.arange(-patch, patch + 1, 2, dtype=torch.float32)[:, None].expand(-1, count)
    below = (filters.activations(sums) < 0).sum(dim=0)
    return PatchConvolution((filters.weights < 0).numpy().astype(np.int64), below.numpy())


def to_dense(head: ClassVectors) -> BinaryDense:
    """The integers of binary class vectors; a bit stands for -1."""
    vectors = head.vectors.detach().numpy()
    return BinaryDense((vectors < 0).astype(np.int64), np.rint(head.bias.detach().numpy()).astype(np.int64))


def memory_bits(graph: HypervectorGraph) -> dict[str, int]:
    """Bits of storage: items, filters with their thresholds, class vectors, biases (as wide as the widest), total."""
    figures = {
        "items": graph.hypervector.item_bits,
        **({"filters": filter_bits(graph.convolution)} if graph.convolution else {}),
        "class_vectors": graph.dense.weights.size,
        "biases": bias_bits(graph.dense.bias),
    }
    return figures | {"total": sum(figures.values())}


def filter_bits(node: PatchConvolution) -> int:
    """Of storage: the weights, and thresholds that can hold any of their values."""
    return node.weights.size + node.thresholds.size * width_of(0, node.patch + 1)[0]


@torch.no_grad()
def evaluate(head: ClassVectors, variant: Variant, split: Vectors) -> Outcome:
    """How well a head does on a split."""
    parts = torch.split(torch.arange(len(split)), _EVALUATION_BATCH)
    answers = [head.logits(head.features(variant.inputs(split, rows))) for rows in parts]
    return Outcome.of(torch.cat(answers), split.labels)


def _learn(
    settings: Head,
    variant: Variant,
    splits: Mapping[str, Vectors],
    classes: int,
    generator: torch.Generator,
    reporter: Progress,
) -> tuple[ClassVectors, Outcome]:
    train_split, dev_split = splits["train"], splits["dev"]
    head = _untrained(settings, variant, train_split, classes, generator)
    if settings.kind in ("nearest", "margin"):
        return head, evaluate(head, variant, dev_split)
    batches = -(-len(train_split) // settings.batch)
    reporter.step(variant.name, settings.epochs * batches)
    signs, others = [head.vectors], [head.log_scale]
    if isinstance(head, ConvolvedClassVectors):
        signs.append(head.filters.weights)
        others += [head.filters.thresholds, head.filters.log_scales]
    optimiser = torch.optim.Adam(
        [
            {"params": signs, "lr": settings.learning_rate},
            {"params": [head.bias], "lr": _BIAS_RATE * float(head.vectors.shape[1]) ** 0.5},
            {"params": others, "lr": _BIAS_RATE},
        ]
    )
    fall = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, settings.epochs * batches)
    best, kept = evaluate(head, variant, dev_split), copy.deepcopy(head.state_dict())
    for epoch in range(1, settings.epochs + 1):
        for rows in torch.split(torch.randperm(len(train_split), generator=generator), settings.batch):
            inputs = head.features(variant.inputs(train_split, rows))
            if settings.dropout:
                inputs = inputs * (torch.rand(inputs.shape, generator=generator) >= settings.dropout)
            loss = functional.cross_entropy(
                head.logits(inputs), train_split.labels[rows], label_smoothing=settings.label_smoothing
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            fall.step()
            with torch.no_grad():
                for weights in signs:
                    weights.clamp_(-1, 1)  # beyond, a sign would need many steps to come back
            reporter.advance(1)
        outcome = evaluate(head, variant, dev_split)
        if outcome.rank > best.rank:
            best, kept = outcome, copy.deepcopy(head.state_dict())
        reporter.detail(f"epoch {epoch}, dev {outcome.accuracy:.2%} (kept {best.accuracy:.2%})")
    head.load_state_dict(kept)
    reporter.finish(f"dev {best.accuracy:.2%}")
    return head, best


@torch.no_grad()
def _widest(variant: Variant, split: Vectors, classes: int, seed: int) -> ClassVectors:
    """The margin head; binary class vectors are compared as they are, without biases."""
    vectors, bias = margin.class_vectors(variant.inputs(split, torch.arange(len(split))), split.labels, classes, seed)
    head = ClassVectors(vectors, binary=variant.binary)
    if not variant.binary:
        head.bias.copy_(bias)
    return head


def _untrained(
    settings: Head, variant: Variant, split: Vectors, classes: int, generator: torch.Generator
) -> ClassVectors:
    """The nearest or the margin head; or what training starts from: random filters, the mean vector of each class."""
    if settings.kind == "margin":
        return _widest(variant, split, classes, generator.initial_seed())
    if settings.kind != "convolution":
        start = _start(variant, split, classes, centred=settings.kind != "nearest")
        return ClassVectors(start, binary=variant.binary)
    drawn = 2 * torch.rand(settings.filters, settings.patch, generator=generator) - 1
    filters = PatchFilters(drawn, binary=variant.binary)
    return ConvolvedClassVectors(
        filters, _start(variant, split, classes, centred=True, filters=filters), binary=variant.binary
    )


@torch.no_grad()
def _start(
    variant: Variant, split: Vectors, classes: int, *, centred: bool, filters: PatchFilters | None = None
) -> Tensor:
    """The mean vector of each class (of what `filters` make of it), ``(classes, dimension)``.

    With `centred`, half its distance from the mean of all.
    """

    def summed(rows: Tensor) -> Tensor:
        if filters is None:
            return variant.inputs(split, rows).sum(dim=0)
        parts = torch.split(rows, _EVALUATION_BATCH)
        return torch.stack([filters(variant.inputs(split, part)).sum(dim=0) for part in parts]).sum(dim=0)

    rows = torch.arange(len(split))
    sums = torch.stack([summed(rows[split.labels == label]) for label in range(classes)])
    means = sums / torch.bincount(split.labels, minlength=classes).clamp(min=1)[:, None]
    return (means - means.mean(dim=0)) / 2 if centred else means


def _stage(variant: Variant, node: Hypervector, head: ClassVectors, dev: float, test: float) -> Stage:
    weights = head.vectors.numel() + head.bias.numel()
    if isinstance(head, ConvolvedClassVectors):
        weights += head.filters.weights.numel() + head.filters.thresholds.numel()
    if variant.binary:
        bits, stored = 1, memory_bits(to_graph(node, head))["total"]
    else:
        bits, stored = FLOAT_BITS, node.item_bits + FLOAT_BITS * weights
    return Stage(variant.name, dev, test, weights, weights, bits, kilobytes(stored))


@torch.no_grad()
def _golden_scores(graph: HypervectorGraph, head: ClassVectors, split: Vectors) -> Integers:
    """Scores of the golden model, which torch's must equal."""
    parts = torch.split(torch.arange(len(split)), _EVALUATION_BATCH)
    trained = torch.cat([head(head.features(split.binary(rows))) for rows in parts]).numpy()
    scores = golden.scores(graph, split.sentences)
    if not np.array_equal(scores, trained):
        raise HwgenError("binary: torch and the golden model differ; this is a defect of hwgen, please report it")
    return scores


def _since(began: float) -> float:
    return round(time.monotonic() - began, 2)
