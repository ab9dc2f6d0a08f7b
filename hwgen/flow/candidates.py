"""Every engine for every layer of a model on a board, by estimate, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from hwgen.errors import HwgenError
from hwgen.flow import features
from hwgen.flow.estimate import estimate, total
from hwgen.flow.features import Part, parts_of
from hwgen.flow.pace import cycles_per_sentence, latency
from hwgen.flow.table_place import in_spram
from hwgen.flow.target import Target
from hwgen.flow.utilisation import Utilisation
from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.graph.tensor import Integers
from hwgen.rtl.chain import Stages, interval_of
from hwgen.rtl.core import Core
from hwgen.rtl.lanes.folded_convolution import FoldedConvolution
from hwgen.rtl.lanes.window import WindowMemory
from hwgen.rtl.max_over_time import RunningMaximum
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
    counts_alone,
    folded,
    longest,
    most_lanes,
    spatial,
)
from hwgen.rtl.stages import of_argmax, of_convolution, of_dense, of_embedding
from hwgen.rtl.sums.sharing import pairs

ENGINES = ("spatial", "folded")
Convolver = Spatial | Folded | Counting
Scorer = Spatial | Folded
Place = BlockRam | Spram | Outside

_STEP = 2 ** (1 / 2)
"""From one number of lanes to the next."""
_WIRED = 2
"""Tables that a weight takes as wires, at the very least (sst2-full-5bit: 5); beyond that nothing is searched for."""
_PAIRS = 150_000
"""Pairs of digits in the rows of a matrix up to which shared sums are looked for unasked: five seconds (sst2-full-8bit
has 66,000)."""
_ROOM = 1.2
"""How far beyond the limit lanes may be before more of them are not tried: the costs of lanes are no smooth curve."""
_GAIN = 0.95
"""Of a dense layer's cycles, what the next number of lanes must come below."""


@dataclass(frozen=True)
class Choice:
    """A plan and what it takes by estimate.

    Attributes:
        stages: of its core, in order.
        interval: cycles between two tokens of a long sentence.
        cycles: of a sentence of the usual length, back to back with others.
        latency: cycles of such a sentence from its first token in to its class out.
    """

    plan: AnyPlan
    estimate: Utilisation
    stages: Stages
    interval: int
    cycles: int
    latency: int

    @classmethod
    def of(cls, plan: AnyPlan, used: Utilisation, stages: Stages, tokens: int) -> Choice:
        """A plan whose core has these stages, for sentences of so many tokens."""
        return cls(
            plan, used, stages, interval_of(stages), cycles_per_sentence(stages, tokens), latency(stages, tokens)
        )

    def rate(self, clock: float) -> float:
        """Sentences a second."""
        return clock / self.cycles

    @property
    def fastest_first(self) -> tuple[object, ...]:
        """What is to be least: of equally fast ones, nothing shall stall, and then registers are worth having."""
        return self.cycles, not self.plan.never_stalls, adders_per_stage(self.plan), self.estimate.luts

    @property
    def cheapest_first(self) -> tuple[object, ...]:
        """What is to be least: look-up tables, for multipliers and block RAMs would lie idle otherwise."""
        return self.estimate.luts, self.cycles, self.estimate.ffs


@dataclass(frozen=True)
class Constraints:
    """What every choice must meet.

    Attributes:
        tokens: of a sentence, for the pace.
        engine: of every layer, one of `ENGINES`; None for whichever is best.
        members: of an ensemble, on one engine or one each; None for whichever suits.
    """

    tokens: int
    engine: str | None = None
    members: Members | None = None

    def __post_init__(self) -> None:
        if self.engine is not None and self.engine not in ENGINES:
            raise HwgenError(f"engine: {self.engine!r} is not one of {', '.join(ENGINES)}")


