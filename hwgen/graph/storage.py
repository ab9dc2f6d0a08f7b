"""A graph as a flat set of named arrays and plain numbers, for safetensors and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen import tables
from hwgen.errors import HwgenError
from hwgen.graph import forms
from hwgen.graph.ensemble import EnsembleGraph, Vote
from hwgen.graph.forms import FORMS, Arrays, Stored
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph, Node

KINDS: tuple[type[Graph], ...] = (ConvolutionGraph, HypervectorGraph)
"""What is stored node by node; an ensemble is stored member by member."""
Attributes = dict[str, Any]


def to_arrays(graph: Graph) -> tuple[Arrays, Attributes]:
    """Arrays and attributes, by the names of the nodes, from which `from_arrays` rebuilds the graph.

    Weights are int8, biases int32; single bits are packed, eight to a byte.
    """
    if isinstance(graph, EnsembleGraph):
        return _of_members(graph.vote)
    arrays: Arrays = {}
    attributes: Attributes = {}
    for node in graph.nodes:
        form = FORMS[type(node)]
        arrays |= {f"{node.name}.{name}": array for name, array in form.arrays(node).items()}
        if facts := forms.attributes(form.of(node)):
            attributes[node.name] = facts
    return arrays, attributes


def from_arrays(arrays: Mapping[str, NDArray[Any]], attributes: Mapping[str, Any]) -> Graph:
    """Rebuild and re-check a graph.

    Raises:
        HwgenError: when an array or attribute is missing, unknown or malformed, or a node rejects its values.
    """
    if Vote.name in attributes:
        graph: Graph = _voting(arrays, attributes)
    else:
        # The first node tells the kinds apart.
        kind = next((kind for kind in KINDS if kind.ORDER[0].name in attributes), KINDS[0])
        _check_names(attributes, [node.name for node in kind.ORDER])
        nodes = (node for node in kind.ORDER if node not in kind.OPTIONAL or node.name in attributes)
        graph = kind(tuple(_node(node, arrays, attributes) for node in nodes))
    if strange := sorted(set(arrays) - set(to_arrays(graph)[0])):
        raise HwgenError(f"{strange[0]}: no array of this graph")
    return graph


def _node(kind: type[Node], arrays: Mapping[str, NDArray[Any]], attributes: Mapping[str, Any]) -> Node:
    form = tables.build(FORMS[kind], attributes.get(kind.name, {}), f"{kind.name}.")
    return form.node(Stored(arrays, kind.name))


def _check_names(attributes: Mapping[str, Any], names: list[str]) -> None:
    if strange := sorted(set(attributes) - set(names)):
        raise HwgenError(f"{strange[0]}: no node of this graph; its nodes are {', '.join(names)}")


@dataclass(frozen=True)
class _Members:
    """The attributes of each member's graph."""

    members: tuple[dict[str, Any], ...]


def _of_members(vote: Vote) -> tuple[Arrays, Attributes]:
    stored = [to_arrays(member) for member in vote.members]
    arrays: Arrays = {
        f"{Vote.name}.{place}.{name}": array for place, (own, _) in enumerate(stored) for name, array in own.items()
    }
    arrays[f"{Vote.name}.votes"] = vote.votes.astype(np.int32)
    return arrays, {Vote.name: {"members": [attributes for _, attributes in stored]}}


def _voting(arrays: Mapping[str, NDArray[Any]], attributes: Mapping[str, Any]) -> EnsembleGraph:
    _check_names(attributes, [Vote.name])
    members = []
    for place, facts in enumerate(tables.build(_Members, attributes[Vote.name], f"{Vote.name}.").members):
        if Vote.name in facts:
            raise HwgenError(f"{Vote.name}.members[{place}]: a vote of votes")
        prefix = f"{Vote.name}.{place}."
        own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
        try:
            members.append(from_arrays(own, facts))
        except HwgenError as error:
            raise HwgenError(f"{Vote.name}.members[{place}]: {error}") from None
    return EnsembleGraph((Vote(tuple(members), Stored(arrays, Vote.name).array("votes")),))
