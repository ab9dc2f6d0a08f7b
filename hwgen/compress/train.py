"""The training loop: AdamW, a moving average of the weights, and the checkpoint that does best on dev."""

from __future__ import annotations

import copy
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from brevitas.quant_tensor import IntQuantTensor
from torch import Tensor, nn
from torch.nn import functional

from hwgen.compress import schedules
from hwgen.compress.batches import Batch, Split
from hwgen.compress.recipe import Training
from hwgen.nn.text_cnn import Corruption, QuantTextCNN, SentenceCNN
from hwgen.progress import Progress
from hwgen.text.labels import UNKNOWN

EVALUATION_BATCH = 512
BEFORE_THE_THRESHOLD = ("embedding", "convolution")


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
    """How a network does on a split: share right, and mean negative log-likelihood (natural logarithm).

    Rows whose label is no class (`UNKNOWN`) count as wrong, and have no likelihood.
    """

    accuracy: float
    loss: float

    @classmethod
    def of(cls, scores: Tensor, labels: Tensor) -> Outcome:
        """Of class scores ``(rows, classes)``."""
        right = (scores.argmax(dim=1) == labels).double().mean()
        return cls(float(right), float(functional.cross_entropy(scores.double(), labels, ignore_index=UNKNOWN)))

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


@dataclass(frozen=True, eq=False)
class Guidance:
    """What a stage is taught beside the labels.

    Attributes:
        answers: ``(rows, classes)`` probabilities, weighted by the stage's `distil`.
        network: whose features are to be matched, or None.
        features: weight of the squared error between the features, relative to their mean square.
    """

    answers: Tensor
    network: SentenceCNN | None = None
    features: float = 0.0


def evaluate(network: SentenceCNN, split: Split) -> Outcome:
    return Outcome.of(answers(network, split), split.labels)


def train(
    network: SentenceCNN,
    training: Training,
    train_split: Split,
    dev_split: Split,
    generator: torch.Generator,
    reporter: Progress,
    *,
    buckets: int,
    guidance: Guidance | None = None,
    learn_scales: bool = False,
) -> Outcome:
    """Train `network` in place and leave it with the weights of one epoch; 0 epochs leave it as it is.

    Args:
        network: float or quantised; masks on its convolutions hold.
        training: the stage's settings.
        train_split, dev_split: dev alone chooses the checkpoint, by accuracy, then by loss; or has no say at all.
        generator: order of the batches.
        reporter: gets one `advance` a batch and a note an epoch.
        buckets: unknown-word tokens, for word dropout.
        guidance: what the stage is distilled from.
        learn_scales: let the optimiser move a quantised network's power-of-two scales.

    Returns:
        The dev outcome of the kept weights.
    """
    if not training.epochs:
        network.eval()
        return evaluate(network, dev_split)
    network.corruption = Corruption(training.word_dropout, buckets, training.embedding_dropout, training.dropout)
    optimiser = torch.optim.AdamW(_groups(network, training, learn_scales), lr=training.learning_rate, fused=True)
    steps = train_split.batches(training.batch)
    rates = schedules.make(training.schedule, optimiser, training.learning_rate, steps, training.epochs)
    average = _Average(network, training.average)
    best: Outcome | None = None
    kept: dict[str, Tensor] = {}
    waited, last = 0, training.checkpoint == "last"
    for epoch in range(1, training.epochs + 1):
        network.train()
        for rows in train_split.shuffled(training.batch, generator):
            optimiser.zero_grad()
            for piece in train_split.pieces(rows):
                (_loss(network, piece, training, guidance) * (len(piece.rows) / len(rows))).backward()
            optimiser.step()
            rates.step()
            average.update()
            reporter.advance(1)
        with average.applied():
            outcome = evaluate(network, dev_split)
            if best is None or last or outcome.rank > best.rank:
                best, waited = outcome, 0
                kept = copy.deepcopy(network.state_dict())
            else:
                waited += 1
        reporter.detail(f"epoch {epoch}, dev {outcome.accuracy:.2%} (kept {best.accuracy:.2%})")
        if waited >= training.patience:
            break
    assert best is not None
    network.load_state_dict(kept)
    network.eval()
    return best


def _loss(network: SentenceCNN, batch: Batch, training: Training, guidance: Guidance | None) -> Tensor:
    features = network.features(batch.tokens, batch.lengths)
    scores = network.scores(features)
    loss = functional.cross_entropy(scores, batch.labels, label_smoothing=training.label_smoothing)
    if guidance is None:
        return loss
    # Cross-entropy against probabilities: the same gradient as the Kullback-Leibler divergence.
    taught = functional.cross_entropy(scores, guidance.answers[batch.rows])
    loss = (1 - training.distil) * loss + training.distil * taught
    if guidance.network is not None and guidance.features:
        with torch.no_grad():
            model = _values(guidance.network.features(batch.tokens, batch.lengths))
        error = (_values(features) - model).square().mean() / model.square().mean().clamp(min=1e-9)
        loss = loss + guidance.features * error
    return loss


def _values(features: Tensor | IntQuantTensor) -> Tensor:
    return features.value if isinstance(features, IntQuantTensor) else features


def _groups(network: SentenceCNN, training: Training, learn_scales: bool) -> list[dict[str, object]]:
    """Parameters by weight decay; scales never decay and move only with `learn_scales`.

    Scales of binary weights before a threshold stay: the threshold alone decides, and each octave would throw it off.
    """
    scales: set[int] = set()
    idle: set[int] = set()
    if isinstance(network, QuantTextCNN):
        by_name = network.exponents()
        scales = {id(scale) for scale in by_name.values()}
        widths = vars(network.precision)
        layers = {name: name.rstrip("0123456789") for name in by_name}
        idle = {
            id(by_name[name]) for name, layer in layers.items() if layer in BEFORE_THE_THRESHOLD and widths[layer] == 1
        }
    embedding, rest, exponents = [], [], []
    for name, parameter in network.named_parameters():
        if id(parameter) in scales:
            parameter.requires_grad_(learn_scales and id(parameter) not in idle)
            if parameter.requires_grad:
                exponents.append(parameter)
        elif name.startswith("embedding."):
            embedding.append(parameter)
        else:
            rest.append(parameter)
    groups: list[dict[str, object]] = [
        {"params": embedding, "weight_decay": training.embedding_decay},
        {"params": rest, "weight_decay": training.weight_decay},
    ]
    if exponents:
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
