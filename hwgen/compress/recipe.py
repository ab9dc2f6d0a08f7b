"""Recipes: what to train and how to compress it, as data. A recipe is a TOML file; every field can be overridden."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from hwgen.arrays import MOST_NUMBERS
from hwgen.compress.settings import check, choose, plain
from hwgen.errors import HwgenError
from hwgen.graph.nodes import LONGEST_WINDOW
from hwgen.tables import shown
from hwgen.text import datasets

STAGES = ("float", "shortened", "narrowed", "factorised", "pruned", "quantised")
"""Every stage. A recipe lists those it wants in the order it wants: float first, quantised last."""

SCHEDULES = ("linear", "cosine", "one-cycle", "calr")
COSTS = ("weights", "nonzeros", "adders")
CHECKPOINTS = ("best", "last")


@dataclass(frozen=True)
class Data:
    """What is made of the rows: `holdout` of the training rows become dev, where a set has no dev split."""

    holdout: float = datasets.HOLDOUT

    def __post_init__(self) -> None:
        check("holdout", self.holdout, 0.001, 0.5)


@dataclass(frozen=True)
class Words:
    """The vocabulary: at most `size` tokens in all, of which 1 is padding and `buckets` stand for unknown words."""

    size: int = 8192
    buckets: int = 64

    def __post_init__(self) -> None:
        check("size", self.size, 3, 1 << 20)
        check("buckets", self.buckets, 1, self.size - 2)


@dataclass(frozen=True)
class Network:
    """The sentence CNN: width of the float embedding, filters of each width, widths."""

    embedding: int = 64
    filters: int = 32
    widths: tuple[int, ...] = (3, 4, 5)

    def __post_init__(self) -> None:
        check("embedding", self.embedding, 1, 1024)
        check("filters", self.filters, 1, 1024)
        if not self.widths:
            raise HwgenError("widths: need at least one, such as [3, 4, 5]")
        for width in self.widths:
            check("widths", width, 1, LONGEST_WINDOW)


@dataclass(frozen=True)
class Training:
    """How a stage is trained.

    Attributes:
        epochs: at most so many; 0 leaves the weights as the stage's change made them.
        patience: stop after so many epochs without a better dev accuracy.
        checkpoint: the epoch whose weights are kept: best (on dev) or last (all epochs are trained, dev has no say).
        batch: sentences a step.
        learning_rate: greatest of AdamW.
        schedule: how the rate moves: linear (to a fiftieth), cosine (likewise), one-cycle, or calr.
        weight_decay, embedding_decay: decoupled decay of all weights, and of the embedding table.
        label_smoothing: share of each label spread over all classes.
        dropout: between maximum and dense layer.
        word_dropout: share of words made unknown.
        embedding_dropout: share of embedding values dropped.
        average: decay of the moving average of weights that is evaluated and kept; 0 keeps the last step's.
        distil: weight of the teachers' answers against the labels, 0..1.
    """

    epochs: int = 6
    patience: int = 3
    checkpoint: str = "best"
    batch: int = 128
    learning_rate: float = 1e-3
    schedule: str = "linear"
    weight_decay: float = 0.0
    embedding_decay: float = 0.0
    label_smoothing: float = 0.0
    dropout: float = 0.5
    word_dropout: float = 0.0
    embedding_dropout: float = 0.0
    average: float = 0.999
    distil: float = 0.0

    def __post_init__(self) -> None:
        check("epochs", self.epochs, 0, 10_000)
        check("patience", self.patience, 1, 10_000)
        check("batch", self.batch, 1, 1 << 20)
        check("learning_rate", self.learning_rate, 1e-9, 10)
        choose("checkpoint", self.checkpoint, CHECKPOINTS)
        choose("schedule", self.schedule, SCHEDULES)
        check("weight_decay", self.weight_decay, 0, 100)
        check("embedding_decay", self.embedding_decay, 0, 100)
        check("distil", self.distil, 0, 1)
        for name in ("label_smoothing", "dropout", "word_dropout", "embedding_dropout", "average"):
            check(name, getattr(self, name), 0, 1, below=True)


@dataclass(frozen=True)
class Shortened(Training):
    """Vocabulary rows are removed: `share` of the known words join the unknown ones."""

    share: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check("share", self.share, 0, 1, below=True)


@dataclass(frozen=True)
class Narrowed(Training):
    """Whole filters are removed: `share` of them, over all widths together."""

    share: float = 0.25

    def __post_init__(self) -> None:
        super().__post_init__()
        check("share", self.share, 0, 1, below=True)


@dataclass(frozen=True)
class Factorised(Training):
    """The embedding gets a low rank, given directly or (rank 0) by the share of the table to remove."""

    rank: int = 16
    reduction: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check("rank", self.rank, 0, 1024)
        check("reduction", self.reduction, 0, 1, below=True)
        if not self.rank and not self.reduction:
            raise HwgenError("rank: give a rank (rank=16), or rank=0 and a reduction (reduction=0.9)")


@dataclass(frozen=True)
class Pruned(Training):
    """Single convolution weights become zero.

    Attributes:
        sparsity: share of `cost` to remove.
        rounds: 1 prunes at once; more approach `sparsity` by the cubic schedule, with an epoch after each round.
        cost: what is saved: weights (magnitude pruning), nonzeros (weights that `bits` bits leave non-zero: the
            folded engine's cycles) or adders (non-zero signed digits at `bits` bits: the spatial engine's adders).
        bits: the width at which nonzeros and adders are counted.
    """

    sparsity: float = 0.8
    rounds: int = 3
    cost: str = "weights"
    bits: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        check("sparsity", self.sparsity, 0, 1, below=True)
        check("rounds", self.rounds, 1, 100)
        choose("cost", self.cost, COSTS)
        check("bits", self.bits, 2, 8)


@dataclass(frozen=True)
class Quantised(Training):
    """Quantisation-aware training; 0 epochs only calibrate the scales.

    Attributes:
        embedding, convolution, activation, dense: bits of a layer, 1..8; 0 takes the width asked for at the start.
        through: widths to pass on the way down, such as [8, 5, 3]: those above the wanted one are trained first, and
            each network starts from the one before and is taught by it (after Liu et al., NeurIPS 2022).
        previous: share of the teaching that comes from the network before, against the recipe's teachers, 0..1; at the
            first width that is the float network.
        features: weight of the squared error between a network's features and those of the one before.
        learn_scales: let the optimiser move the power-of-two scales.
    """

    embedding: int = 0
    convolution: int = 0
    activation: int = 0
    dense: int = 0
    through: tuple[int, ...] = ()
    previous: float = 0.0
    features: float = 0.0
    learn_scales: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("embedding", "convolution", "activation", "dense"):
            if getattr(self, name):
                check(name, getattr(self, name), 1, 8)
        for bits in self.through:
            check("through", bits, 1, 8)
        if list(self.through) != sorted(set(self.through), reverse=True):
            raise HwgenError(f"through: {list(self.through)} must fall, such as [8, 5, 3]")
        check("previous", self.previous, 0, 1)
        check("features", self.features, 0, 1000)


@dataclass(frozen=True)
class Teacher:
    """Who the stages may be distilled from, and on what.

    The answers of float networks, of a linear n-gram classifier and of an outside model are mixed.

    Attributes:
        members: float networks whose mean answer is taken; 0 means none.
        vocabulary: their tokens; 0 takes the recipe's vocabulary.
        embedding, filters: their sizes; the widths are the network's.
        ngrams: share of the answer that comes from the n-gram classifier, 0..1.
        letters: the n-gram classifier sees 2 to so many consecutive characters of a word, too; 0: words alone.
        temperature: softens the answer.
        unlabelled: texts made by exchanging words, per training row, that only the teachers answer.
        exchange: share of words exchanged in them.
        parts: share of them that is a few consecutive words of a text.
        joints: share of them that is the beginning of one text and the end of another.
        rare: exchange every other word for any of the vocabulary's, however seldom it is.
        model: a Hugging Face model from outside (folder or name; see `hwgen.compress.outside`); "" means none.
        outside: share of the answer that comes from it, 0..1; members and n-grams share the rest.
        tune_epochs: how often it sees the training rows; 0 leaves it as it is, with a linear head where it needs one.
        tune_rate: AdamW's learning rate in them.
        training: of the members.
    """

    members: int = 0
    vocabulary: int = 0
    embedding: int = 128
    filters: int = 64
    ngrams: float = 0.0
    letters: int = 0
    temperature: float = 1.0
    unlabelled: float = 0.0
    exchange: float = 0.2
    parts: float = 0.0
    joints: float = 0.0
    rare: bool = False
    model: str = ""
    outside: float = 0.0
    tune_epochs: int = 0
    tune_rate: float = 5e-5
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        check("members", self.members, 0, 64)
        if self.vocabulary:
            check("vocabulary", self.vocabulary, 3, 1 << 20)
        check("embedding", self.embedding, 1, 1024)
        check("filters", self.filters, 1, 1024)
        check("ngrams", self.ngrams, 0, 1)
        if self.letters:
            check("letters", self.letters, 2, 10)
        check("temperature", self.temperature, 0.1, 100)
        check("unlabelled", self.unlabelled, 0, 100)
        check("exchange", self.exchange, 0, 1)
        check("parts", self.parts, 0, 1)
        check("joints", self.joints, 0, 1)
        if self.parts + self.joints > 1:
            raise HwgenError(f"parts: {self.parts} is more than what joints = {self.joints} leaves of 1")
        check("outside", self.outside, 0, 1)
        check("tune_epochs", self.tune_epochs, 0, 1000)
        check("tune_rate", self.tune_rate, 1e-9, 1)
        if bool(self.model) != bool(self.outside):
            raise HwgenError(
                f"outside: {self.outside} is the share of model = {shown(self.model)}; give both or neither"
            )

    @property
    def speaks(self) -> bool:
        """Whether there is anyone to learn from."""
        return bool(self.members or self.ngrams or self.model)

    @property
    def shares(self) -> tuple[float, float, float]:
        """Of the answer: the members' (all together), the n-gram classifier's, the outside model's; they add up to 1.

        Without members their share goes to the n-gram classifier, or else to the outside model.
        """
        members = (1 - self.outside) * (1 - self.ngrams) if self.members else 0.0
        ngrams = (1 - self.outside) * self.ngrams
        total = members + ngrams + self.outside
        return (members / total, ngrams / total, self.outside / total) if total else (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Recipe:
    """The whole way from text to integers."""

    name: str
    stages: tuple[str, ...] = ("float", "factorised", "pruned", "quantised")
    data: Data = field(default_factory=Data)
    vocabulary: Words = field(default_factory=Words)
    network: Network = field(default_factory=Network)
    teacher: Teacher = field(default_factory=Teacher)
    float: Training = field(default_factory=Training)
    shortened: Shortened = field(default_factory=Shortened)
    narrowed: Narrowed = field(default_factory=Narrowed)
    factorised: Factorised = field(default_factory=Factorised)
    pruned: Pruned = field(default_factory=Pruned)
    quantised: Quantised = field(default_factory=Quantised)

    def __post_init__(self) -> None:
        for stage in self.stages:
            choose("stages", stage, STAGES)
        if len(set(self.stages)) != len(self.stages):
            raise HwgenError(f"stages: {', '.join(self.stages)} names a stage twice")
        if not self.stages or self.stages[0] != "float" or self.stages[-1] != "quantised":
            raise HwgenError(f"stages: {', '.join(self.stages)} must begin with float and end with quantised")
        if "factorised" in self.stages:
            if "pruned" in self.stages and self.stages.index("pruned") < self.stages.index("factorised"):
                raise HwgenError(
                    "stages: pruned before factorised; factorising mixes channels and fills the zeros again"
                )
            if self.factorised.rank > self.network.embedding:
                raise HwgenError(
                    f"factorised.rank: {self.factorised.rank} exceeds network.embedding = {self.network.embedding}"
                )
        if not self.float.epochs:
            raise HwgenError("float.epochs: 0 would leave random weights; need at least 1")
        chain = self.quantised
        if (chain.previous or chain.features) and not chain.distil:
            raise HwgenError(
                "quantised.distil: 0 leaves nothing to be taught by the network before (previous, features)"
            )
        taught = [stage for stage in self.stages if self.training(stage).distil]
        if not self.teacher.speaks and taught and not (taught == ["quantised"] and chain.previous == 1):
            raise HwgenError("teacher.members: none, nor ngrams or a model, but a stage distils (distil > 0)")
        if self.teacher.members and self.teacher.training.distil:
            raise HwgenError("teacher.training.distil: must be 0; teachers learn from labels")
        if self.teacher.members and not self.teacher.training.epochs:
            raise HwgenError("teacher.training.epochs: 0 would leave random weights; need at least 1")
        rank = self.factorised.rank if "factorised" in self.stages else 0
        if (numbers := self.vocabulary.size * (rank or self.network.embedding)) > MOST_NUMBERS:
            raise HwgenError(f"vocabulary.size: a table of {numbers:,} numbers, at most {MOST_NUMBERS:,} are kept")

    def training(self, stage: str) -> Training:
        """The settings of a stage by name."""
        settings: Training = getattr(self, stage)
        return settings

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; `parse` takes them back."""
        return plain(asdict(self))
