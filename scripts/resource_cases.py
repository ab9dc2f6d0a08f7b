"""Components that the resource model is fitted to: those of shipped models cut down to some of their filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import numpy as np
from amaranth.lib import wiring
from no_core import BAUD, DIGEST, IDLE, VOCABULARY, NoCore, scores_of

from hwgen.chips.family import ChipFamily
from hwgen.flow import features
from hwgen.flow.features import Part, parts_of
from hwgen.graph.ensemble import EnsembleGraph, Vote
from hwgen.graph.graph import ConvolutionGraph, HypervectorGraph
from hwgen.graph.hypervector import BinaryDense
from hwgen.graph.nodes import Dense, Embedding
from hwgen.graph.patch_convolution import PatchConvolution
from hwgen.model import Model
from hwgen.rtl.admission import Admission
from hwgen.rtl.chain import Chain
from hwgen.rtl.core import RESULT_BUFFER_DEPTH
from hwgen.rtl.decision.argmax import Argmax
from hwgen.rtl.decision.ballot import Ballot
from hwgen.rtl.decision.folded_argmax import FoldedArgmax
from hwgen.rtl.decision.side_by_side import SideBySide
from hwgen.rtl.plan import BlockRam, Counting, Folded, HypervectorPlan, Members, Plan, Spatial, folded
from hwgen.rtl.shell import Shell
from hwgen.rtl.stages import stages
from hwgen.rtl.table.flash_reader import FlashPlace
from hwgen.rtl.table.spram_embedding import SpramEmbedding
from hwgen.rtl.table.table_loader import TableLoader
from hwgen.shipped import shipped, shipped_models

Case = tuple[str, wiring.Component, list[Part]]
"""Name, what is synthesised, and what the model sees in it."""

_CUTS = (("small", 3, 8), ("small", 4, 5), ("small", 8, 4), ("full", 2, 16), ("full", 4, 10), ("full", 8, 6))
"""Size and bits of a shipped model, and filters of each branch that are left; not those of 5 and 6 bits."""


def cases(family: ChipFamily) -> Iterator[Case]:
    """Of every kind of part several, of different sizes and shapes."""
    yield from _around(family)
    for size, bits, filters in _CUTS:
        graph = cut(_graph(size, bits), filters)
        name = f"{size}-{bits}bit, {filters} filters"
        for adders in family.pipelinings:
            made = stages(graph, Plan.spatial(adders, family, multiplexed=adders > 2))
            for stage in ("convolution", "dense", *(("embedding", "requantise", "max_over_time") * (adders == 2))):
                yield _case(f"{name}, {stage}, {adders} adders a stage", made[stage], family)
        if family.pipelinings == (1,):
            made = stages(graph, Plan.spatial(1, family))
            for stage in ("embedding", "requantise", "max_over_time"):
                yield _case(f"{name}, {stage}", made[stage], family)
        yield from _folded(name, graph, family)
    yield from _binary(family)
    yield from _hypervectors(family)


def cut(graph: ConvolutionGraph, filters: int) -> ConvolutionGraph:
    """The first filters of each branch, and an eighth of the vocabulary."""
    convolution, requantise, dense = graph.convolution, graph.requantise, graph.dense
    starts = np.cumsum([0, *(len(kernel) for kernel in convolution.kernels[:-1])])
    kept = np.concatenate(
        [
            start + np.arange(min(filters, len(kernel)))
            for start, kernel in zip(starts, convolution.kernels, strict=True)
        ]
    )
    kernels = tuple(kernel[:filters] for kernel in convolution.kernels)
    table = graph.embedding.table[: max(graph.vocabulary // 8, 64)]
    return ConvolutionGraph(
        (
            replace(graph.embedding, table=table),
            replace(convolution, kernels=kernels, exponents=convolution.exponents[kept]),
            replace(requantise, bias=requantise.bias[kept], shift=requantise.shift[kept]),
            graph.pooling,
            replace(dense, weights=dense.weights[:, kept]),
        )
    )


def _graph(size: str, bits: int) -> ConvolutionGraph:
    return cast(ConvolutionGraph, Model.load(shipped(size, bits)).graph)


def _case(name: str, component: wiring.Component, family: ChipFamily) -> Case:
    return name, component, list(parts_of(component, family))


def _around(family: ChipFamily) -> Iterator[Case]:
    for classes, bits in ((2, 14), (3, 10), (6, 13), (20, 12), (77, 9)):
        scores, name = scores_of(classes, bits), f"{classes} classes of {bits} bits"
        shell = Shell(NoCore(scores), digest=DIGEST, baud=BAUD, idle_timeout=IDLE)  # type: ignore[arg-type]
        yield f"shell, {name}", shell, [features.shell(scores, classes, family)]
        buffer = Admission(VOCABULARY, scores, depth=RESULT_BUFFER_DEPTH)
        yield f"buffer, {name}", buffer, [features.buffer(scores, family)]
        yield _case(f"argmax, {name}", Argmax(scores), family)
        yield _case(f"folded argmax, {name}", FoldedArgmax(scores), family)
    graph = _graph("small", 4)
    for members, classes in ((2, 2), (3, 2), (5, 6)):
        nodes = (*graph.nodes[:4], _dense_of(graph, classes))
        vote = Vote((ConvolutionGraph(nodes),) * members, np.arange(1, members + 1))
        yield _case(f"ballot, {members} of {classes}", Ballot(vote, scores_of(members * classes, 12)), family)
    for rank, bits in ((16, 5), (20, 3), (8, 8)) if family.cells.sprams else ():
        table = np.random.default_rng(0).integers(-3, 4, (2048, rank))
        table[0] = 0
        node = Embedding(table, bits, 0)
        yield _case(f"SPRAM, rank {rank} of {bits} bits", SpramEmbedding(node), family)
        loader = TableLoader(node, DIGEST, FlashPlace(1 << 20, IDLE))
        yield f"loader, rank {rank} of {bits} bits", loader, [Part("loader", {"once": 1})]


def _dense_of(graph: ConvolutionGraph, classes: int) -> Dense:
    rows = np.arange(classes) % graph.classes
    return replace(graph.dense, weights=graph.dense.weights[rows], bias=graph.dense.bias[rows])


def _folded(name: str, graph: ConvolutionGraph, family: ChipFamily) -> Iterator[Case]:
    products = graph.convolution.products
    table = BlockRam(family)
    for lanes, multipliers, memories in (
        (1, 0, True), (2, 1, False), (4, 2, True), (8, 0, False), (12, 6, False), (24, 4, False), (48, 0, False),
        (products // 3, 4, False),
    ):  # fmt: skip
        engine = Folded(min(lanes, products), family, multipliers, memories)
        made = stages(graph, Plan(engine, Folded(max(lanes // 8, 1), family, multipliers // 4, memories), table))
        shape = f"{name}, {lanes} lanes, {multipliers} multipliers{', memories' if memories else ''}"
        yield _case(f"{shape}, convolution", made["convolution"], family)
        yield _case(f"{shape}, dense", made["dense"], family)


def _binary(family: ChipFamily) -> Iterator[Case]:
    for size, filters, lanes in (
        *(("small", *each) for each in ((2, 1), (4, 2), (4, 12), (8, 4), (8, 8), (8, 24), (16, 16), (24, 6))),
        *(("full", 12, lanes) for lanes in (1, 2)),
    ):
        graph = cut(_graph(size, 1), filters)
        filters = graph.convolution.filters
        made = stages(graph, Plan(Counting(min(lanes, filters), family), Folded(1, family)))
        yield _case(f"binary {size}, {filters} filters, {lanes} lanes", made["convolution"], family)
    members = Model.load(shipped_models()["sst2-ensemble-1bit"]).graph
    assert isinstance(members, EnsembleGraph)
    parts = tuple(cut(cast(ConvolutionGraph, member), 6) for member in members.vote.members)
    ensemble = EnsembleGraph((Vote(parts, np.ones(len(parts), dtype=np.int64)),))
    for lanes in (2, 6):
        made = stages(ensemble, folded(ensemble, lanes, family, Members.in_turn))
        yield _case(f"binary in turn, {lanes} lanes", made["convolution"], family)
    for count in (2, 3):
        plan = Plan(Spatial(family.pipelinings[0], family), Spatial(family.pipelinings[0], family), BlockRam(family))
        small = cut(_graph("small", 3), 2)
        chains = [Chain(stages(small, plan)) for _ in range(count)]
        vote = Vote((small,) * count, np.arange(1, count + 1))
        yield _case(f"{count} side by side", SideBySide(vote, chains), family)


def _hypervectors(family: ChipFamily) -> Iterator[Case]:
    graph = Model.load(shipped_models()["snips-hd"]).graph
    assert isinstance(graph, HypervectorGraph)
    random = np.random.default_rng(0)
    for blocks, passes in ((1, 1), (2, 1), (4, 1), (4, 2), (8, 4)):
        node = replace(graph.hypervector, seeds=graph.hypervector.seeds[:, :blocks])
        dense = BinaryDense(graph.dense.weights[:, : node.dimension], graph.dense.bias)
        made = stages(HypervectorGraph((node, dense)), HypervectorPlan(node.dimension // passes, family))
        for stage, component in list(made.items())[:2]:
            yield _case(f"{blocks} blocks, {passes} passes, {stage}", component, family)
        for patch in (4, 8, 16):
            weights, thresholds = random.integers(0, 2, (3, patch)), random.integers(1, patch, 3)
            between = PatchConvolution(weights, thresholds)
            wide = BinaryDense(random.integers(0, 2, (3, between.features(node.dimension))), np.zeros(3, dtype=int))
            if passes == 1 and blocks < 4:
                made = stages(HypervectorGraph((node, between, wide)), HypervectorPlan(node.dimension, family))
                yield _case(f"{blocks} blocks, patches of {patch}", made["patch_convolution"], family)
                yield _case(f"{blocks} blocks, patches of {patch}, dense", made["binary_dense"], family)