class Candidates:
    """Choices one after the other, the fewest lanes first; whether they fit is not asked.

    Attributes:
        most: look-up tables; lowering it while choices come keeps engines that alone take more from being made.
        enough: cycles; a layer that takes no more of them for a sentence needs no more lanes.
    """

    def __init__(
        self, graph: Graph, target: Target, constraints: Constraints, slowest: float, *, wires_first: bool = True
    ) -> None:
        """
        Args:
            slowest: cycles a token that a choice may take; fewer lanes are not tried.
            wires_first: wires before lanes, of which none is then tried that takes more than they do. Where wires come
                last, they may not be needed, and looking for them takes longest.
        """
        self.graph, self.target, self.constraints, self.slowest = graph, target, constraints, slowest
        self.wires_first = wires_first
        self.most: float = target.board.budget.luts
        self.enough: float = constraints.tokens  # for no convolution takes a token in less than a cycle
        self._layers = _Layers(self, graph) if isinstance(graph, ConvolutionGraph) else None

    def __iter__(self) -> Iterator[Choice]:
        return iter(self._layers) if self._layers else self._whole()

    def _whole(self) -> Iterator[Choice]:
        """Choices for ensembles and hypervectors, whose layers have no engines of their own."""
        graph, engine, members = self.graph, self.constraints.engine, self.constraints.members
        board, family = self.target.board, self.target.family
        plans: list[AnyPlan] = []
        if engine != "spatial":
            plans += [folded(graph, lanes, family, members, board.budget.dsps) for lanes in _lanes(graph)]
        if engine != "folded":
            plans += [spatial(graph, family, members, adders) for adders in reversed(family.pipelinings)]
        for plan in dict.fromkeys(plans):
            core = Core(graph, plan)
            used = estimate(core, family)
            if used.brams > board.budget.brams and (other := in_spram(graph, board, plan)) != plan:
                core = Core(graph, other)
                used = estimate(core, family)
            yield Choice.of(core.plan, used, core.stages, self.constraints.tokens)
            if used.luts > _ROOM * self.most and engine is None:
                return


