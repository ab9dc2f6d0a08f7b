"""Recipes: what to train and how to compress it, as data. A recipe is a TOML file; every field can be overridden."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from hwgen.errors import HwgenError

STAGES = ("float", "factorised", "pruned", "quantised")
"""Every stage, in the only order that makes sense; a recipe may leave out the middle ones."""


def _check(section: str, name: str, value: float, low: float, high: float, *, below: bool = False) -> None:
    if not low <= value <= high or (below and value == high):
        raise HwgenError(f"{section}.{name}: {value} is outside {low}..{high}{' (exclusive)' if below else ''}")


@dataclass(frozen=True)
class Words:
    """The vocabulary: `size` tokens in all, of which 1 is padding and `buckets` stand for unknown words."""

    size: int = 8192
    buckets: int = 64

    def __post_init__(self) -> None:
        _check("vocabulary", "size", self.size, 3, 1 << 20)
        _check("vocabulary", "buckets", self.buckets, 1, self.size - 2)


@dataclass(frozen=True)
class Network:
    """The sentence CNN: width of the float embedding, filters of each width, widths."""

    embedding: int = 64
    filters: int = 32
    widths: tuple[int, ...] = (3, 4, 5)

    def __post_init__(self) -> None:
        _check("network", "embedding", self.embedding, 1, 1024)
        _check("network", "filters", self.filters, 1, 1024)
        if not self.widths:
            raise HwgenError("network.widths: need at least one, such as [3, 4, 5]")
        for width in self.widths:
            _check("network", "widths", width, 1, 16)


@dataclass(frozen=True)
class Factorise:
    """Rank of the embedding, given directly or (rank 0) by the share of the table to remove."""

    rank: int = 16
    reduction: float = 0.0

    def __post_init__(self) -> None:
        _check("factorise", "rank", self.rank, 0, 1024)
        _check("factorise", "reduction", self.reduction, 0, 1, below=True)
        if not self.rank and not self.reduction:
            raise HwgenError("factorise: give a rank (factorise.rank=16) or a reduction (factorise.reduction=0.8)")


@dataclass(frozen=True)
class Prune:
    """Share of convolution weights to remove, and in how many rounds."""

    sparsity: float = 0.8
    rounds: int = 3

    def __post_init__(self) -> None:
        _check("prune", "sparsity", self.sparsity, 0, 1, below=True)
        _check("prune", "rounds", self.rounds, 1, 100)


@dataclass(frozen=True)
class Training:
    """One stage's training.

    Attributes:
        epochs: at most so many.
        patience: stop after so many epochs without a better dev accuracy.
        batch: sentences a step.
        learning_rate: of AdamW, falling linearly to a fiftieth.
        weight_decay, embedding_decay: decoupled decay of all weights, and of the embedding table.
        label_smoothing: share of each label spread over all classes.
        dropout: between maximum and dense layer.
        word_dropout: share of words made unknown.
        embedding_dropout: share of embedding values dropped.
        average: decay of the moving average of weights that is evaluated and kept; 0 keeps the last step's.
        distil: weight of the teachers' answers against the labels, 0..1.
        learn_scales: let the optimiser move the power-of-two scales (quantised stage only).
    """

    epochs: int = 6
    patience: int = 3
    batch: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    embedding_decay: float = 0.0
    label_smoothing: float = 0.0
    dropout: float = 0.5
    word_dropout: float = 0.0
    embedding_dropout: float = 0.0
    average: float = 0.999
    distil: float = 0.0
    learn_scales: bool = False

    def __post_init__(self) -> None:
        where = "training"
        _check(where, "epochs", self.epochs, 1, 10_000)
        _check(where, "patience", self.patience, 1, 10_000)
        _check(where, "batch", self.batch, 1, 1 << 20)
        _check(where, "learning_rate", self.learning_rate, 1e-9, 10)
        _check(where, "weight_decay", self.weight_decay, 0, 100)
        _check(where, "embedding_decay", self.embedding_decay, 0, 100)
        _check(where, "distil", self.distil, 0, 1)
        for name in ("label_smoothing", "dropout", "word_dropout", "embedding_dropout", "average"):
            _check(where, name, getattr(self, name), 0, 1, below=True)


@dataclass(frozen=True)
class Teacher:
    """Who the stages may be distilled from, and on what.

    Attributes:
        members: float networks whose mean answer is taken; 0 means no teacher.
        vocabulary: their tokens; 0 takes the recipe's vocabulary.
        embedding, filters: their sizes; the widths are the network's.
        ngrams: share of the answer that comes from a linear n-gram classifier, 0..1.
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
        _check("teacher", "members", self.members, 0, 64)
        if self.vocabulary:
            _check("teacher", "vocabulary", self.vocabulary, 3, 1 << 20)
        _check("teacher", "embedding", self.embedding, 1, 1024)
        _check("teacher", "filters", self.filters, 1, 1024)
        _check("teacher", "ngrams", self.ngrams, 0, 1)
        _check("teacher", "temperature", self.temperature, 0.1, 100)
        _check("teacher", "unlabelled", self.unlabelled, 0, 100)
        _check("teacher", "exchange", self.exchange, 0, 1)
        _check("teacher", "parts", self.parts, 0, 1)
        _check("teacher", "joints", self.joints, 0, 1)
        if self.parts + self.joints > 1:
            raise HwgenError(f"teacher.parts and teacher.joints: {self.parts} + {self.joints} is more than 1")
        _check("teacher", "outside", self.outside, 0, 1)
        _check("teacher", "tune_epochs", self.tune_epochs, 0, 1000)
        _check("teacher", "tune_rate", self.tune_rate, 1e-9, 1)
        if bool(self.model) != bool(self.outside):
            raise HwgenError("teacher.model and teacher.outside (its share, 0..1) need each other")
        if self.model and not self.members and self.outside < 1 and self.ngrams < 1:
            raise HwgenError("teacher.members: 0, so teacher.outside or teacher.ngrams must be 1")

    @property
    def speaks(self) -> bool:
        """Whether there is any teacher at all."""
        return bool(self.members or self.model)


