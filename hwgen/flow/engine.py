"""Which engine a model gets on a board, by estimates made before any tool runs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from hwgen.errors import HwgenError
from hwgen.flow.board import Board
from hwgen.flow.estimate import Estimate, blocks, estimate, memory
from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.graph.merge import mergeable
from hwgen.graph.nodes import Embedding
from hwgen.rtl.core import Core
from hwgen.rtl.embedding import row_bits
from hwgen.rtl.plan import (
    AnyPlan,
    EnsemblePlan,
    HypervectorPlan,
    InTurnPlan,
    Members,
    Plan,
    Spatial,
    Spram,
    counts,
    folded,
    pipelinings,
    spatial,
)
from hwgen.rtl.spram import SpramLayout

ENGINES = ("auto", "spatial", "folded")
SPATIAL_SHARE = {"ecp5": 0.75, "ice40": 0.98, "gowin": 0.5, "xilinx": 0.9}
FOLDED_SHARE, ICE40_LANES_SHARE = 0.6, 0.93
"""Of the look-up tables: how much an automatic choice may fill, by estimate. nextpnr takes long to legalise Gowin's
carry chains, which close whole slices, so those parts are filled less; for iCE40 the estimate counts logic cells as
they are placed, registers that want one for themselves included, of spatial engines and of lanes that multiply."""


def candidates(
    graph: Graph, board: Board, family: str, engine: str, members: Members | None = None, *, slowest: int
) -> Iterator[AnyPlan]:
    """The plans for a model on a board that fit it by estimate, the fastest first.

    "spatial" and "folded" are obeyed; "auto" takes the spatial engine where it fills no more than `SPATIAL_SHARE` of
    the part, with as many registers as that leaves room for, and otherwise as many lanes as fit `FOLDED_SHARE`.

    Args:
        members: of an ensemble, on one engine or one each; None for the plan's own choice.
        slowest: cycles per token the serial line can wait for.

    Raises:
        HwgenError: when nothing fits, saying what is short; when `members` does not go with the graph.
    """
    if engine not in ENGINES:
        raise HwgenError(f"engine: {engine!r} is not one of {', '.join(ENGINES)}")
    budget = board.budget
    nothing = True
    if engine != "folded":
        direct = spatial(graph, family, members, multiplexed=False)
        multiplexed = estimate(Core(graph, direct), family, budget).brams > budget.brams
        plans = [spatial(graph, family, members, adders, multiplexed=multiplexed) for adders in pipelinings(family)]
        plans = [plan for place, plan in enumerate(plans) if plan not in plans[:place]]
        share = 1 if engine == "spatial" else SPATIAL_SHARE[family]
        if engine == "spatial":
            _require_memory(graph, board, plans[-1])
        for plan in plans:
            core, wanted = _estimated(graph, board, family, plan)
            if wanted.fits(budget, share):
                nothing = False
                yield core.plan
        if engine == "spatial":
            if nothing:  # as asked, to find out what is short
                yield stored(graph, board, plans[-1])
            return
    for lanes in _lanes(graph):
        for memories in (True, False):
            plan = folded(graph, lanes, family, members, budget.dsps, memories)
            core, wanted = _estimated(graph, board, family, plan)
            share = ICE40_LANES_SHARE if family == "ice40" and not core.plan.counts else FOLDED_SHARE
            if wanted.fits(budget, share) and 1 / core.tokens_per_cycle <= slowest:
                yield core.plan
                nothing = False
                break
    if not nothing:
        return
    _require_memory(graph, board, folded(graph, 1, family, members, budget.dsps))
    raise HwgenError(f"the model does not fit {board.title} with any engine; {advice(graph, board, None)}")


def stored(graph: Graph, board: Board, plan: AnyPlan) -> AnyPlan:
    """The plan with its embedding table in SPRAM, where block RAM is too small for it and the board offers SPRAM."""
    small = isinstance(plan, Plan) and memory(graph, board.budget) > board.budget.brams
    return _in_spram(graph, board, plan) if small else plan


def _estimated(graph: Graph, board: Board, family: str, plan: AnyPlan) -> tuple[Core, Estimate]:
    """A plan's core and what it takes; with the table in SPRAM, if there is too little block RAM for all."""
    core = Core(graph, plan)
    wanted = estimate(core, family, board.budget)
    if wanted.brams > board.budget.brams and (other := _in_spram(graph, board, plan)) != plan:
        core = Core(graph, other)
        wanted = estimate(core, family, board.budget)
    return core, wanted


def _in_spram(graph: Graph, board: Board, plan: AnyPlan) -> AnyPlan:
    """The plan with its embedding table in SPRAM; as it is where that cannot be."""
    if not isinstance(plan, Plan) or not isinstance(graph, ConvolutionGraph):
        return plan
    fits = _spram_blocks(graph.vocabulary, graph.embedding, board) <= board.budget.sprams
    return replace(plan, embedding=Spram()) if fits else plan


