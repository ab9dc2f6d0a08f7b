"""A trained model: the integer graph, the vocabulary that feeds it, its labels and its record.

On disk it is a folder: `model.safetensors` holds the integers, `model.json` everything else. Both are checked on
load; nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import safetensors.numpy

from hwgen import arrays, documents, tables
from hwgen.errors import HwgenError
from hwgen.files import Kind, read_whole, require_replaceable, save_whole
from hwgen.graph import storage
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import Graph
from hwgen.record import Record
from hwgen.text.characters import Characters
from hwgen.text.vocabulary import Vocabulary

FORMAT = "hwgen-model-1"
ARRAYS, DESCRIPTION, CARD = "model.safetensors", "model.json", "README.md"


def _is_model(folder: Path) -> bool:
    """Whether nothing but a model is in a folder without a marker, such as a shipped one."""
    card = folder / CARD
    names = {path.name for path in folder.iterdir()}
    if not {ARRAYS, DESCRIPTION} <= names <= {ARRAYS, DESCRIPTION, CARD}:
        return False
    try:
        described = documents.read_json(folder / DESCRIPTION)
        ours = isinstance(described, dict) and described.get("format") == FORMAT
        return ours and (not card.exists() or b"\n| recipe, seed |" in documents.read_bytes(card))
    except HwgenError:
        return False


MODEL = Kind("model", "a model", known=_is_model)


@dataclass(frozen=True, eq=False)
class Model:
    """What `hwgen train` writes and every other command reads.

    Attributes:
        graph: the integers.
        vocabulary: text -> tokens; as many as the graph takes.
        labels: class names, in the order of the scores; no two alike.
        record: how it was made and how well it does (recipe, seed, data, stages, accuracy); plain JSON values.
    """

    graph: Graph
    vocabulary: Vocabulary | Characters
    labels: tuple[str, ...]
    record: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(self.labels))
        if len(self.vocabulary) != self.graph.vocabulary:
            raise HwgenError(
                f"model: the vocabulary has {len(self.vocabulary)} tokens, the graph takes {self.graph.vocabulary}"
            )
        if len(self.labels) != self.graph.classes:
            raise HwgenError(f"model: {len(self.labels)} labels for {self.graph.classes} classes")
        for label in self.labels:
            if not label or any("\ud800" <= each <= "\udfff" for each in label):
                raise HwgenError(f"model: the label {label!r} is no text")
        if len(set(self.labels)) != len(self.labels):
            raise HwgenError("model: a label stands twice")
        self.facts.check(self.graph.classes)

    @cached_property
    def facts(self) -> Record:
        """The parts of the record that are read back, checked."""
        return Record.of(self.record)

    @property
    def bits(self) -> int:
        """Width of the weights that most of the arithmetic is done with."""
        return self.graph.bits

    def encode(self, texts: list[str]) -> Sentences:
        return Sentences.of(self.vocabulary.encode(text) for text in texts)

    @cached_property
    def digest(self) -> bytes:
        """First 8 bytes of SHA-256 over every integer and its name: tells host and board that they agree.

        It sees all that decides a score: the graph as it is stored, and the words, which no integer says. The number
        of buckets follows from the words and the table's rows. Labels are only names of class numbers, and not in it.
        """
        integers, attributes = storage.to_arrays(self.graph)
        digest = hashlib.sha256(json.dumps(attributes, sort_keys=True).encode())
        for name in sorted(integers):
            digest.update(name.encode() + repr(integers[name].shape).encode() + integers[name].tobytes())
        if isinstance(self.vocabulary, Vocabulary):
            digest.update("\n".join(self.vocabulary.words).encode("utf-8", "surrogateescape"))
        return digest.digest()[:8]

    @staticmethod
    def check_target(folder: Path) -> None:
        """Make sure, before anything is trained, that `save` will take `folder`.

        Raises:
            HwgenError: when it holds something that is not a model, or cannot be written.
        """
        require_replaceable(folder, MODEL)

    def save(self, folder: Path, card: str | None = None) -> None:
        """Write the folder whole or not at all; an older model there is replaced.

        Args:
            card: Markdown for people, the folder's README.md.

        Raises:
            HwgenError: when something else is there, or it cannot be written; the model is then kept elsewhere, if
                any disk takes it, and the message says where.
        """
        integers, attributes = storage.to_arrays(self.graph)
        description = {
            "format": FORMAT,
            "graph": attributes,
            "labels": list(self.labels),
            "record": self.record,
            "vocabulary": _described(self.vocabulary),
        }
        files = {
            ARRAYS: safetensors.numpy.save(integers),
            DESCRIPTION: json.dumps(description, ensure_ascii=True, indent=1, sort_keys=True).encode() + b"\n",
        }
        if card is not None:
            files[CARD] = card.encode()

        def fill(scratch: Path) -> None:
            for name, content in files.items():
                (scratch / name).write_bytes(content)

        save_whole(Path(folder), MODEL, fill)

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Read and check a model folder.

        Raises:
            HwgenError: naming the file and what is wrong with it.
        """
        return read_whole(Path(folder), cls._read)

    @classmethod
    def _read(cls, folder: Path) -> Model:
        for name in (DESCRIPTION, ARRAYS):
            if not (folder / name).is_file():
                raise HwgenError(f"{folder}: no {name} there; give a folder that `hwgen train -o` wrote")
        described = documents.read_json(folder / DESCRIPTION)
        try:
            if isinstance(described, dict) and (version := described.get("format")) != FORMAT:
                raise HwgenError(f"format {tables.shown(version)} is not {FORMAT!r}; train it again with this version")
            description = tables.build(_Description, described)
            vocabulary = _vocabulary(description.vocabulary)
        except HwgenError as error:
            raise HwgenError(f"{folder / DESCRIPTION}: {error}") from None
        stored = arrays.read(folder / ARRAYS)
        try:
            graph = storage.from_arrays(stored, description.graph)
            return cls(graph, vocabulary, description.labels, description.record)
        except HwgenError as error:
            raise HwgenError(f"{folder}: {error}") from None


@dataclass(frozen=True)
class _Description:
    """`model.json`; the graph's and the vocabulary's parts are checked by those who read them."""

    format: str
    graph: dict[str, Any]
    labels: tuple[str, ...]
    record: dict[str, Any]
    vocabulary: Any


@dataclass(frozen=True)
class _Words:
    """The vocabulary of `model.json` where tokens are words."""

    buckets: int
    words: tuple[str, ...]


_CHARACTERS = "characters"


def _described(vocabulary: Vocabulary | Characters) -> Any:
    if isinstance(vocabulary, Characters):
        return _CHARACTERS
    return {"buckets": vocabulary.buckets, "words": list(vocabulary.words)}


def _vocabulary(described: Any) -> Vocabulary | Characters:
    if described == _CHARACTERS:
        return Characters()
    words = tables.build(_Words, described, "vocabulary.")
    return Vocabulary(words.words, words.buckets)