@dataclass(frozen=True)
class Recipe:
    """The whole way from text to integers."""

    name: str
    stages: tuple[str, ...] = STAGES
    vocabulary: Words = field(default_factory=Words)
    network: Network = field(default_factory=Network)
    factorise: Factorise = field(default_factory=Factorise)
    prune: Prune = field(default_factory=Prune)
    teacher: Teacher = field(default_factory=Teacher)
    float: Training = field(default_factory=Training)
    factorised: Training = field(default_factory=Training)
    pruned: Training = field(default_factory=Training)
    quantised: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        unknown = [stage for stage in self.stages if stage not in STAGES]
        if unknown:
            raise HwgenError(f"stages: {unknown[0]!r} is not one of {', '.join(STAGES)}")
        if list(self.stages) != [stage for stage in STAGES if stage in self.stages]:
            raise HwgenError(f"stages: {', '.join(self.stages)} must follow the order {', '.join(STAGES)}")
        if not {"float", "quantised"} <= set(self.stages):
            raise HwgenError("stages: float and quantised cannot be left out")
        if "factorised" in self.stages and self.factorise.rank > self.network.embedding:
            raise HwgenError(
                f"factorise.rank: {self.factorise.rank} exceeds network.embedding = {self.network.embedding}"
            )
        if not self.teacher.speaks and any(getattr(self, stage).distil for stage in self.stages):
            raise HwgenError(
                "teacher.members: a stage distils (distil > 0), so at least 1 teacher or a teacher.model is needed"
            )
        if self.teacher.training.distil:
            raise HwgenError("teacher.training.distil: teachers learn from labels; set it to 0")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; `parse` takes them back."""
        plain = asdict(self)
        plain["stages"] = list(self.stages)
        plain["network"]["widths"] = list(self.network.widths)
        return plain


def parse(values: Mapping[str, Any], where: str = "recipe") -> Recipe:
    """A recipe from nested plain values.

    Raises:
        HwgenError: naming `where`, the key, and what it may be.
    """
    try:
        if "name" not in values:
            raise HwgenError("name: missing")
        recipe: Recipe = _build(Recipe, values, "")
    except HwgenError as error:
        raise HwgenError(f"{where}: {error}") from None
    return recipe


def load(path: Path) -> Recipe:
    """Read a TOML recipe.

    Raises:
        HwgenError: when the file is missing, is no TOML, or has an unknown or ill-valued key.
    """
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise HwgenError(f"{path}: cannot read the recipe ({error})") from None
    except tomllib.TOMLDecodeError as error:
        raise HwgenError(f"{path}: not TOML ({error})") from None
    return parse({"name": Path(path).stem, **values}, str(path))


def override(recipe: Recipe, settings: Iterable[str]) -> Recipe:
    """A recipe with dotted ``key=value`` settings applied, for instance ``prune.sparsity=0.9``.

    Values are TOML; a bare word counts as a string.

    Raises:
        HwgenError: on a setting without ``=``, an unknown key (the known ones are listed) or a wrong value.
    """
    values = recipe.as_dict()
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise HwgenError(f"--set {setting}: expected key=value, for instance prune.sparsity=0.9")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
        *path, last = key.strip().split(".")
        here: Any = values
        for step in path:
            here = here.get(step) if isinstance(here, dict) else None
        if not isinstance(here, dict) or last not in here or isinstance(here[last], dict):
            raise HwgenError(f"--set {key}: unknown key; known are {', '.join(keys(Recipe))}")
        here[last] = value
    return parse(values, "--set")


def keys(kind: Any, prefix: str = "") -> list[str]:
    """Every dotted key below a section."""
    found: list[str] = []
    for name, hint in _hints(kind).items():
        found += keys(hint, f"{prefix}{name}.") if is_dataclass(hint) else [prefix + name]
    return found


def _hints(kind: Any) -> dict[str, Any]:
    # An empty namespace, because the field `float` would hide the type of that name.
    hints = get_type_hints(kind, localns={"float": float})
    return {spec.name: hints[spec.name] for spec in fields(kind)}


def _build(kind: Any, values: Mapping[str, Any], prefix: str) -> Any:
    hints = _hints(kind)
    built: dict[str, Any] = {}
    for key, value in values.items():
        if key not in hints:
            raise HwgenError(f"{prefix}{key}: unknown key; known are {', '.join(keys(kind, prefix))}")
        hint = hints[key]
        if is_dataclass(hint):
            if not isinstance(value, Mapping):
                raise HwgenError(f"{prefix}{key}: need a section, got {value!r}")
            built[key] = _build(hint, value, f"{prefix}{key}.")
        else:
            built[key] = _value(hint, value, prefix + key)
    try:
        return kind(**built)
    except HwgenError as error:
        # A stage's training names itself "training.field"; say which stage it is.
        message = str(error)
        if kind is Training:
            message = prefix + message.removeprefix("training.")
        raise HwgenError(message) from None


def _value(hint: Any, value: Any, where: str) -> Any:
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise HwgenError(f"{where}: need a list, got {value!r}")
        return tuple(_value(get_args(hint)[0], item, where) for item in value)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise HwgenError(f"{where}: need {hint.__name__}, got {value!r}")
    return value
