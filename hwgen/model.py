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
from safetensors import SafetensorError

from hwgen.errors import HwgenError
from hwgen.folders import require_replaceable, written_whole
from hwgen.graph import storage
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import Graph
from hwgen.text.characters import Characters
from hwgen.text.vocabulary import Vocabulary

FORMAT = "hwgen-model-1"
ARRAYS, DESCRIPTION = "model.safetensors", "model.json"


@dataclass(frozen=True, eq=False)
class Model:
    """What `hwgen train` writes and every other command reads.

    Attributes:
        graph: the integers.
        vocabulary: text -> tokens; as many as the graph takes.
        labels: class names, in the order of the scores.
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

    @property
    def bits(self) -> int:
        """Width of the weights that most of the arithmetic is done with."""
        return self.graph.bits

    def encode(self, texts: list[str]) -> Sentences:
        return Sentences.of(self.vocabulary.encode(text) for text in texts)

    @cached_property
    def digest(self) -> bytes:
        """First 8 bytes of SHA-256 over every integer and its name: tells host and board that they agree."""
        arrays, attributes = storage.to_arrays(self.graph)
        digest = hashlib.sha256(json.dumps(attributes, sort_keys=True).encode())
        for name in sorted(arrays):
            digest.update(name.encode() + repr(arrays[name].shape).encode() + arrays[name].tobytes())
        if isinstance(self.vocabulary, Vocabulary):
            digest.update("\n".join(self.vocabulary.words).encode("utf-8", "surrogateescape"))
        return digest.digest()[:8]

    @staticmethod
    def check_target(folder: Path) -> None:
        """Make sure, before anything is trained, that `save` will take `folder`.

        Raises:
            HwgenError: when it holds something that is not a model.
        """
        require_replaceable(folder, proof=DESCRIPTION, what="a model")

    def save(self, folder: Path) -> None:
        """Write the folder whole or not at all; an older model there is replaced."""
        arrays, attributes = storage.to_arrays(self.graph)
        description = {
            "format": FORMAT,
            "graph": attributes,
            "labels": list(self.labels),
            "record": self.record,
            "vocabulary": _described(self.vocabulary),
        }
        with written_whole(Path(folder), proof=DESCRIPTION, what="a model") as scratch:
            (scratch / ARRAYS).write_bytes(safetensors.numpy.save(arrays))
            text = json.dumps(description, ensure_ascii=True, indent=1, sort_keys=True)
            (scratch / DESCRIPTION).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Read and check a model folder.

        Raises:
            HwgenError: naming the file and what is wrong with it.
        """
        folder = Path(folder)
        for name in (DESCRIPTION, ARRAYS):
            if not (folder / name).is_file():
                raise HwgenError(f"{folder}: no {name} there; give a folder that `hwgen train -o` wrote")
        try:
            description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
            found = description["format"]
            if found != FORMAT:
                raise HwgenError(f"format {found!r} is not {FORMAT!r}; train it again with this version")
            vocabulary = _vocabulary(description["vocabulary"])
            labels = tuple(map(str, description["labels"]))
            graph_attributes, record = description["graph"], dict(description["record"])
        except HwgenError as error:
            raise HwgenError(f"{folder / DESCRIPTION}: {error}") from None
        except (ValueError, KeyError, TypeError) as error:
            raise HwgenError(f"{folder / DESCRIPTION}: not a model description ({error!r})") from None
        try:
            arrays = safetensors.numpy.load_file(folder / ARRAYS)
            graph = storage.from_arrays(arrays, graph_attributes)
            return cls(graph, vocabulary, labels, record)
        except (SafetensorError, HwgenError, AttributeError, TypeError) as error:
            raise HwgenError(f"{folder / ARRAYS}: {error}") from None


_CHARACTERS = "characters"


def _described(vocabulary: Vocabulary | Characters) -> Any:
    if isinstance(vocabulary, Characters):
        return _CHARACTERS
    return {"buckets": vocabulary.buckets, "words": list(vocabulary.words)}


def _vocabulary(described: Any) -> Vocabulary | Characters:
    if described == _CHARACTERS:
        return Characters()
    return Vocabulary(tuple(map(str, described["words"])), int(described["buckets"]))
