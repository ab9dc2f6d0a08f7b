"""Training of ensembles: AdaBoost and bagging by re-sampling (after Tian et al., 2023), over any binary member."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from hwgen.compress import hypervector, pipeline, recipes, report
from hwgen.compress.ensemble_recipe import EnsembleRecipe
from hwgen.compress.hypervector_recipe import HypervectorRecipe
from hwgen.compress.pipeline import Memory
from hwgen.compress.recipe import Recipe
from hwgen.compress.record import describe
from hwgen.compress.stages import fit
from hwgen.graph import golden
from hwgen.graph.ensemble import EnsembleGraph, Vote
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.graph.tensor import Integers
from hwgen.model import Model
from hwgen.progress import Progress
from hwgen.record import Stage
from hwgen.text.characters import Characters
from hwgen.text.datasets import Dataset
from hwgen.text.splits import SPLITS
from hwgen.text.vocabulary import Vocabulary

_ANOTHER_SEED = 1000
"""Between the seeds of two members."""


class Trainer(Protocol):
    """Makes members of one kind.

    Attributes:
        vocabulary: text -> tokens.
        sentences, labels: of the splits; the training rows are those that `fit` draws from.
        stages: what the members have in common.
        float_bits: memory of the float network that a member comes from.
    """

    vocabulary: Vocabulary | Characters
    sentences: dict[str, Sentences]
    labels: dict[str, Integers]
    stages: tuple[Stage, ...]
    float_bits: int

    def fit(self, rows: Integers, number: int, reporter: Progress) -> Graph:
        """Member `number`, trained on `rows` of the training split."""

    def memory(self, graph: Graph) -> int:
        """Bits of storage of a member."""


def train(
    recipe: EnsembleRecipe, dataset: Dataset, bits: int, seed: int, reporter: Progress, memory: Memory | None = None
) -> Model:
    """Train the members one after the other, each on rows drawn by the weights that those before it left."""
    trainer = _trainer(recipe, dataset, bits, seed, reporter, memory)
    random = np.random.default_rng(seed)
    expected, classes = trainer.labels["train"], len(dataset.labels)
    weights = np.full(len(expected), 1 / len(expected))
    members: list[Graph] = []
    alphas: list[float] = []
    stages = list(trainer.stages)
    for number in range(recipe.members):
        rows = np.sort(random.choice(len(expected), len(expected), p=weights))
        member = trainer.fit(rows, number, reporter)
        answers = {split: golden.classes(golden.scores(member, trainer.sentences[split])) for split in SPLITS}
        if recipe.method == "boosting":
            wrong = answers["train"] != expected
            alphas.append(recipe.rate * weight_of(float(weights[wrong].sum()), len(expected), classes))
            weights *= np.exp(np.where(wrong, alphas[-1], -alphas[-1]))
            weights /= weights.sum()
        else:
            alphas.append(1.0)
        members.append(member)
        stages.append(_stage(f"member {number + 1}", [member], trainer, answers))
    graph = EnsembleGraph((Vote(tuple(members), votes_of(alphas, recipe.vote_bits)),))
    scores = {split: golden.scores(graph, trainer.sentences[split]) for split in ("dev", "test")}
    stages.append(_stage("vote", members, trainer, {split: golden.classes(values) for split, values in scores.items()}))
    figures = {f"member_{number}": trainer.memory(member) for number, member in enumerate(members, 1)}
    figures["total"] = sum(figures.values())
    labels = {split: trainer.labels[split] for split in scores}
    saved = {"parent": 1 - figures["total"] / trainer.float_bits}
    record = describe(recipe.as_dict(), dataset, seed, bits, stages, scores, labels, figures, saved)
    record |= {"alphas": alphas, "votes": graph.vote.votes.tolist()}
    return Model(graph, trainer.vocabulary, dataset.labels, record)


def weight_of(error: float, rows: int, classes: int) -> float:
    """A member's weight for its weighted share of wrong answers: ``0.5 ln((1 - err) / err)``.

    With more than two classes ``0.5 ln(classes - 1)`` is added (SAMME), so that being better than chance counts. A
    member that makes no mistake, or is worse than chance, gets the weight of one with half a row of difference.
    """
    least = 0.5 / rows
    chance = 1 - 1 / classes
    error = min(max(error, least), chance - least)
    return float(0.5 * (np.log((1 - error) / error) + np.log(classes - 1)))


def votes_of(alphas: Sequence[float], bits: int) -> Integers:
    """The weights as whole numbers, the greatest being ``2**bits - 1``; alike ones have one vote each."""
    if len(set(alphas)) == 1:
        return np.ones(len(alphas), dtype=np.int64)
    scaled = np.array(alphas) / max(alphas) * ((1 << bits) - 1)
    return np.maximum(np.rint(scaled), 1).astype(np.int64)


def _stage(name: str, members: Sequence[Graph], trainer: Trainer, answers: dict[str, NDArray[np.int64]]) -> Stage:
    right = {split: float((answers[split] == trainer.labels[split]).mean()) for split in ("dev", "test")}
    arrays = [array for member in members for array in _weights(member)]
    return Stage(
        name,
        right["dev"],
        right["test"],
        sum(array.size for array in arrays),
        sum(int(np.count_nonzero(array)) for array in arrays),
        max(member.bits for member in members),
        report.kilobytes(sum(trainer.memory(member) for member in members)),
    )


def _weights(member: Graph) -> list[Integers]:
    if isinstance(member, HypervectorGraph):  # where a zero bit is a weight of +1
        signs = [node.weights for node in (member.convolution, member.dense) if node is not None]
        thresholds = [] if member.convolution is None else [member.convolution.thresholds]
        return [*(1 - 2 * bits for bits in signs), *thresholds, member.dense.bias]
    assert isinstance(member, ConvolutionGraph)
    return report.stored_arrays(member)


def _trainer(
    recipe: EnsembleRecipe, dataset: Dataset, bits: int, seed: int, reporter: Progress, memory: Memory | None
) -> Trainer:
    member = recipes.parse(recipe.member, f"recipe {recipe.name}: member")
    if isinstance(member, Recipe):
        return _Convolutions(recipe, member, dataset, bits, seed, reporter, memory)
    assert isinstance(member, HypervectorRecipe)
    return _Hypervectors(member, dataset, bits, seed, reporter)


class _Convolutions:
    """Sentence CNNs: one network of few bits, taught as the recipe says; each member goes on from it, on its own rows
    and labels alone."""

    def __init__(
        self,
        ensemble: EnsembleRecipe,
        recipe: Recipe,
        dataset: Dataset,
        bits: int,
        seed: int,
        reporter: Progress,
        memory: Memory | None,
    ) -> None:
        parent = pipeline.compress(recipe, dataset, seed, reporter, memory)
        self._start, self._bits = pipeline.train_quantised(parent, bits, reporter), bits
        alone = replace(
            recipe.quantised,
            distil=0.0,
            previous=0.0,
            features=0.0,
            epochs=ensemble.epochs,
            learning_rate=ensemble.learning_rate,
        )
        self._parent = replace(parent, recipe=replace(recipe, quantised=alone), lessons=None)
        encoded = self._parent.encoded
        splits = {split: getattr(encoded, split) for split in SPLITS}
        self.vocabulary: Vocabulary | Characters = encoded.vocabulary
        self.sentences = {name: Sentences(each.tokens.numpy(), each.starts.numpy()) for name, each in splits.items()}
        self.labels = {name: each.labels.numpy() for name, each in splits.items()}
        self.stages = report.stages_of(pipeline.model_of(parent, self._start, bits).record)
        self.float_bits = report.network_bits(self._parent.parent)

    def fit(self, rows: Integers, number: int, reporter: Progress) -> Graph:
        encoded = self._parent.encoded
        drawn = replace(encoded, train=encoded.train.taken(torch.from_numpy(rows)))
        seed = self._parent.seed + _ANOTHER_SEED * number
        state = replace(self._parent, encoded=drawn, seed=seed)
        network = copy.deepcopy(self._start.network)
        dev = fit(network, "quantised", state, reporter, name=f"member {number + 1}")
        return pipeline.model_of(state, replace(self._start, network=network, dev=dev.accuracy), self._bits).graph

    def memory(self, graph: Graph) -> int:
        assert isinstance(graph, ConvolutionGraph)
        return report.memory(graph)["total"]


class _Hypervectors:
    """Class vectors over the same items."""

    def __init__(self, recipe: HypervectorRecipe, dataset: Dataset, bits: int, seed: int, reporter: Progress) -> None:
        hypervector.check_bits(recipe, bits)
        self._recipe, self._seed, self._classes = recipe, seed, len(dataset.labels)
        self._node, self._splits = hypervector.encode(recipe, dataset, seed, reporter)
        self.vocabulary: Vocabulary | Characters = Characters()
        self.sentences = {name: split.sentences for name, split in self._splits.items()}
        self.labels = {name: split.labels.numpy() for name, split in self._splits.items()}
        self.stages: tuple[Stage, ...] = ()
        weights = recipe.head.weights(self._node.dimension, self._classes)
        self.float_bits = self._node.item_bits + report.FLOAT_BITS * weights

    def fit(self, rows: Integers, number: int, reporter: Progress) -> Graph:
        drawn = self._splits | {"train": self._splits["train"].taken(torch.from_numpy(rows))}
        seed = self._seed + _ANOTHER_SEED * number
        head, _ = hypervector.learn(self._recipe.head, hypervector.BINARY, drawn, self._classes, seed, reporter)
        return hypervector.to_graph(self._node, head)

    def memory(self, graph: Graph) -> int:
        assert isinstance(graph, HypervectorGraph)
        return hypervector.memory_bits(graph)["total"]