def _spram_blocks(rows: int, table: Embedding, board: Board) -> float:
    """SPRAMs for so many rows of a table; infinitely many where it cannot be in any."""
    try:
        return SpramLayout.of(rows, row_bits(table)).blocks if board.flash else math.inf
    except HwgenError:
        return math.inf


def _lanes(graph: Graph) -> list[int]:
    """Foldings worth trying, the fastest first."""
    if isinstance(graph, HypervectorGraph):
        blocks_ = graph.hypervector.dimension // graph.hypervector.block
        return [graph.hypervector.block * count for count in range(blocks_ // 2, 0, -1) if blocks_ % count == 0]
    if isinstance(graph, EnsembleGraph):
        return _lanes(graph.vote.members[0])
    assert isinstance(graph, ConvolutionGraph)
    if counts(graph):
        return [lanes for lanes in (64, 32, 16, *range(8, 0, -1)) if lanes <= graph.convolution.filters]
    products = max(sum(int(np.count_nonzero(kernel)) for kernel in graph.convolution.kernels), 1)
    more = (1 << power for power in range(4, products.bit_length()))
    return sorted({products, *more, *range(1, min(products, 9))}, reverse=True)


def _require_memory(graph: Graph, board: Board, plan: AnyPlan) -> None:
    needed = memory(graph, board.budget, plan)
    if needed > board.budget.brams and _in_spram(graph, board, plan) == plan:
        beside = f", or more than {board.budget.sprams} SPRAMs" if board.flash and board.budget.sprams else ""
        raise HwgenError(
            f"the embedding ({_tables(graph)}) does not fit {board.title}: "
            f"it needs {needed:g} of {board.budget.brams} block RAMs (+{needed - board.budget.brams:g}){beside}; "
            f"{advice(graph, board, None)}"
        )


def _tables(graph: Graph) -> str:
    """The embedding tables of a graph."""
    if isinstance(graph, EnsembleGraph):
        return f"{len(graph.vote.members)} of {_tables(graph.vote.members[0])}"
    assert isinstance(graph, ConvolutionGraph)
    table = graph.embedding
    return f"{table.vocabulary} x {table.rank} x {table.bits} bits"


def advice(graph: Graph, board: Board, plan: AnyPlan | None) -> str:
    """What would fit, should this plan not."""
    if isinstance(graph, HypervectorGraph):
        return _hypervector_advice(graph, plan)
    if isinstance(graph, EnsembleGraph):
        return _ensemble_advice(graph, board, plan)
    assert isinstance(graph, ConvolutionGraph)
    if isinstance(plan, Plan) and isinstance(plan.convolution, Spatial):
        return "--engine folded takes a fraction of the look-up tables"
    if isinstance(plan, Plan) and not isinstance(plan.convolution, Spatial) and plan.convolution.lanes > 1:
        return f"fewer lanes would fit: --lanes {plan.convolution.lanes // 2}"
    return _table_advice(graph, board, 1)


def _ensemble_advice(graph: EnsembleGraph, board: Board, plan: AnyPlan | None) -> str:
    members = graph.vote.members
    if isinstance(plan, EnsemblePlan):
        own = plan.members[0]
        wired = isinstance(own, Plan) and isinstance(own.convolution, Spatial)  # then there is little to share
        if not wired and mergeable(members):
            return f"one engine would serve all members: --members {Members.in_turn}"
        return advice(members[0], board, own)
    if isinstance(plan, InTurnPlan):
        return advice(members[0], board, plan.engine)
    if isinstance(members[0], ConvolutionGraph):
        return _table_advice(members[0], board, len(members))
    return advice(members[0], board, None)


def _table_advice(graph: ConvolutionGraph, board: Board, copies: int) -> str:
    table = graph.embedding
    rows = table.vocabulary
    while rows > 64 and blocks(rows, copies * table.rank * table.bits, board.budget) > 0.9 * board.budget.brams:
        if copies == 1 and _spram_blocks(rows, table, board) <= board.budget.sprams:
            break
        rows = rows * 3 // 4
    if rows == table.vocabulary:  # it is not the table that is too large
        return f"train with fewer filters or more pruning, or take --model sst2-small-{table.bits}bit"
    return (
        f"about {rows} tokens of rank {table.rank} at {table.bits} bits would fit, "
        f"or --model sst2-small-{table.bits}bit"
    )


def _hypervector_advice(graph: HypervectorGraph, plan: AnyPlan | None) -> str:
    block = graph.hypervector.block
    if isinstance(plan, HypervectorPlan) and plan.lanes != block:
        return f"fewer lanes would fit: --lanes {block}"
    fewer = "" if graph.convolution is None else ", or fewer head.filters"
    return f"train with a smaller items.dimension or items.block{fewer}"
