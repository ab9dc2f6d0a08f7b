"""Engines, lanes and pipelining for each layer of a model on a board: every choice there is, by estimate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from hwgen.errors import HwgenError
from hwgen.flow import features
from hwgen.flow.advice import require_memory, too_large
from hwgen.flow.board import Board
from hwgen.flow.estimate import estimate, total
from hwgen.flow.features import Part, parts_of
from hwgen.flow.pace import cycles_per_sentence
from hwgen.flow.table_place import in_spram
from hwgen.flow.utilisation import Utilisation
from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.rtl.chain import Stages, interval_of
from hwgen.rtl.core import Core
from hwgen.rtl.folded_convolution import FoldedConvolution
from hwgen.rtl.plan import (
    AnyPlan,
    BlockRam,
    Counting,
    Folded,
    Members,
    Outside,
    Plan,
    Spatial,
    Spram,
    counts,
    folded,
    longest,
    most_lanes,
    pipelinings,
    spatial,
)
from hwgen.rtl.stages import of_argmax, of_convolution, of_dense, of_embedding
from hwgen.rtl.window import WindowMemory

ENGINES = ("spatial", "folded")
FILL = {"ecp5": 0.8, "ice40": 0.96, "gowin": 0.55, "xilinx": 0.9}
"""Of the look-up tables, how much a choice may fill by estimate. nextpnr takes long to place Gowin's carry chains,
which close whole slices."""
_STEP = 2 ** (1 / 2)
"""From one number of lanes to the next."""
_NEXT = 0.95
"""Of the tables or flip-flops of a choice that did not fit, what the next one may take."""

_WIRED = 2
"""Tables that a weight takes as wires, at the very least (sst2-full-5bit: 5); beyond that nothing is searched for."""


@dataclass(frozen=True)
class Choice:
    """A plan, what it takes by estimate, its cycles per sentence, and those between two tokens."""

    plan: AnyPlan
    estimate: Utilisation
    cycles: int
    interval: int

    def rate(self, clock: float) -> float:
        """Sentences a second."""
        return clock / self.cycles

    @property
    def fastest_first(self) -> tuple[object, ...]:
        """What is to be least: of equally fast ones, nothing shall stall, and then registers are worth having."""
        return self.cycles, not self.plan.never_stalls, _adders_per_stage(self.plan), self.estimate.luts

    @property
    def cheapest_first(self) -> tuple[object, ...]:
        """What is to be least: look-up tables, for multipliers and block RAMs would lie idle otherwise."""
        return self.estimate.luts, self.cycles, self.estimate.ffs


@dataclass(frozen=True)
class Aim:
    """What is looked for.

    Attributes:
        tokens: of a sentence, for the pace.
        slowest: cycles per token the serial line can wait for.
        engine: of every layer, one of `ENGINES`; None for whichever is best.
        members: of an ensemble, on one engine or one each; None for whichever suits.
    """

    tokens: int
    slowest: int
    engine: str | None = None
    members: Members | None = None

    def __post_init__(self) -> None:
        if self.engine is not None and self.engine not in ENGINES:
            raise HwgenError(f"engine: {self.engine!r} is not one of {', '.join(ENGINES)}")


def choices(graph: Graph, board: Board, family: str, aim: Aim) -> list[Choice]:
    """All that fit the board by estimate and are fast enough for its serial line.

    Raises:
        HwgenError: when nothing fits or is fast enough, saying what is short; when `aim.members` does not go with the
            graph.
    """
    require_memory(graph, board, folded(graph, 1, family, aim.members, board.budget.dsps))
    listed = list((_of_layers if isinstance(graph, ConvolutionGraph) else _of_whole)(graph, board, family, aim))
    fitting = [choice for choice in listed if fits(choice.estimate, board, family)]
    if not fitting and aim.engine == "spatial" and listed:  # as asked, to find out what is short
        return [min(listed, key=lambda choice: choice.cheapest_first)]
    if not fitting:
        raise too_large(graph, board, aim.engine)
    found = [choice for choice in fitting if choice.interval <= aim.slowest]
    if not found:
        least = min(choice.interval for choice in fitting)
        raise HwgenError(
            f"what fits {board.title} takes {least} cycles for a token, and its serial line brings one in "
            f"{aim.slowest}; take a lower uart.baud in the board's file"
        )
    return found


def fits(used: Utilisation, board: Board, family: str) -> bool:
    """Whether the board has what an estimate says, with room for the placer."""
    budget = board.budget
    others = ("ffs", "dsps", "brams", "sprams")
    return used.luts <= FILL[family] * budget.luts and all(
        getattr(used, name) <= getattr(budget, name) for name in others
    )


def fastest(found: Sequence[Choice]) -> Iterator[Choice]:
    """The fastest first; each next one is for when the one before does not fit after all."""
    return _smaller_and_smaller(sorted(found, key=lambda choice: choice.fastest_first))


def cheapest(found: Sequence[Choice], board: Board, clock: float, target: float) -> Iterator[Choice]:
    """The smallest that reaches `target` sentences a second at `clock`; none that reaches it is smaller.

    Raises:
        HwgenError: when none does.
    """
    reaching = [choice for choice in found if choice.rate(clock) >= target]
    if not reaching:
        best = min(found, key=lambda choice: choice.fastest_first)
        raise HwgenError(
            f"--target: {target:,.0f} sentences/s are out of reach on {board.title}; {best.plan.name}, the fastest "
            f"that fits, has {best.rate(clock):,.0f} at {clock / 1e6:g} MHz"
        )
    return iter([min(reaching, key=lambda choice: choice.cheapest_first)])


def front(found: Sequence[Choice]) -> list[Choice]:
    """The choices that no other beats in both tables and cycles, the smallest first (Pareto's front)."""
    best: list[Choice] = []
    for choice in sorted(found, key=lambda choice: (choice.estimate.luts, choice.cycles)):
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


# --- a choice for each layer


def _of_layers(graph: Graph, board: Board, family: str, aim: Aim) -> Iterator[Choice]:
    """Every convolution engine with every dense engine; what they take is added up, none is made twice."""
    assert isinstance(graph, ConvolutionGraph)
    costs = _Costs(graph, board, family, aim)
    denses = list(_denses(graph, board, family, aim))
    # Wires first: of the lanes that take more, none is of use.
    for convolution in sorted(_convolutions(graph, board, family, aim), key=lambda each: not isinstance(each, Spatial)):
        for dense in denses if costs.worthwhile(convolution) else ():
            wired = isinstance(convolution, Spatial) and isinstance(dense, Spatial)
            if (not wired or convolution == dense) and (choice := costs.choice(convolution, dense)):
                yield choice


Convolver = Spatial | Folded | Counting
Scorer = Spatial | Folded
Place = BlockRam | Spram | Outside


def _convolutions(graph: ConvolutionGraph, board: Board, family: str, aim: Aim) -> Iterator[Convolver]:
    """The smallest first."""
    products = graph.convolution.products
    if counts(graph):
        filters = graph.convolution.filters
        wanted = set() if aim.engine == "spatial" else {lanes for lanes in _ladder(filters) if lanes < max(filters, 2)}
        if graph.embedding.bits == 1 and aim.engine != "folded":
            wanted.add(filters)
        yield from (Counting(lanes, family) for lanes in sorted(wanted))
        if graph.embedding.bits == 1:
            return
    elif aim.engine != "spatial":
        for lanes_, memories in product(_ladder(products), (True, False)):
            yield Folded(lanes_, family, min(board.budget.dsps, -(-lanes_ // 2)), memories)
    if aim.engine == "spatial" or (aim.engine is None and _WIRED * products <= board.budget.luts):
        yield from (Spatial(adders, family) for adders in reversed(pipelinings(family)))


def _denses(graph: ConvolutionGraph, board: Board, family: str, aim: Aim) -> Iterator[Scorer]:
    if aim.engine != "spatial":
        products = graph.dense.products
        for lanes in _ladder(products, 2.0):
            for multipliers in sorted({0, min(board.budget.dsps, -(-lanes // 2))}):
                yield Folded(lanes, family, multipliers)
    if aim.engine != "folded":
        yield from (Spatial(adders, family) for adders in pipelinings(family))


def _ladder(products: int, step: float = _STEP) -> list[int]:
    """Numbers of lanes from one to one for each product, those that make periods about `step` shorter."""
    found, period = {1}, float(products)
    while period >= 1:
        found.add(-(-products // max(int(period), 1)))
        period /= step
    return sorted(found | {max(products, 1)})


class _Costs:
    """Of engines for the layers of one graph on one board; each is made once."""

    def __init__(self, graph: ConvolutionGraph, board: Board, family: str, aim: Aim) -> None:
        self.graph, self.board, self.family, self.aim = graph, board, family, aim
        self.scores = graph.types()[-1]
        self.tables: dict[Place, tuple[Stages, list[Part]]] = {}
        self.convolutions: dict[Convolver, tuple[Stages, list[Part]]] = {}
        self.denses: dict[Scorer, tuple[Stages, list[Part]]] = {}
        self.full, self.most = False, 1.2 * board.budget.luts

    def worthwhile(self, convolution: Convolver) -> bool:
        """Whether it may fit and is not another's twin: of lanes beyond the first that are too many for the part, or
        take more than wired weights, and without memories where there would be none, nothing is made."""
        if isinstance(convolution, Folded) and not convolution.memories:
            (filtered, _) = self._convolution(replace(convolution, memories=True))
            stage = filtered["convolution"]
            if not (isinstance(stage, FoldedConvolution) and isinstance(stage.array.window, WindowMemory)):
                return False
        if self.full and not isinstance(convolution, Spatial):
            return False
        luts = total(self._convolution(convolution)[1], self.family).luts
        if isinstance(convolution, Spatial):
            self.most = min(self.most, 1.2 * luts)
        else:
            self.full = luts > self.most
        return luts <= self.board.budget.luts or self.aim.engine == "spatial"  # as asked

    def choice(self, convolution: Convolver, dense: Scorer) -> Choice | None:
        """None where it takes more multipliers than there are."""
        (filtered, parts), (scored, scoring) = self._convolution(convolution), self._dense(dense)
        if sum(part.dsps for part in [*parts, *scoring]) > self.board.budget.dsps:
            return None
        plan = Plan(convolution, dense, BlockRam(self.family))
        around = [features.shell(self.scores, self.graph.classes, self.family)]
        if plan.never_stalls:
            around.append(features.buffer(self.scores, self.family))
        core = [*around, *parts, *scoring]
        plan = replace(plan, embedding=self._place(plan, total(core, self.family).brams))
        looked_up, table = self._embedding(plan.embedding)
        joined = {**looked_up, **filtered, **scored}
        used, cycles = total([*core, *table], self.family), cycles_per_sentence(joined, self.aim.tokens)
        return Choice(plan, used, cycles, interval_of(joined))

    def _place(self, plan: Plan, brams: float) -> Place:
        """Of the table, where so many block RAMs are taken."""
        for place in (BlockRam(self.family, multiplexed=False), BlockRam(self.family)):
            table = total(self._embedding(place)[1], self.family)
            if (place.multiplexed or plan.never_stalls) and brams + table.brams <= self.board.budget.brams:
                return place
        return in_spram(self.graph, self.board, plan).embedding

    def _embedding(self, place: Place) -> tuple[Stages, list[Part]]:
        if place not in self.tables:
            made, parts = self._with_parts(of_embedding(self.graph, place))
            loader = [Part("loader", {"once": 1})] if isinstance(place, Spram) else []
            self.tables[place] = made, [*parts, *loader]
        return self.tables[place]

    def _convolution(self, engine: Convolver) -> tuple[Stages, list[Part]]:
        if engine not in self.convolutions:
            self.convolutions[engine] = self._with_parts(of_convolution(self.graph, engine))
        return self.convolutions[engine]

    def _dense(self, engine: Scorer) -> tuple[Stages, list[Part]]:
        if engine not in self.denses:
            argmax = of_argmax(self.graph, at_once=isinstance(engine, Spatial))
            self.denses[engine] = self._with_parts({**of_dense(self.graph, engine), **argmax})
        return self.denses[engine]

    def _with_parts(self, made: Stages) -> tuple[Stages, list[Part]]:
        return made, [part for stage in made.values() for part in parts_of(stage, self.family)]


# --- one choice for all


def _of_whole(graph: Graph, board: Board, family: str, aim: Aim) -> Iterator[Choice]:
    """Of ensembles and hypervectors."""
    plans: list[AnyPlan] = []
    if aim.engine != "folded":
        plans += [spatial(graph, family, aim.members, adders) for adders in pipelinings(family)]
    if aim.engine != "spatial":
        plans += [folded(graph, lanes, family, aim.members, board.budget.dsps) for lanes in _lanes(graph)]
    for place, plan in enumerate(plans):
        if plan in plans[:place]:
            continue
        core = Core(graph, plan)
        used = estimate(core, family)
        if used.brams > board.budget.brams and (other := in_spram(graph, board, plan)) != plan:
            core = Core(graph, other)
            used = estimate(core, family)
        yield Choice(core.plan, used, cycles_per_sentence(core.stages, aim.tokens), interval_of(core.stages))


def _lanes(graph: Graph) -> list[int]:
    """Foldings worth trying."""
    if isinstance(graph, HypervectorGraph):
        blocks = graph.hypervector.dimension // graph.hypervector.block
        return [graph.hypervector.block * count for count in range(max(blocks // 2, 1), 0, -1) if blocks % count == 0]
    if isinstance(graph, EnsembleGraph):
        return _lanes(longest(graph))
    return _ladder(most_lanes(graph))


def _adders_per_stage(plan: AnyPlan) -> int:
    convolution = getattr(plan, "convolution", None)
    return convolution.adders_per_stage if isinstance(convolution, Spatial) else 0
