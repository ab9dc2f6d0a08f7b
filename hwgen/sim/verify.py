"""Circuit against golden model, sentence by sentence, down to the first wrong number."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from amaranth.sim import Simulator

from hwgen.graph import golden
from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import Graph
from hwgen.graph.merge import merge
from hwgen.graph.tensor import Integers, TensorType
from hwgen.rtl.binary.binary_convolution import BinaryConvolution
from hwgen.rtl.chain import streams_of
from hwgen.rtl.core import Core
from hwgen.rtl.lanes.folded_convolution import FoldedConvolution
from hwgen.rtl.plan import InTurnPlan
from hwgen.rtl.sums.spatial_convolution import SpatialConvolution
from hwgen.sim.flash import bootable
from hwgen.sim.results import Results


@dataclass(frozen=True)
class Mismatch:
    """The first number that differs.

    Attributes:
        sentence: its number.
        layer: the first layer whose output is wrong, "class" when only the class is.
        token: position in the sentence, None behind the maximum over time.
        channel: of the layer's output.
        expected, found: golden and circuit; `found` is None when the layer gave too few vectors.
    """

    sentence: int
    layer: str
    token: int | None
    channel: int
    expected: int
    found: int | None

    def __str__(self) -> str:
        at = "" if self.token is None else f", token {self.token}"
        return (
            f"sentence {self.sentence}{at}, layer {self.layer}, channel {self.channel}: "
            f"expected {self.expected}, found {'nothing' if self.found is None else self.found}"
        )


def first_mismatch(core: Core, sentences: Sentences, results: Results, graph: Graph | None = None) -> Mismatch | None:
    """Where the circuit first leaves the golden model, or None if it never does.

    A wrong sentence is run once more, alone, in a simulator that shows every layer's output. If alone it comes out
    right, the fault lies in what stood before it, and the score is reported instead.

    Args:
        graph: the golden graph, when it is not the one the core was made from.
    """
    graph = graph or core.graph
    expected = golden.scores(graph, sentences)
    wrong = results.mismatches(expected)
    if not wrong.size:
        return None
    number = int(wrong[0])
    start, length = int(sentences.starts[number]), int(sentences.lengths[number])
    alone = Sentences.of([sentences.tokens[start : start + length].tolist()])
    return _compare_layers(core, graph, alone, number) or _score_mismatch(
        graph, number, expected[number], results.scores[number], int(results.labels[number])
    )


def _score_mismatch(graph: Graph, number: int, expected: Integers, found: Integers, label: int) -> Mismatch:
    channels = np.flatnonzero(expected != found)
    if channels.size:
        channel = int(channels[0])
        return Mismatch(number, graph.nodes[-1].name, None, channel, int(expected[channel]), int(found[channel]))
    return Mismatch(number, "class", None, 0, int(expected.argmax()), label)


def _compare_layers(core: Core, graph: Graph, sentence: Sentences, number: int) -> Mismatch | None:
    observed = _observe(core, sentence)
    outputs: dict[str, Integers] = {}
    types: dict[str, TensorType] = {}
    for part in _parts(core, graph):
        names = [node.name for node in part.nodes]
        outputs |= zip(names, golden.trace(part, sentence), strict=True)
        types |= zip(names, part.types(), strict=True)
    for name, vectors in observed.items():
        stage = core.stages[name]
        # A folded or counting convolution's output is what stands behind the maximum.
        whole = isinstance(stage, FoldedConvolution | BinaryConvolution)
        layer = "max_over_time" if whole else name
        vectors = _joined(vectors, outputs[layer].shape[1])
        if isinstance(stage, SpatialConvolution):  # it adds the requantiser's offset
            vectors = (np.array(vectors).reshape(-1, stage.kind.channels) - stage.offset).tolist()
        for place, expected in enumerate(outputs[layer]):
            token = place if types[layer].per_token else None
            if place >= len(vectors):
                return Mismatch(number, layer, token, 0, int(expected[0]), None)
            channels = np.flatnonzero(expected != vectors[place])
            if channels.size:
                channel = int(channels[0])
                return Mismatch(number, layer, token, channel, int(expected[channel]), vectors[place][channel])
    return None


def _joined(pieces: list[list[int]], channels: int) -> list[list[int]]:
    """Whole vectors, where they left in pieces."""
    each = max(channels // len(pieces[0]), 1) if pieces else 1
    return [list(chain.from_iterable(pieces[start : start + each])) for start in range(0, len(pieces), each)]


def _parts(core: Core, graph: Graph) -> list[Graph]:
    """The graphs whose nodes the stages are: an ensemble on one engine has its merged members' before its own."""
    if isinstance(core.plan, InTurnPlan) and isinstance(graph, EnsembleGraph):
        return [merge(graph.vote.members), graph]
    return [graph]


def _observe(core: Core, sentence: Sentences) -> dict[str, list[list[int]]]:
    """The vectors every stage but the last hands on for one sentence."""
    circuit = bootable(core)
    watched = {name: streams_of(stage)[1] for name, stage in core.stages.items() if name != "argmax"}
    seen: dict[str, list[list[int]]] = {name: [] for name in watched}
    last = sentence.tokens.size - 1

    async def feed(ctx: Any) -> None:
        ctx.set(circuit.results.ready, 1)
        for place, token in enumerate(sentence.tokens.tolist()):
            ctx.set(circuit.tokens.payload, {"token": token, "first": place == 0, "last": place == last})
            ctx.set(circuit.tokens.valid, 1)
            await ctx.tick().until(circuit.tokens.ready)
        ctx.set(circuit.tokens.valid, 0)
        await ctx.tick().until(circuit.results.valid)

    async def watch(ctx: Any) -> None:
        handshakes = [stream.valid & stream.ready for stream in watched.values()]
        payloads = [stream.payload.values for stream in watched.values()]
        async for _, _, *values in ctx.tick().sample(*handshakes, *payloads):
            for name, taken, vector in zip(watched, values, values[len(watched) :], strict=False):
                if taken:
                    seen[name].append(list(vector))

    simulator = Simulator(circuit)
    simulator.add_clock(1e-6)
    simulator.add_testbench(watch, background=True)
    simulator.add_testbench(feed)
    simulator.run()
    return seen
