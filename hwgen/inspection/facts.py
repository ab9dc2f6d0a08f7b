"""What a model folder is, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import singledispatch
from pathlib import Path
from typing import Any

import numpy as np

from hwgen.graph.ensemble import EnsembleGraph, Vote
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.graph.memory import memory_bits, stored
from hwgen.graph.tensor import TensorType
from hwgen.model import Model
from hwgen.record import Record
from hwgen.text.characters import Characters
from hwgen.text.vocabulary import Vocabulary

CARD = "README.md"
"""The model card beside a model's files."""
KINDS: Mapping[type[Graph], str] = {
    ConvolutionGraph: "sentence CNN",
    HypervectorGraph: "hyperdimensional classifier",
    EnsembleGraph: "ensemble",
}


def inspect(folder: Path) -> dict[str, Any]:
    """Everything worth knowing of the model in `folder`.

    Raises:
        HwgenError: when it holds no model.
    """
    model = Model.load(folder)
    card = folder / CARD
    return {
        "model": folder.resolve().name,
        "folder": str(folder),
        "digest": model.digest.hex(),
        "labels": list(model.labels),
        "vocabulary": _vocabulary(model.vocabulary),
        "graph": graph_facts(model.graph),
        "record": _record(model.facts),
        "card": str(card) if card.is_file() else None,
        "files": {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.is_file()},
    }


def graph_facts(graph: Graph) -> dict[str, Any]:
    """Kind, sizes and every node of a graph, in their order."""
    nodes = [
        node_facts(node, output) | {"members": [graph_facts(member) for member in node.members]}
        if isinstance(node, Vote)
        else node_facts(node, output)
        for node, output in zip(graph.nodes, graph.types(), strict=True)
    ]
    arrays = stored(graph)
    return {
        "kind": KINDS[type(graph)],
        "bits": graph.bits,
        "classes": graph.classes,
        "score_exponent": graph.score_exponent,
        "weights": sum(array.values.size for array in arrays),
        "nonzero": sum(array.nonzero for array in arrays),
        "memory_bits": memory_bits(graph),
        "nodes": nodes,
    }


def node_facts(node: Any, output: TensorType) -> dict[str, Any]:
    """A node's arrays, its settings, and the exact interval of what it gives."""
    arrays = {array.name: array for array in stored(node)} if not isinstance(node, Vote) else {}
    settings, others = {}, {}
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, np.ndarray):
            if field.name not in arrays:
                others[field.name] = _array(value)
        elif _plain(value):
            settings[field.name] = list(value) if isinstance(value, tuple) else value
    return {
        "node": node.name,
        "settings": settings,
        "arrays": {
            name: _array(array.values) | {"bits": array.bits, "nonzero": array.nonzero}
            for name, array in arrays.items()
        }
        | others,
        "weights": sum(array.values.size for array in arrays.values()),
        "nonzero": sum(array.nonzero for array in arrays.values()),
        "memory_bits": memory_bits(node),
        "output": {
            "channels": output.channels,
            "low": int(output.low.min()),
            "high": int(output.high.max()),
            "width": output.width,
            "signed": output.signed,
            "of": "each token" if output.per_token else "the text",
        },
    }


def _array(values: np.ndarray) -> dict[str, Any]:
    return {"shape": list(values.shape), "low": int(values.min()), "high": int(values.max())}


def _plain(value: object) -> bool:
    return isinstance(value, int | str) or (isinstance(value, tuple) and all(isinstance(each, int) for each in value))


@singledispatch
def _vocabulary(vocabulary: object) -> dict[str, Any]:
    raise TypeError(f"no facts about {type(vocabulary).__name__}")


@_vocabulary.register
def _(vocabulary: Vocabulary) -> dict[str, Any]:
    return {
        "tokeniser": "words",
        "tokens": len(vocabulary),
        "words": len(vocabulary.words),
        "buckets": vocabulary.buckets,
    }


@_vocabulary.register
def _(vocabulary: Characters) -> dict[str, Any]:
    return {"tokeniser": "characters", "tokens": len(vocabulary)}


def _record(record: Record) -> dict[str, Any]:
    """How it was trained and how well it does, as far as the record says."""
    return {
        "recipe": record.recipe.get("name"),
        "seed": record.seed,
        "data": record.data and asdict(record.data),
        "accuracy": record.accuracy and asdict(record.accuracy),
        "stages": [stage.as_dict() for stage in record.stages],
    }
