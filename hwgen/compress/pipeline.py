"""From text to a model: the recipe's float stages, then quantisation.

The float stages do not depend on the bit width. `compress` runs them once; `quantise` finishes for one width: a model
trained alone equals, bit for bit, one of a family that shares its float stages.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hwgen.compress import prune, report
from hwgen.compress.batches import Split
from hwgen.compress.encoded import Encoded
from hwgen.compress.from_torch import from_torch, integer_scores
from hwgen.compress.recipe import Quantised, Recipe
from hwgen.compress.record import describe
from hwgen.compress.stages import Compressed, advance, fit, lessons_split, start
from hwgen.compress.teacher import teach
from hwgen.compress.train import Guidance, answers, evaluate, reproducible
from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.graph.graph import Graph
from hwgen.graph.tensor import Integers
from hwgen.model import Model
from hwgen.nn.text_cnn import Precision, QuantTextCNN, SentenceCNN
from hwgen.progress import SILENT, Progress
from hwgen.record import Stage
from hwgen.text.datasets import Dataset

T = TypeVar("T")

# Sentences whose features set the scale of the activations.
CALIBRATION = 2048


class Memory:
    """What recipes that begin alike share on one data set and seed, so that it is done once."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def recall(self, facts: object, make: Callable[[], T]) -> T:
        """What `make` gives; made at the first call with these `facts`, plain values that decide it."""
        key = json.dumps(facts)
        if key not in self._known:
            self._known[key] = make()
        value: T = self._known[key]
        return value


def compress(
    recipe: Recipe,
    dataset: Dataset,
    seed: int = 0,
    reporter: Progress | None = None,
    memory: Memory | None = None,
) -> Compressed:
    """The stages before quantisation, shared by every bit width.

    Args:
        memory: of earlier calls with the same data set and seed; it does not change the result.
    """
    reporter, memory = reporter or SILENT, memory or Memory()
    plan = recipe.as_dict()
    words, teacher = plan["vocabulary"], plan["teacher"]
    encoded = memory.recall(["encoded", words], lambda: Encoded.of(recipe, dataset))
    lessons = None
    if recipe.teacher.speaks and any(recipe.training(stage).distil for stage in recipe.stages):
        facts = ["lessons", words, plan["network"]["widths"], teacher]
        lessons = memory.recall(facts, lambda: teach(recipe, dataset, encoded, seed, reporter))
    state = start(recipe, dataset, seed, encoded, lessons)
    # A state carries its lessons even where no stage so far has used them.
    facts = ["state", words, plan["network"], teacher, lessons is not None]
    for stage in recipe.stages[:-1]:
        facts += [stage, plan[stage]]
        state = replace(memory.recall(facts, partial(advance, state, stage, reporter)), recipe=recipe)
    return state


@dataclass(frozen=True, eq=False)
class Trained:
    """A network of few bits, trained.

    Attributes:
        network: as torch has it.
        dev: its accuracy on dev, 0..1.
        stages: one row for each stage before the last.
    """

    network: QuantTextCNN
    dev: float
    stages: tuple[Stage, ...]


def quantise(parent: Compressed, bits: int, reporter: Progress | None = None) -> Model:
    """Quantisation-aware training of `parent` at `bits`, and the model it ends in; `parent` is left as it was.

    Raises:
        HwgenError: when `bits` is outside 1..8, or torch and the golden model differ in any score.
    """
    return model_of(parent, train_quantised(parent, bits, reporter or SILENT), bits)


def train_quantised(parent: Compressed, bits: int, reporter: Progress) -> Trained:
    """Quantisation-aware training of `parent` at `bits`, by way of the recipe's other widths.

    Raises:
        HwgenError: when `bits` is outside 1..8.
    """
    Precision.uniform(bits)
    settings = parent.recipe.quantised
    before: SentenceCNN = parent.network
    stages = parent.stages
    for width in (*(width for width in settings.through if width > bits), bits):
        network = _calibrated(before, precision(settings, width), parent)
        guidance = _guidance(settings, before, parent)
        dev = fit(network, "quantised", parent, reporter, name=f"quantised {width}b", before=guidance)
        prune.make_permanent(network)
        if width > bits:
            with reproducible(parent.seed, f"evaluate {width}b"):
                test = evaluate(network, parent.encoded.test).accuracy
            stages = (*stages, report.quantised_stage(from_torch(network), dev.accuracy, test, f"quantised {width}b"))
        before = network
    return Trained(network, dev.accuracy, stages)


