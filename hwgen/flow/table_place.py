"""Where a model's embedding table lies on a board."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeVar

from hwgen.chips.budget import Budget
from hwgen.errors import HwgenError
from hwgen.flow.board import Board
from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.graph import ConvolutionGraph, Graph
from hwgen.graph.merge import merge
from hwgen.graph.nodes import Embedding
from hwgen.rtl.plan import AnyPlan, InTurnPlan, Plan, Spram
from hwgen.rtl.table.embedding import row_bits
from hwgen.rtl.table.packing import pack
from hwgen.rtl.table.spram import SpramLayout

_Plan = TypeVar("_Plan", bound=AnyPlan)


def stored(graph: Graph, board: Board, plan: AnyPlan) -> AnyPlan:
    """The plan with its embedding table in SPRAM, where block RAM is too small for it and the board offers SPRAM."""
    small = isinstance(plan, Plan) and memory(graph, board.budget) > board.budget.brams
    return in_spram(graph, board, plan) if small else plan


def memory(graph: Graph, budget: Budget, plan: AnyPlan | None = None) -> float:
    """Block RAMs that a graph needs with any engine; `plan` tells whether an ensemble's members share them."""
    if isinstance(graph, EnsembleGraph):
        if isinstance(plan, InTurnPlan):
            return memory(merge(graph.vote.members), budget)
        return sum(memory(member, budget) for member in graph.vote.members)
    if isinstance(graph, ConvolutionGraph):
        return blocks(graph.vocabulary, row_bits(graph.embedding), budget)
    return 0


def blocks(rows: int, width: int, budget: Budget) -> float:
    """Block RAMs of a table; half a one counts a half."""
    return pack(rows, width, budget.bram_kbit).blocks


def in_spram(graph: Graph, board: Board, plan: _Plan) -> _Plan:
    """The plan with its embedding table in SPRAM; as it is where that cannot be."""
    if not isinstance(plan, Plan) or not isinstance(graph, ConvolutionGraph):
        return plan
    fits = spram_blocks(graph.vocabulary, graph.embedding, board) <= board.budget.sprams
    return replace(plan, embedding=Spram()) if fits else plan


def spram_blocks(rows: int, table: Embedding, board: Board) -> float:
    """SPRAMs for so many rows of a table; infinitely many where it cannot be in any."""
    try:
        return SpramLayout.of(rows, row_bits(table)).blocks if board.flash else math.inf
    except HwgenError:
        return math.inf
