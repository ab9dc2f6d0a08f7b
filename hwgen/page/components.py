"""The components of a circuit, in the order data passes them: what each does, what leaves it, and its cycles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import singledispatch

from amaranth.lib import wiring

from hwgen.flow.pace import BUFFER, cycles_of, latency_of
from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.graph import Graph, Node
from hwgen.graph.merge import merge
from hwgen.graph.tensor import TensorType
from hwgen.page.costs import AROUND, LINE, sites
from hwgen.rtl.binary.binary_convolution import BinaryConvolution
from hwgen.rtl.binary.binary_dense import FoldedBinaryDense
from hwgen.rtl.chain import Chain, Stages
from hwgen.rtl.core import RESULT_BUFFER_DEPTH, Core
from hwgen.rtl.decision.argmax import Argmax
from hwgen.rtl.decision.ballot import Ballot
from hwgen.rtl.decision.folded_argmax import FoldedArgmax
from hwgen.rtl.decision.side_by_side import SideBySide
from hwgen.rtl.hypervector.hypervector_encoder import HypervectorEncoder
from hwgen.rtl.hypervector.patch_convolution import PatchConvolver
from hwgen.rtl.lanes.folded_convolution import FoldedConvolution
from hwgen.rtl.lanes.folded_dense import FoldedDense
from hwgen.rtl.max_over_time import RunningMaximum
from hwgen.rtl.requantise import Requantiser
from hwgen.rtl.sums.spatial_convolution import SpatialConvolution
from hwgen.rtl.sums.spatial_dense import SpatialDense
from hwgen.rtl.table.embedding import EmbeddingReader, EmbeddingRom, row_bits
from hwgen.rtl.table.spram_embedding import SpramEmbedding

ANSWER = "answer"
"""The key of what stands behind the last component; it takes nothing."""


@dataclass(frozen=True)
class Component:
    """One of a circuit.

    Attributes:
        key: its name among the costs.
        title: its name for people.
        does: a sentence.
        leaves: what goes on to the next one.
        cycles: that it takes for a usual sentence; None where it is not counted.
        latency: cycles from the last thing in to the result out; None where it is not counted.
        members: chains of components inside it.
    """

    key: str
    title: str
    does: str
    leaves: str
    cycles: int | None = None
    latency: int | None = None
    members: tuple[tuple[Component, ...], ...] = ()


def components(core: Core, tokens: int, token: str) -> list[Component]:
    """Those of a core and what is around it, for sentences of `tokens`.

    Args:
        token: what a token is.
    """
    listed = [Component(LINE, "Serial line", "Takes frames, checks them, sends the answers.", f"a {token} at a time")]
    listed += _stages(core.stages, core.graph, tokens)
    if core.plan.never_stalls:
        does = f"Keeps a place for {RESULT_BUFFER_DEPTH} sentences' results, so that nothing ever stalls."
        listed.append(Component(AROUND, "Result buffer", does, "class and scores", None, BUFFER))
    return [*listed, Component(ANSWER, "Answer", "Goes back to the host over the same line.", "")]


def flat(listed: Sequence[Component]) -> Iterator[Component]:
    """Components, each followed by those inside it."""
    for component in listed:
        yield component
        for member in component.members:
            yield from flat(member)


def titles(core: Core) -> dict[str, str]:
    """What the components of a core and those around it are called, by key."""
    named = {
        site.key: " of ".join(part.replace("_", " ") for part in reversed(site.key.split("."))).capitalize()
        for site in sites(core)
    }
    return {**named, AROUND: "Result buffer" if core.plan.never_stalls else "Between the stages", LINE: "Serial line"}


def title_of(name: str) -> str:
    """A stage's or node's name for people."""
    return name.replace("_", " ").capitalize()


def _nodes(graph: Graph, stages: Stages) -> list[tuple[Node, TensorType]]:
    """Nodes and what leaves them; members of an ensemble that share the stages are one graph."""
    outputs = list(zip(graph.nodes, graph.types(), strict=True))
    if isinstance(stages.get("vote"), Ballot):
        assert isinstance(graph, EnsembleGraph)
        merged = merge(graph.vote.members)
        return [*zip(merged.nodes, merged.types(), strict=True), *outputs]
    return outputs


def _stages(stages: Stages, graph: Graph, tokens: int, inside: str = "") -> Iterator[Component]:
    leaves: dict[str, TensorType] = {}
    last = ""
    for node, kind in _nodes(
        graph, stages
    ):  # a stage may do the work of several nodes; what leaves the last one leaves it
        last = node.name if node.name in stages else last
        leaves[last] = kind
    for name, stage in stages.items():
        members = tuple(
            tuple(_stages(chain.stages, member, tokens, f"{inside}{name}.member_{number}."))
            for number, (chain, member) in enumerate(_members(stage))
        )
        yield Component(
            inside + name,
            title_of(name),
            does(stage),
            shape(leaves[name]) if name in leaves else "class and scores",
            cycles_of(stage, tokens),
            latency_of(stage, tokens),
            members,
        )


def _members(stage: wiring.Component) -> Iterator[tuple[Chain, Graph]]:
    if isinstance(stage, SideBySide):
        for member, graph in zip(stage.members, stage.node.members, strict=True):
            assert isinstance(member, Chain)
            yield member, graph


def shape(kind: TensorType) -> str:
    """A tensor in a few words, such as "96 x 5 bits a token"."""
    bits = f"{kind.channels:,} bits" if kind.width == 1 else f"{kind.channels:,} x {kind.width} bits"
    return f"{bits} a {'token' if kind.per_token else 'sentence'}"


@singledispatch
def does(stage: wiring.Component) -> str:
    """What a stage does, in a sentence."""
    raise TypeError(f"no words for {type(stage).__name__}")


@does.register
def _(stage: EmbeddingRom) -> str:
    return f"Looks up a row of {stage.node.rank} numbers for each token: {stage.node.vocabulary:,} rows in block RAM."


@does.register
def _(stage: EmbeddingReader) -> str:
    return f"Looks up a row of {row_bits(stage.node)} bits for each token in a memory outside."


@does.register
def _(stage: SpramEmbedding) -> str:
    return f"Looks up a row of {stage.node.rank} numbers for each token in SPRAM, filled from the flash at boot."


@does.register
def _(stage: SpatialConvolution) -> str:
    node = stage.node
    widths = _and(node.widths)
    return f"{node.filters} filters {widths} tokens wide: {node.products:,} non-zero weights, as wires and adders."


@does.register
def _(stage: FoldedConvolution) -> str:
    node, lanes = stage.node, len(stage.schedule.lanes)
    return (
        f"{node.filters} filters {_and(node.widths)} tokens wide on {_count(lanes, 'lane')}, which read "
        f"{node.products:,} non-zero weights from a ROM; clips the sums and keeps their maxima."
    )


@does.register
def _(stage: BinaryConvolution) -> str:
    node = stage.node
    return (
        f"{node.filters} binary filters {_and(node.widths)} tokens wide: {_count(stage.lanes, 'popcount')} at a time, "
        "each compared with its threshold."
    )


@does.register
def _(stage: Requantiser) -> str:
    return f"Adds each filter's bias, shifts, and clips to 0…{(1 << stage.node.bits) - 1}."


@does.register
def _(stage: RunningMaximum) -> str:
    return "Keeps the greatest value of every filter over the sentence."


@does.register
def _(stage: SpatialDense) -> str:
    return f"Scores {stage.node.classes} classes: {stage.node.products:,} non-zero weights, as wires and adders."


@does.register
def _(stage: FoldedDense) -> str:
    lanes = len(stage.schedule.lanes)
    return (
        f"Scores {stage.node.classes} classes on {_count(lanes, 'lane')}: {stage.node.products:,} non-zero weights "
        "from a ROM."
    )


@does.register
def _(stage: HypervectorEncoder) -> str:
    times = f", {stage.passes} times {stage.lanes:,} values" if stage.passes > 1 else ""
    return f"Bundles the n-grams of the text in a vector of {stage.node.dimension:,} bits{times}."


@does.register
def _(stage: PatchConvolver) -> str:
    return f"Lays {stage.node.filters} binary filters over every {stage.node.patch} bits of the vector."


@does.register
def _(stage: FoldedBinaryDense) -> str:
    return f"Counts for each of {stage.node.classes} classes where its vector and the text's differ."


@does.register
def _(stage: Ballot) -> str:
    return f"Gives the best class of each of {stage.node.channels} members its votes."


@does.register
def _(stage: SideBySide) -> str:
    return f"{len(stage.members)} members side by side, whose classes are counted."


@does.register(Argmax)
@does.register(FoldedArgmax)
def _(stage: Argmax | FoldedArgmax) -> str:
    how = "all at once" if isinstance(stage, Argmax) else "one after the other"
    return f"Picks the greatest of {stage.source.channels} scores, {how}."


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'s' * (number != 1)}"


def _and(numbers: Sequence[int]) -> str:
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}" if first else last
