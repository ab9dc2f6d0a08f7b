"""The stages of a recipe: each changes a float network, trains what is left, and says how it stands."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from hwgen.compress import prune, report
from hwgen.compress.batches import Split
from hwgen.compress.encoded import Encoded
from hwgen.compress.factorise import factorise, rank_for
from hwgen.compress.recipe import Recipe
from hwgen.compress.shrink import narrow, shorten, shortening
from hwgen.compress.teacher import Lessons
from hwgen.compress.train import Guidance, Outcome, evaluate, reproducible, train
from hwgen.nn.text_cnn import SentenceCNN, Shape, TextCNN
from hwgen.progress import Progress
from hwgen.record import Stage
from hwgen.text.datasets import Dataset


@dataclass(frozen=True, eq=False)
class Compressed:
    """A float network on its way, and how it came about.

    Attributes:
        recipe, dataset, seed: what was asked for.
        encoded: the data through the network's vocabulary.
        lessons: of the teachers; None without any.
        network: in float32, pruned weights plain zeros.
        masks: of its convolutions, 0 where pruned.
        parent: sizes of the network before any compression.
        stages: one row for each stage so far.
    """

    recipe: Recipe
    dataset: Dataset
    seed: int
    encoded: Encoded
    lessons: Lessons | None
    network: TextCNN
    masks: list[Tensor]
    parent: Shape
    stages: tuple[Stage, ...] = ()


def start(recipe: Recipe, dataset: Dataset, seed: int, encoded: Encoded, lessons: Lessons | None) -> Compressed:
    """Random weights."""
    shape = encoded.shape(recipe.network.embedding, recipe.network.filters, recipe.network.widths)
    with reproducible(seed, "initial weights"):
        network = TextCNN(shape)
    return Compressed(recipe, dataset, seed, encoded, lessons, network, prune.masks(network), shape)


def advance(state: Compressed, stage: str, reporter: Progress) -> Compressed:
    """`state` after one more stage of its recipe, named as in `recipe.STAGES`."""
    change: Callable[[Compressed, Progress], Compressed] = _CHANGES[stage]
    after = change(state, reporter)
    fit(after.network, stage, after, reporter)
    after = replace(after, masks=prune.masks(after.network))
    prune.make_permanent(after.network)
    with reproducible(after.seed, f"evaluate {stage}"):
        dev, test = (evaluate(after.network, split).accuracy for split in (after.encoded.dev, after.encoded.test))
    return replace(after, stages=(*after.stages, report.float_stage(stage, after.network, dev, test)))


def fit(
    network: SentenceCNN,
    stage: str,
    state: Compressed,
    reporter: Progress,
    *,
    name: str | None = None,
    epochs: int | None = None,
    before: Guidance | None = None,
) -> Outcome:
    """Train `network` as the recipe says for `stage`.

    Args:
        network: trained in place.
        stage: whose settings count.
        state: data, lessons and seed.
        reporter: shown the stage as `name`, which also seeds it.
        name: by default the stage's.
        epochs: fewer than the recipe's.
        before: instead of the teachers' lessons (`lessons_split` gives the rows that its answers belong to).
    """
    training = state.recipe.training(stage)
    if epochs is not None:
        training = replace(training, epochs=min(epochs, training.epochs))
    guidance = before
    if guidance is None and state.lessons is not None and training.distil:
        guidance = Guidance(state.lessons.answers)
    split = lessons_split(state) if guidance is not None else state.encoded.train
    name = name or stage
    reporter.step(name, training.epochs * split.batches(training.batch))
    with reproducible(state.seed, name) as generator:
        outcome = train(
            network,
            training,
            split,
            state.encoded.dev,
            generator,
            reporter,
            buckets=state.encoded.vocabulary.buckets,
            guidance=guidance,
            learn_scales=state.recipe.quantised.learn_scales,
        )
    reporter.finish(f"dev {outcome.accuracy:.2%}")
    return outcome


def lessons_split(state: Compressed) -> Split:
    """The rows that are taught: the lessons', or the training rows where there are none."""
    return state.lessons.split if state.lessons is not None else state.encoded.train


def _float(state: Compressed, reporter: Progress) -> Compressed:
    return state


def _shortened(state: Compressed, reporter: Progress) -> Compressed:
    encoded = state.encoded
    counts = torch.bincount(encoded.train.tokens, minlength=len(encoded.vocabulary))
    short = shortening(state.network, encoded.vocabulary, counts, state.recipe.shortened.share)
    with reproducible(state.seed, "shortened"):
        network = shorten(state.network, short.rows)
    prune.apply_masks(network, state.masks)
    lessons = state.lessons.renumbered(short.tokens) if state.lessons is not None else None
    return replace(state, network=network, encoded=encoded.shortened(short), lessons=lessons)


def _narrowed(state: Compressed, reporter: Progress) -> Compressed:
    with reproducible(state.seed, "narrowed"):
        network = narrow(state.network, state.recipe.narrowed.share)
    # Zeros of an earlier pruning stay zeros.
    if any(not bool(mask.all()) for mask in state.masks):
        prune.apply_masks(network, [(branch.weight != 0).float() for branch in network.convolutions])
    return replace(state, network=network)


def _factorised(state: Compressed, reporter: Progress) -> Compressed:
    settings, shape = state.recipe.factorised, state.network.shape
    rank = settings.rank or rank_for(settings.reduction, shape.vocabulary, shape.channels)
    with reproducible(state.seed, "factorise"):
        return replace(state, network=factorise(state.network, rank))


def _pruned(state: Compressed, reporter: Progress) -> Compressed:
    settings, network = state.recipe.pruned, copy.deepcopy(state.network)
    whole = prune.cost(network, settings.cost, settings.bits)
    steps = prune.schedule(settings.sparsity, settings.rounds)
    for number, share in enumerate(steps, 1):
        prune.prune_convolutions(network, (1 - share) * whole, settings.cost, settings.bits)
        if number < len(steps):
            fit(network, "pruned", state, reporter, name=f"pruned {number}", epochs=1)
    return replace(state, network=network)


_CHANGES = {
    "float": _float,
    "shortened": _shortened,
    "narrowed": _narrowed,
    "factorised": _factorised,
    "pruned": _pruned,
}
