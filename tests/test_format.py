"""`docs/model-format.md` is enough to read a model: a reader made from the page alone agrees with hwgen's.

Nothing of the reader uses hwgen.
"""

import hashlib
import itertools
import json
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen import shipped
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.model import Model

TYPES = {"I8": "<i1", "I16": "<i2", "I32": "<i4", "U8": "<u1", "U16": "<u2"}
Array = np.ndarray[Any, Any]
Graph = dict[str, Any]


class Reader:
    """A model's folder as the page describes it."""

    def __init__(self, folder: Path) -> None:
        self.description = json.loads((folder / "model.json").read_bytes())
        content = (folder / "model.safetensors").read_bytes()
        (length,) = struct.unpack("<Q", content[:8])
        header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
        header.pop("__metadata__", None)
        self.arrays = {
            name: np.frombuffer(data[slice(*entry["data_offsets"])], TYPES[entry["dtype"]]).reshape(entry["shape"])
            for name, entry in header.items()
        }

    @property
    def tokens(self) -> int:
        """How many tokens there are."""
        words = self.description["vocabulary"]
        return 256 if words == "characters" else 1 + words["buckets"] + len(words["words"])

    def digest(self) -> str:
        """The first 8 bytes, in hexadecimal."""
        digest = hashlib.sha256(json.dumps(self.description["graph"], sort_keys=True).encode("ascii"))
        for name in sorted(self.arrays):
            array = self.arrays[name]
            shape = f"({array.shape[0]},)" if array.ndim == 1 else "(" + ", ".join(map(str, array.shape)) + ")"
            digest.update(name.encode() + shape.encode() + array.tobytes())
        words = self.description["vocabulary"]
        if words != "characters":
            digest.update(b"\n".join(word.encode("utf-8", "surrogateescape") for word in words["words"]))
        return digest.hexdigest()[:16]

    def scores(self, tokens: list[int]) -> list[int]:
        """Of a text."""
        return self._scores(self.description["graph"], self.arrays, tokens)

    def _scores(self, graph: Graph, arrays: dict[str, Array], tokens: list[int]) -> list[int]:
        if "vote" in graph:
            return self._votes(graph["vote"], arrays, tokens)
        if "hypervector" in graph:
            return _hyperdimensional(graph, arrays, tokens)
        return _sentence_cnn(graph, arrays, tokens)

    def _votes(self, vote: Graph, arrays: dict[str, Array], tokens: list[int]) -> list[int]:
        answers = []
        for place, member in enumerate(vote["members"]):
            prefix = f"vote.{place}."
            own = {name[len(prefix) :]: array for name, array in arrays.items() if name.startswith(prefix)}
            answers.append(self._scores(member, own, tokens))
        counted = [0] * len(answers[0])
        for scores, votes in zip(answers, arrays["vote.votes"].tolist(), strict=True):
            counted[scores.index(max(scores))] += votes
        return counted


def _bits(packed: Array, count: int) -> Array:
    rows = [
        [(row[place // 8] >> (place % 8)) & 1 for place in range(count)] for row in packed.reshape(-1, packed.shape[-1])
    ]
    return np.array(rows).reshape(*packed.shape[:-1], count)


def _weights(array: Array, facts: Graph) -> Array:
    return array.astype(int) if facts["bits"] > 1 else 1 - 2 * _bits(array, facts["last"]).astype(int)


def _sentence_cnn(graph: Graph, arrays: dict[str, Array], tokens: list[int]) -> list[int]:
    facts = graph["embedding"]
    x = _weights(arrays["embedding.table"][tokens], facts)
    sums = []
    for branch in range(graph["convolution"]["branches"]):
        kernel = _weights(arrays[f"convolution.kernel{branch}"], graph["convolution"])
        width = kernel.shape[1]
        padded = np.concatenate([np.zeros((width - 1, x.shape[1]), int), x])
        sums.append([(kernel * padded[t : t + width]).sum(axis=(1, 2)) for t in range(len(tokens))])
    y = np.concatenate(sums, axis=1) + arrays["requantise.bias"].astype(int)
    shift = arrays["requantise.shift"].astype(int)
    for f, by in enumerate(shift.tolist()):
        y[:, f] = (y[:, f] + (1 << (by - 1))) >> by if by > 0 else y[:, f] << -by
    z = y.clip(0, 2 ** graph["requantise"]["bits"] - 1).max(axis=0)
    weights = _weights(arrays["dense.weights"], graph["dense"])
    return (weights @ z + arrays["dense.bias"]).tolist()


def _hyperdimensional(graph: Graph, arrays: dict[str, Array], tokens: list[int]) -> list[int]:
    facts = graph["hypervector"]
    seeds, block = arrays["hypervector.seeds"].astype(int), facts["block"]
    row = [(seeds >> place) & 1 for place in range(min(block, 16))]
    while len(row) < block:
        row.append(row[-16] ^ row[-14] ^ row[-13] ^ row[-11])
    items = np.stack(row, axis=-1)  # symbols, blocks, block
    line = [0, *arrays["hypervector.symbols"][tokens[: facts["longest"]]].tolist(), 0]
    grams = []
    for n in facts["sizes"]:
        windows = [line[i : i + n] for i in range(len(line) - n + 1)]
        grams += [window for window in windows if all(window[1:-1]) and any(window)]
    if facts["words"]:
        borders = [place for place, symbol in enumerate(line) if symbol == 0]
        grams += [line[a + 1 : b] for a, b in itertools.pairwise(borders) if b > a + 1]
    sums = np.zeros(items.shape[1:], int)
    for gram in grams:
        vector = np.zeros(items.shape[1:], int)
        for age, symbol in enumerate(reversed(gram)):
            vector ^= np.roll(items[symbol], age, axis=-1)
        sums += 1 - 2 * vector
    text = np.where(sums == 0, items[0], sums < 0).reshape(-1)
    if "patch_convolution" in graph:
        patch = graph["patch_convolution"]["patch"]
        filters = _bits(arrays["patch_convolution.weights"], patch)
        agree = (text.reshape(-1, 1, patch) == filters).sum(axis=-1)
        text = (agree < arrays["patch_convolution.thresholds"]).astype(int).reshape(-1)
    weights = _bits(arrays["binary_dense.weights"], graph["binary_dense"]["channels"])
    agree = (weights == text).sum(axis=1)
    return (2 * agree - weights.shape[1] + arrays["binary_dense.bias"]).tolist()


@pytest.mark.parametrize("name", shipped.shipped_models())
def test_a_reader_made_from_the_page_agrees_on_a_shipped_model(name: str) -> None:
    folder = shipped.shipped_models()[name]
    reader, model = Reader(folder), Model.load(folder)
    assert reader.digest() == model.digest.hex()
    assert f"| digest | {reader.digest()} |" in (folder / "README.md").read_text(encoding="utf-8")
    assert reader.tokens == len(model.vocabulary)
    assert reader.description["labels"] == list(model.labels)
    random = np.random.default_rng(math.prod(model.digest) or 1)
    texts = [random.integers(0, reader.tokens, length).tolist() for length in (1, 2, 9, 40)]
    if reader.tokens == 256:
        texts.append(list(b"play the next song, please"))
    assert [reader.scores(text) for text in texts] == golden.scores(model.graph, Sentences.of(texts)).tolist()
