"""What a model's record says: how it was made and how well it does, as its readers find it.

The record itself is plain JSON, to which a kind of model may add; these are the parts that reports and cards read.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from hwgen import tables
from hwgen.errors import HwgenError


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise HwgenError(f"{name}: {value} is outside 0..1")


def _check_count(name: str, value: float) -> None:
    if value < 0:
        raise HwgenError(f"{name}: {value} is less than 0")


@dataclass(frozen=True)
class Accuracy:
    """Shares of right answers."""

    dev: float
    test: float

    def __post_init__(self) -> None:
        _check_share("dev", self.dev)
        _check_share("test", self.test)


@dataclass(frozen=True)
class Rows:
    """How many texts each split has."""

    train: int
    dev: int
    test: int

    def __post_init__(self) -> None:
        for name in ("train", "dev", "test"):
            _check_count(name, getattr(self, name))


@dataclass(frozen=True)
class Data:
    """What it was trained on; `toy` says that the package made it up."""

    name: str
    toy: bool
    rows: Rows


@dataclass(frozen=True)
class Stage:
    """One row of the stage table.

    Attributes:
        name: as in the recipe, with the width where several are quantised.
        dev, test: accuracy, 0..1.
        weights, nonzero: stored weights (embedding, kernels, dense, biases), and those that are not zero.
        bits: of one weight.
        kilobytes: of all weights stored densely (1 kB = 1,000 bytes).
        vocabulary, rank: rows and columns of the embedding.
        zeros: share of zero weights in each layer, biases left out.
    """

    name: str
    dev: float
    test: float
    weights: int
    nonzero: int
    bits: int
    kilobytes: float
    vocabulary: int = 0
    rank: int = 0
    zeros: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("dev", "test"):
            _check_share(name, getattr(self, name))
        for name in ("weights", "nonzero", "bits", "kilobytes", "vocabulary", "rank"):
            _check_count(name, getattr(self, name))
        for layer, share in self.zeros.items():
            _check_share(f"zeros.{layer}", share)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Record:
    """The parts that are read back; each may be missing.

    Attributes:
        recipe: plain values, as `hwgen.compress.recipes.parse` takes them.
        seed: of everything random.
        data: what it was trained on.
        stages: a row for each, in order.
        accuracy: of the integer graph.
        confusion: ``[true class][answered class]`` counts on test.
        memory_bits: bits of each part.
        reduction: share of memory saved against other networks.
        seconds: of the parts of training.
    """

    recipe: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    data: Data | None = None
    stages: tuple[Stage, ...] = ()
    accuracy: Accuracy | None = None
    confusion: tuple[tuple[int, ...], ...] = ()
    memory_bits: dict[str, int] = field(default_factory=dict)
    reduction: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, values: dict[str, Any]) -> Record:
        """The parts of a plain record.

        Raises:
            HwgenError: naming the part that is malformed.
        """
        return tables.known(cls, values, "record.")

    def check(self, classes: int) -> None:
        """Raise unless the confusion is one of so many classes, where there is one."""
        if self.confusion and {len(self.confusion), *map(len, self.confusion)} != {classes}:
            raise HwgenError(f"record.confusion: is not a table of {classes} x {classes} counts")