class _Layers:
    """Every convolution engine with every dense engine; what they take is added up, none is made twice."""

    def __init__(self, candidates: Candidates, graph: ConvolutionGraph) -> None:
        self.candidates, self.graph = candidates, graph
        self.board, self.family = candidates.target.board, candidates.target.family
        self.engine, self.tokens = candidates.constraints.engine, candidates.constraints.tokens
        self.scores = graph.types()[-1]
        self.tables: dict[Place, tuple[Stages, list[Part]]] = {}
        self.convolutions: dict[Convolver, tuple[Stages, list[Part]]] = {}
        self.denses: dict[Scorer, tuple[Stages, list[Part]]] = {}

    def __iter__(self) -> Iterator[Choice]:
        for convolution in self._convolvers():
            for dense in self._scorers():
                if (isinstance(convolution, Spatial) and isinstance(dense, Spatial)) and convolution != dense:
                    continue
                if self._luts(self._convolution(convolution)) + self._luts(self._dense(dense)) > self._most:
                    continue
                if choice := self.choice(convolution, dense):
                    yield choice

    @property
    def _most(self) -> float:
        """Look-up tables that two layers may take; as asked, where wires are: to find out what is short."""
        return float("inf") if self.engine == "spatial" else self.candidates.most

    def _convolvers(self) -> Iterator[Convolver]:
        """Engines that may fit."""
        wired: list[Convolver] = []
        if self.candidates.wires_first:
            wired = list(self._wired_convolvers())
            yield from wired
        cap = min((self._luts(self._convolution(engine)) for engine in wired), default=float("inf"))
        full: set[bool] = set()
        for engine in self._lanes_of_convolution():
            memories = isinstance(engine, Folded) and engine.memories
            if memories not in full and self._differs(engine):
                luts = self._luts(self._convolution(engine))
                if luts > _ROOM * min(self._most, cap):
                    full.add(memories)
                if luts <= self._most:
                    yield engine
        if not self.candidates.wires_first:
            yield from self._wired_convolvers()

    def _wired_convolvers(self) -> Iterator[Spatial]:
        kernels = self.graph.convolution.filter_weights
        maxima = RunningMaximum(self.graph.pooling, self.graph.types()[2], family=self.family)
        beside = total(parts_of(maxima, self.family), self.family).luts
        if not counts_alone(self.graph) and self._wires(self.graph.convolution.products, kernels, beside):
            yield from (Spatial(adders, self.family) for adders in reversed(self.family.pipelinings))

    def _lanes_of_convolution(self) -> Iterator[Folded | Counting]:
        products, budget = self.graph.convolution.products, self.board.budget
        if counts(self.graph):
            filters = self.graph.convolution.filters
            lanes = set() if self.engine == "spatial" else {n for n in _ladder(filters) if n < max(filters, 2)}
            if self.graph.embedding.bits == 1 and self.engine != "folded":
                lanes.add(filters)
            yield from (Counting(n, self.family) for n in sorted(lanes) if -(-filters // n) <= self.candidates.slowest)
        elif self.engine != "spatial":
            for n, memories in product(_ladder(products), (True, False)):
                if -(-products // n) <= self.candidates.slowest:
                    yield Folded(n, self.family, min(budget.dsps, -(-n // 2)), memories)

    def _differs(self, engine: Convolver) -> bool:
        """Whether it is not another's twin: without memories, where there would be none anyway."""
        if not isinstance(engine, Folded) or engine.memories:
            return True
        stage = self._convolution(replace(engine, memories=True))[0]["convolution"]
        return isinstance(stage, FoldedConvolution) and isinstance(stage.array.window, WindowMemory)

    def _scorers(self) -> Iterator[Scorer]:
        """Engines that may fit, the fewest lanes first, wires last."""
        products, budget, wired = self.graph.dense.products, self.board.budget, self.engine == "spatial"
        cycles = luts = float("inf")
        for lanes in () if wired else _ladder(products, 2.0):
            engines = [Folded(lanes, self.family, own) for own in sorted({0, min(budget.dsps, -(-lanes // 2))})]
            yield from engines
            made, parts = self._dense(engines[-1])
            before, cycles = cycles, cycles_per_sentence(made, self.tokens)
            fewer, luts = luts, self._luts((made, parts))
            enough = cycles <= self.candidates.enough and luts > fewer
            if luts > _ROOM * self._most or enough or cycles > _GAIN * before:
                break
        if self._wires(products, self.graph.dense.weights):
            yield from (Spatial(adders, self.family) for adders in self.family.pipelinings)

    def _wires(self, products: int, rows: Iterable[Integers], beside: int = 0) -> bool:
        """Whether weights as wires may fit beside so many tables, and shared sums of them are found in time."""
        if self.engine is not None:
            return self.engine == "spatial"
        return beside + _WIRED * products <= self._most and pairs(rows) <= _PAIRS

    def choice(self, convolution: Convolver, dense: Scorer) -> Choice | None:
        """The two engines with what else a core has; None where they take more multipliers than there are."""
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
        return Choice.of(plan, total([*core, *table], self.family), joined, self.tokens)

    def _place(self, plan: Plan, brams: float) -> Place:
        """Where the table lies when so many block RAMs are taken."""
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

    def _luts(self, made: tuple[Stages, list[Part]]) -> int:
        return total(made[1], self.family).luts


def _ladder(products: int, step: float = _STEP) -> list[int]:
    """Numbers of lanes from one to one for each product, those that make periods about `step` shorter."""
    found, period = {1}, float(products)
    while period >= 1:
        found.add(-(-products // max(int(period), 1)))
        period /= step
    return sorted(found | {max(products, 1)})


def _lanes(graph: Graph) -> list[int]:
    """Foldings worth trying, the smallest first."""
    if isinstance(graph, HypervectorGraph):
        blocks = graph.hypervector.dimension // graph.hypervector.block
        return [graph.hypervector.block * count for count in range(1, max(blocks // 2, 1) + 1) if blocks % count == 0]
    if isinstance(graph, EnsembleGraph):
        return _lanes(longest(graph))
    return _ladder(most_lanes(graph))


def adders_per_stage(plan: AnyPlan) -> int:
    """Of a spatial convolution; 0 for others."""
    convolution = getattr(plan, "convolution", None)
    return convolution.adders_per_stage if isinstance(convolution, Spatial) else 0
