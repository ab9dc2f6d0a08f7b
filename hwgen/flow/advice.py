"""What would fit a board, where something does not."""

from __future__ import annotations

from hwgen.errors import HwgenError
from hwgen.flow.board import Board
from hwgen.flow.table_place import blocks, in_spram, memory, spram_blocks
from hwgen.flow.target import Target
from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.graph.merge import mergeable
from hwgen.model import Model
from hwgen.rtl.plan import AnyPlan, EnsemblePlan, HypervectorPlan, InTurnPlan, Members, Plan, Spatial
from hwgen.shipped import BITS, model_name, shipped

_SEEDS = 4
"""Of the placer, that are worth a try."""
_LUCK = 0.85
"""Of its clock that a design must reach with one seed, for another to have a chance."""


def require_memory(graph: Graph, board: Board, plan: AnyPlan) -> None:
    """Raise where the embedding table fits neither block RAM nor SPRAM."""
    needed = memory(graph, board.budget, plan)
    if needed > board.budget.brams and in_spram(graph, board, plan) == plan:
        beside = f", or more than {board.budget.sprams} SPRAMs" if board.flash and board.budget.sprams else ""
        raise HwgenError(
            f"the embedding ({_tables(graph)}) does not fit {board.title}: "
            f"it needs {needed:g} of {board.budget.brams} block RAMs (+{needed - board.budget.brams:g}){beside}; "
            f"{advice(graph, board, None)}"
        )


def for_clock(plan: AnyPlan, target: Target, reached: float, *, seeds: int, clock_given: bool, lanes_free: bool) -> str:
    """What might help a routed design that misses its clock.

    Args:
        target: what it was routed for.
        reached: the clock that it can have, in Hz.
        seeds: of the placer that were tried.
        clock_given: whether the clock was asked for.
        lanes_free: whether another number of lanes may be asked for.
    """
    ways = []
    slower = int(reached / 1e6)
    if clock_given and slower * 1e6 >= target.clocks.for_line(target.board.uart.baud).frequency:
        ways.append(f"--clock {slower}")
    if seeds < _SEEDS and reached >= _LUCK * target.clock:
        ways.append(f"--seeds {_SEEDS}")
    lanes = _most_lanes(plan)
    if lanes_free and lanes != 1:
        ways.append("fewer --lanes" if lanes else "--engine folded")
    return "try " + (", or ".join(ways) or "a smaller model, or a lower uart.baud in the board's file")


def _most_lanes(plan: AnyPlan) -> int:
    """Of any part of a plan; 0 where all are wires."""
    if isinstance(plan, EnsemblePlan):
        return max(map(_most_lanes, plan.members))
    engine = plan.engine if isinstance(plan, InTurnPlan) else plan
    return engine.lanes if isinstance(engine, HypervectorPlan) else getattr(engine.convolution, "lanes", 0)


def _tables(graph: Graph) -> str:
    """The embedding tables of a graph."""
    if isinstance(graph, EnsembleGraph):
        return f"{len(graph.vote.members)} of {_tables(graph.vote.members[0])}"
    assert isinstance(graph, ConvolutionGraph)
    table = graph.embedding
    return f"{table.vocabulary} x {table.rank} x {table.bits} bits"


def too_large(graph: Graph, board: Board, engine: str | None) -> HwgenError:
    """For a model that no engine, or none of the kind that was asked for, makes fit."""
    tried = f"a {engine}" if engine else "any"
    return HwgenError(f"the model does not fit {board.title} with {tried} engine; {advice(graph, board, None)}")


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
        if copies == 1 and spram_blocks(rows, table, board) <= board.budget.sprams:
            break
        rows = rows * 3 // 4
    small = _smaller(graph)
    if rows == table.vocabulary:  # it is not the table that is too large
        less = "classes" if graph.dense.products > graph.convolution.products else "filters or more pruning"
        return f"train with fewer {less}" + (f", or take --model {small}" if small else "")
    would = f"about {rows} tokens of rank {table.rank} at {table.bits} bits would fit"
    return would + (f", or --model {small}" if small else "")


def _smaller(graph: ConvolutionGraph) -> str | None:
    """The shipped model for small parts, of as many bits, where it is smaller than this one."""
    bits = graph.embedding.bits
    if bits not in BITS:
        return None
    small = Model.load(shipped("small", bits)).graph
    assert isinstance(small, ConvolutionGraph)

    def size(each: ConvolutionGraph) -> int:
        return each.embedding.table.size + each.convolution.products

    return model_name("small", bits) if size(small) < size(graph) else None


def _hypervector_advice(graph: HypervectorGraph, plan: AnyPlan | None) -> str:
    block = graph.hypervector.block
    if isinstance(plan, HypervectorPlan) and plan.lanes != block:
        return f"fewer lanes would fit: --lanes {block}"
    fewer = "" if graph.convolution is None else ", or fewer head.filters"
    return f"train with a smaller items.dimension or items.block{fewer}"
