"""What fits a board, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hwgen.errors import HwgenError
from hwgen.flow.advice import require_memory, too_large
from hwgen.flow.candidates import Candidates, Choice, Constraints
from hwgen.flow.target import Target
from hwgen.flow.utilisation import Utilisation
from hwgen.graph.graph import Graph
from hwgen.rtl.plan import folded
from hwgen.rtl.shell import require_frames

_NEXT = 0.95
"""Of the tables or flip-flops of a choice that did not fit, what the next one may take."""


def choices(graph: Graph, target: Target, constraints: Constraints, slowest: float | None = None) -> list[Choice]:
    """All that fit the board by estimate and are fast enough for its serial line.

    Args:
        slowest: cycles a token that the line can wait for; None for those of the target's clock.

    Raises:
        HwgenError: when nothing fits or is fast enough, saying what is short; when `constraints.members` does not go
            with the graph.
    """
    require(graph, target, constraints)
    slowest = target.baud.cycles_per_token if slowest is None else slowest
    listed = list(Candidates(graph, target, constraints, slowest))
    fitting = [choice for choice in listed if fits(choice.estimate, target)]
    if not fitting and constraints.engine == "spatial" and listed:  # as asked, to find out what is short
        return [min(listed, key=lambda choice: choice.cheapest_first)]
    fast_enough = [choice for choice in fitting if choice.interval <= slowest]
    if not fast_enough:
        raise too_slow(graph, target, constraints, slowest)
    return fast_enough


def require(graph: Graph, target: Target, constraints: Constraints) -> None:
    """Raise where no engine can make the graph fit the board, or the protocol."""
    require_frames(graph)
    members, dsps = constraints.members, target.board.budget.dsps
    require_memory(graph, target.board, folded(graph, 1, target.family, members, dsps))


def too_slow(graph: Graph, target: Target, constraints: Constraints, slowest: float) -> HwgenError:
    """For a model of which nothing that fits is fast enough for the serial line, or nothing fits at all."""
    unhurried = Candidates(graph, target, constraints, float("inf"), wires_first=False)
    fitting = [choice.interval for choice in unhurried if fits(choice.estimate, target)]
    if not fitting:
        return too_large(graph, target.board, constraints.engine)
    return HwgenError(
        f"what fits {target.board.title} takes {min(fitting)} cycles for a token, and its serial line brings one in "
        f"{slowest:g}; take a lower uart.baud in the board's file"
    )


def fits(used: Utilisation, target: Target) -> bool:
    """Whether the board has what an estimate says, with room for the placer."""
    budget = target.board.budget
    others = ("ffs", "dsps", "brams", "sprams")
    return used.luts <= target.family.fill * budget.luts and all(
        getattr(used, name) <= getattr(budget, name) for name in others
    )


def fastest(fitting: Sequence[Choice]) -> Iterator[Choice]:
    """The fastest first; each next one is for when the one before does not fit after all."""
    return _smaller_and_smaller(sorted(fitting, key=lambda choice: choice.fastest_first))


def front(fitting: Sequence[Choice]) -> list[Choice]:
    """The choices that no other beats in both tables and cycles, the smallest first (Pareto's front)."""
    best: list[Choice] = []
    for choice in sorted(fitting, key=lambda choice: (choice.estimate.luts, choice.cycles)):
        if not best or choice.cycles < best[-1].cycles:
            best.append(choice)
    return best


def _smaller_and_smaller(ordered: Sequence[Choice]) -> Iterator[Choice]:
    last: Utilisation | None = None
    for choice in ordered:
        own = choice.estimate
        smaller = last is None or own.luts <= _NEXT * last.luts
        if smaller or (last and own.luts <= last.luts and own.ffs <= _NEXT * last.ffs):
            last = own
            yield choice
