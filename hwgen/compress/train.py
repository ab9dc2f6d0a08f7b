"""The training loop: AdamW, a moving average of the weights, and the checkpoint that does best on dev."""

from __future__ import annotations

import copy
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from hwgen.compress.batches import Batch, Split
from hwgen.compress.progress import Reporter
from hwgen.compress.recipe import Training
from hwgen.nn.text_cnn import Corruption, QuantTextCNN, SentenceCNN

EVALUATION_BATCH = 512
_LAST_RATE = 0.02


@contextmanager
def reproducible(seed: int, stage: str) -> Iterator[torch.Generator]:
    """Random numbers that depend on `seed` and `stage` alone, and one thread, so that sums keep their order."""
    number = zlib.crc32(f"{seed}/{stage}".encode())
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(number)
            yield torch.Generator().manual_seed(number)
    finally:
        torch.set_num_threads(threads)


@dataclass(frozen=True)
class Outcome:
    """How a network does on a split: share right, and mean negative log-likelihood (natural logarithm)."""

    accuracy: float
    loss: float

    @property
    def rank(self) -> tuple[float, float]:
        """Greater is better: accuracy first, then confidence."""
        return self.accuracy, -self.loss


@torch.no_grad()
def answers(network: SentenceCNN, split: Split) -> Tensor:
    """Class scores ``(rows, classes)`` in evaluation mode, in the split's order."""
    training = network.training
    network.eval()
    scores = torch.zeros(len(split), network.shape.classes)
    for batch in split.in_order(EVALUATION_BATCH):
        scores[batch.rows] = network(batch.tokens, batch.lengths)
    network.train(training)
    return scores


def evaluate(network: SentenceCNN, split: Split) -> Outcome:
    scores = answers(network, split)
    right = (scores.argmax(dim=1) == split.labels).double().mean()
    return Outcome(float(right), float(functional.cross_entropy(scores.double(), split.labels)))


def train(
    network: SentenceCNN,
    training: Training,
    train_split: Split,
    dev_split: Split,
    generator: torch.Generator,
    reporter: Reporter,
    *,
    buckets: int,
    teacher: Tensor | None = None,
) -> Outcome:
    """Train `network` in place and leave it with the weights that did best on dev.

    Args:
        network: float or quantised; masks on its convolutions hold.
        training: the stage's settings.
        train_split, dev_split: dev alone chooses the checkpoint, by accuracy, then by loss.
        generator: order of the batches.
        reporter: gets one `advance` a batch and a note an epoch.
        buckets: unknown-word tokens, for word dropout.
        teacher: ``(rows, classes)`` probabilities that the stage is distilled from.

    Returns:
        The dev outcome of the kept weights.
    """
    network.corruption = Corruption(training.word_dropout, buckets, training.embedding_dropout, training.dropout)
    optimiser = torch.optim.AdamW(_groups(network, training), lr=training.learning_rate)
    total = training.epochs * train_split.batches(training.batch)
    decay = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: max(_LAST_RATE, 1 - step / total))
    average = _Average(network, training.average)
    best: Outcome | None = None
    kept: dict[str, Tensor] = {}
    waited = 0
    for epoch in range(1, training.epochs + 1):
        network.train()
        for batch in train_split.shuffled(training.batch, generator):
            optimiser.zero_grad()
            _loss(network, batch, training, teacher).backward()
            optimiser.step()
            decay.step()
            average.update()
            reporter.advance(1)
        with average.applied():
            outcome = evaluate(network, dev_split)
            if best is None or outcome.rank > best.rank:
                best, waited = outcome, 0
                kept = copy.deepcopy(network.state_dict())
            else:
                waited += 1
        reporter.advance(0, f"epoch {epoch}, dev {outcome.accuracy:.2%} (best {best.accuracy:.2%})")
        if waited >= training.patience:
            break
    assert best is not None
    network.load_state_dict(kept)
    network.eval()
    return best


def _loss(network: SentenceCNN, batch: Batch, training: Training, teacher: Tensor | None) -> Tensor:
    scores = network(batch.tokens, batch.lengths)
    loss = functional.cross_entropy(scores, batch.labels, label_smoothing=training.label_smoothing)
    if training.distil and teacher is not None:
        # Cross-entropy against probabilities: the same gradient as the Kullback-Leibler divergence.
        loss = (1 - training.distil) * loss + training.distil * functional.cross_entropy(scores, teacher[batch.rows])
    return loss


def _groups(network: SentenceCNN, training: Training) -> list[dict[str, object]]:
    """Parameters by weight decay; scales never decay and move only when the recipe says so."""
    scales = {id(scale) for scale in network.exponents().values()} if isinstance(network, QuantTextCNN) else set()
    embedding, rest, exponents = [], [], []
    for name, parameter in network.named_parameters():
        if id(parameter) in scales:
            parameter.requires_grad_(training.learn_scales)
            exponents.append(parameter)
        elif name.startswith("embedding."):
            embedding.append(parameter)
        else:
            rest.append(parameter)
    groups: list[dict[str, object]] = [
        {"params": embedding, "weight_decay": training.embedding_decay},
        {"params": rest, "weight_decay": training.weight_decay},
    ]
    if training.learn_scales and exponents:
        groups.append({"params": exponents, "weight_decay": 0.0})
    return groups


class _Average:
    """An exponential moving average of a network's parameters, warmed up over the first steps."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._network = network
        self._decay = decay
        self._steps = 0
        self._mean = [parameter.detach().clone() for parameter in network.parameters()]

    @torch.no_grad()
    def update(self) -> None:
        self._steps += 1
        share = 1 - min(self._decay, self._steps / (10 + self._steps))
        if not self._decay:
            share = 1.0
        torch._foreach_lerp_(self._mean, [parameter.detach() for parameter in self._network.parameters()], share)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The network carries the averaged weights inside the block and its own again after it."""
        own = [parameter.detach().clone() for parameter in self._network.parameters()]
        self._copy(self._mean)
        try:
            yield
        finally:
            self._copy(own)

    @torch.no_grad()
    def _copy(self, values: list[Tensor]) -> None:
        for parameter, value in zip(self._network.parameters(), values, strict=True):
            parameter.copy_(value)