def model_of(parent: Compressed, quantised: Trained, bits: int) -> Model:
    """The model of a network quantised from `parent`.

    Raises:
        HwgenError: when torch and the golden model differ in any score.
    """
    network, encoded = quantised.network, parent.encoded
    graph = from_torch(network)
    scores = {split: _golden_scores(network, graph, getattr(encoded, split)) for split in ("dev", "test")}
    right = {
        split: float((golden.classes(values) == getattr(encoded, split).labels.numpy()).mean())
        for split, values in scores.items()
    }
    if right["dev"] != quantised.dev:
        raise HwgenError(f"quantised: dev accuracy {quantised.dev} in training but {right['dev']} as integers")
    stages = (*quantised.stages, report.quantised_stage(graph, right["dev"], right["test"]))
    labels = {split: getattr(encoded, split).labels.numpy() for split in scores}
    record = describe(
        parent.recipe.as_dict(),
        parent.dataset,
        parent.seed,
        bits,
        stages,
        scores,
        labels,
        report.memory(graph),
        report.reductions(graph, parent.parent),
    )
    record["precision"] = vars(network.precision)
    return Model(graph, encoded.vocabulary, encoded.labels, record)


def precision(settings: Quantised, bits: int) -> Precision:
    """The width of each layer: the recipe's own, or else `bits`.

    Raises:
        HwgenError: when `bits` is outside 1..8.
    """
    return Precision(
        settings.embedding or bits, settings.convolution or bits, settings.activation or bits, settings.dense or bits
    )


def _calibrated(before: SentenceCNN, widths: Precision, parent: Compressed) -> QuantTextCNN:
    """A quantised copy of `before`, its masks in place."""
    with reproducible(parent.seed, "calibration") as generator:
        split = parent.encoded.train
        rows = torch.randperm(len(split), generator=generator)[:CALIBRATION]
        network = QuantTextCNN.of(before, widths, _features(before, split, rows))
    prune.apply_masks(network, parent.masks)
    return network


def _guidance(settings: Quantised, before: SentenceCNN, parent: Compressed) -> Guidance | None:
    """The teachers' answers, those of the network before, or a mixture; None where the recipe wants neither."""
    if not settings.previous and not settings.features:
        return None
    split = lessons_split(parent)
    with reproducible(parent.seed, "previous"):
        probabilities = functional.softmax(answers(before, split), dim=1)
    if parent.lessons is not None:
        probabilities = settings.previous * probabilities + (1 - settings.previous) * parent.lessons.answers
    return Guidance(probabilities, copy.deepcopy(before).eval(), settings.features)


@torch.no_grad()
def _features(network: SentenceCNN, split: Split, rows: Tensor) -> Tensor:
    """What the dense layer of `network` sees on `rows`."""
    network = copy.deepcopy(network).eval()
    pieces = []
    for part in torch.split(rows, 256):
        for batch in split.pieces(part):
            features = network.features(batch.tokens, batch.lengths)
            pieces.append(features if isinstance(features, Tensor) else features.value)
    return torch.cat(pieces)


def _golden_scores(network: QuantTextCNN, graph: Graph, split: Split) -> Integers:
    """Scores of the golden model, which torch's must equal."""
    sentences = golden.Sentences(split.tokens.numpy(), split.starts.numpy())
    scores = golden.scores(graph, sentences)
    if not np.array_equal(scores, integer_scores(network, sentences)):
        raise HwgenError("quantised: torch and the golden model differ; this is a defect of hwgen, please report it")
    return scores
