"""How a graph becomes a circuit: which engine serves which layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeGuard, TypeVar, cast

from hwgen.chips.family import GENERIC, Family
from hwgen.errors import HwgenError
from hwgen.graph.ensemble import EnsembleGraph
from hwgen.graph.graph import ConvolutionGraph, Graph, HypervectorGraph
from hwgen.graph.merge import merge, mergeable
from hwgen.rtl.sums.sharing import pairs

_DENSE_PERIODS = 4
"""Tokens' time in which a folded dense layer is done: a sentence seldom has fewer."""


def _check_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise HwgenError(f"{name}: {value} is less than {least}")


@dataclass(frozen=True)
class Spatial:
    """Weights as wires, one token per clock.

    Attributes:
        adders_per_stage: adders between two registers; fewer is faster and takes more flip-flops.
        family: of the part whose cells the adders are made of.
    """

    adders_per_stage: int = 1
    family: Family = GENERIC

    def __post_init__(self) -> None:
        _check_least("adders_per_stage", self.adders_per_stage, 1)


@dataclass(frozen=True)
class Folded:
    """Multiply-accumulate lanes that read their weights from a ROM.

    Attributes:
        lanes: at most one per non-zero weight.
        family: of the part whose cells the lanes are made of.
        multipliers: how many of the part's own the lanes may use; two lanes share one where their products fit.
        memories: whether their operands may lie in block RAMs.
    """

    lanes: int = 1
    family: Family = GENERIC
    multipliers: int = 0
    memories: bool = True

    def __post_init__(self) -> None:
        _check_least("lanes", self.lanes, 1)
        _check_least("multipliers", self.multipliers, 0)


@dataclass(frozen=True)
class Counting:
    """Lanes that count differing bits, for a convolution of binary weights and activations.

    Attributes:
        lanes: at most one per filter.
        family: of the part whose cells the popcounts are made of.
        groups: equal parts of the channels, each filter weighing one of them.
    """

    lanes: int = 1
    family: Family = GENERIC
    groups: int = 1

    def __post_init__(self) -> None:
        _check_least("lanes", self.lanes, 1)
        _check_least("groups", self.groups, 1)


@dataclass(frozen=True)
class BlockRam:
    """The embedding table in block RAM.

    Attributes:
        family: of the part whose block RAMs the table is cut to; None leaves the cut to synthesis.
        multiplexed: as few block RAMs as can be; else shapes as deep as the table, which need no multiplexer.
    """

    family: Family = GENERIC
    multiplexed: bool = True


@dataclass(frozen=True)
class Spram:
    """The embedding table in SPRAM, filled from flash at boot."""


@dataclass(frozen=True)
class Outside:
    """The embedding table outside of the core, which another core reads, too."""


@dataclass(frozen=True)
class Plan:
    """Of a `ConvolutionGraph`: which engine serves which layer, and where the embedding table lies.

    Attributes:
        embedding: a row in SPRAM may take several cycles, and so may a token then.
    """

    convolution: Spatial | Folded | Counting
    dense: Spatial | Folded
    embedding: BlockRam | Spram | Outside = BlockRam()

    @classmethod
    def spatial(cls, adders_per_stage: int = 1, family: Family = GENERIC, *, multiplexed: bool = True) -> Plan:
        engine = Spatial(adders_per_stage, family)
        return cls(engine, engine, BlockRam(family, multiplexed))

    @classmethod
    def folded(cls, lanes: int, dense_lanes: int = 1, family: Family = GENERIC) -> Plan:
        return cls(Folded(lanes), Folded(dense_lanes), BlockRam(family))

    @property
    def never_stalls(self) -> bool:
        """Every token goes on at once, whatever the sentences' lengths and the reader's pace."""
        return isinstance(self.convolution, Spatial) and isinstance(self.dense, Spatial)

    @property
    def counts(self) -> bool:
        """Whether there are popcounts in the circuit."""
        return isinstance(self.convolution, Counting)

    @property
    def name(self) -> str:
        """`spatial`, `folded xP` or `popcounts xP`, or both where the layers differ and not just in their lanes; and
        `table in SPRAM` where it is.
        """
        stored = ", table in SPRAM" if isinstance(self.embedding, Spram) else ""
        names = [_name(engine) for engine in (self.convolution, self.dense)]
        kinds = {name.split()[0] for name in names}
        if isinstance(self.convolution, Counting) and isinstance(self.dense, Folded):
            kinds.remove("folded")
        return (names[0] if len(kinds) == 1 else f"{names[0]}, dense {names[1]}") + stored


@dataclass(frozen=True)
class HypervectorPlan:
    """Of a `HypervectorGraph`.

    Attributes:
        lanes: values of the vector that are made and compared at a time; 0: all of them, one character per clock.
        family: of the part whose cells the popcounts are made of.
    """

    lanes: int = 0
    family: Family = GENERIC

    def __post_init__(self) -> None:
        _check_least("lanes", self.lanes, 0)

    @property
    def never_stalls(self) -> bool:
        """False: the class vectors are compared in turn, and short texts wait for them."""
        return False

    @property
    def counts(self) -> bool:
        """True: there are popcounts in the circuit."""
        return True

    @property
    def name(self) -> str:
        """`spatial`, or `folded xP`."""
        return f"folded x{self.lanes}" if self.lanes else "spatial"


def _name(engine: Spatial | Folded | Counting) -> str:
    match engine:
        case Spatial():
            return "spatial"
        case Folded():
            return f"folded x{engine.lanes}"
        case Counting(lanes):
            return f"popcounts x{lanes}"


@dataclass(frozen=True)
class EnsemblePlan:
    """Of an `EnsembleGraph` whose members work side by side, each with an engine of its own.

    Attributes:
        members: the plan of each.
    """

    members: tuple[AnyPlan, ...]

    @property
    def never_stalls(self) -> bool:
        """False: a member that is done waits for the others."""
        return False

    @property
    def counts(self) -> bool:
        """Whether there are popcounts in any member."""
        return any(member.counts for member in self.members)

    @property
    def name(self) -> str:
        """Of the members; the plan they share, if they do."""
        names = [member.name for member in self.members]
        return f"{len(names)} members side by side, {names[0] if len(set(names)) == 1 else ' and '.join(names)}"


@dataclass(frozen=True)
class InTurnPlan:
    """Of an `EnsembleGraph` whose members share one engine, whose lanes serve each of them in turn.

    Attributes:
        members: how many.
        engine: the plan of the members' merged graph.
    """

    members: int
    engine: Plan | HypervectorPlan

    @property
    def never_stalls(self) -> bool:
        """False: the members' answers are counted one after the other."""
        return False

    @property
    def counts(self) -> bool:
        """Whether there are popcounts in the engine."""
        return self.engine.counts

    @property
    def name(self) -> str:
        return f"{self.members} members in turn, {self.engine.name}"


AnyPlan = Plan | HypervectorPlan | EnsemblePlan | InTurnPlan


class Members(StrEnum):
    """How an ensemble's members work."""

    in_turn = "in-turn"
    side_by_side = "side-by-side"


def spatial(
    graph: Graph,
    family: Family = GENERIC,
    members: Members | None = None,
    adders_per_stage: int | None = None,
    *,
    multiplexed: bool = True,
) -> AnyPlan:
    """Everything at once: one token per clock.

    An ensemble's members then have an engine each, unless `members` says otherwise or a shared one is as fast: a
    hypervector is the same for all of them. In turn on lanes that count, a token takes a cycle for each member.

    Args:
        multiplexed: as few block RAMs as can be for the embedding table, see `BlockRam`.

    Raises:
        HwgenError: when `members` does not go with the graph.
    """
    adders_per_stage = adders_per_stage or family.pipelinings[0]
    if isinstance(graph, EnsembleGraph):
        voters = graph.vote.members
        shareable = all(isinstance(member, HypervectorGraph) for member in voters) and mergeable(voters)
        if members is Members.side_by_side or (members is None and not shareable):
            return EnsemblePlan(
                tuple(spatial(member, family, None, adders_per_stage, multiplexed=multiplexed) for member in voters)
            )
        engine = spatial(longest(graph), family, None, adders_per_stage, multiplexed=multiplexed)
        return _in_turn(graph, cast(Plan | HypervectorPlan, engine))
    _check_members(members)
    if isinstance(graph, HypervectorGraph):
        return HypervectorPlan(0, family)
    plan = Plan.spatial(adders_per_stage, family, multiplexed=multiplexed)
    if counts_alone(graph):
        return replace(plan, convolution=Counting(graph.convolution.filters, family))
    return plan


_MOST_PAIRS = 400_000
"""Pairs of digits in the rows of a layer's matrix whose shared sums are found within half a minute."""


def soon_wired(graph: Graph) -> bool:
    """Whether all weights as wires are a matter of seconds: those of hundreds of classes are not."""
    if isinstance(graph, EnsembleGraph):
        return all(map(soon_wired, graph.vote.members))
    if not isinstance(graph, ConvolutionGraph):
        return True
    layers = ([] if counts_alone(graph) else graph.convolution.filter_weights, graph.dense.weights)
    return all(pairs(layer) <= _MOST_PAIRS for layer in layers)


_LANES = 8
"""Of a folded engine that nobody asked for more or fewer of."""


def folded(
    graph: Graph,
    lanes: int | None = None,
    family: Family = GENERIC,
    members: Members | None = None,
    multipliers: int = 0,
    memories: bool = True,
) -> AnyPlan:
    """So many lanes; by default 8 or fewer where there is no work for so many, or a block of a hypervector. The dense
    layer has as many as keep its pace.

    An ensemble's members share them where they can, unless `members` says otherwise; side by side, each has its own, or
    fewer where it has no use for so many.

    Args:
        multipliers: how many of the part's own the lanes may use in all.
        memories: whether the lanes' operands may lie in block RAMs.

    Raises:
        HwgenError: when `members` does not go with the graph.
    """
    if isinstance(graph, EnsembleGraph):
        voters = graph.vote.members
        if members is Members.side_by_side or (members is None and not mergeable(voters)):
            own = [lanes and min(lanes, most_lanes(member)) for member in voters]
            return EnsemblePlan(
                tuple(
                    folded(member, count, family, None, multipliers // len(voters), memories)
                    for member, count in zip(voters, own, strict=True)
                )
            )
        shared = folded(longest(graph), lanes, family, None, multipliers, memories)
        return _in_turn(graph, cast(Plan | HypervectorPlan, shared))
    _check_members(members)
    if isinstance(graph, HypervectorGraph):
        return HypervectorPlan(graph.hypervector.block if lanes is None else lanes, family)
    lanes = min(_LANES, most_lanes(graph)) if lanes is None else lanes
    assert isinstance(graph, ConvolutionGraph)
    table = BlockRam(family)
    if counts(graph):
        scored = graph.dense.products
        dense = Folded(min(max(lanes // 8, 1), max(scored, 1)), family, multipliers)
        return Plan(Counting(lanes, family), dense, table)
    taps = graph.convolution.products
    scored = graph.dense.products
    period = -(-taps // lanes)
    convolution = Folded(lanes, family, min(multipliers, -(-lanes // 2)), memories)
    dense_lanes = max(-(-scored // (_DENSE_PERIODS * max(period, 1))), 1)
    return Plan(convolution, Folded(dense_lanes, family, multipliers - convolution.multipliers, memories), table)


def deeper(plan: AnyPlan) -> AnyPlan | None:
    """The same circuit with more registers between its adders; None where there is no room for any."""
    if isinstance(plan, EnsemblePlan):
        members = [deeper(member) for member in plan.members]
        mixed = tuple(member or own for member, own in zip(members, plan.members, strict=True))
        return EnsemblePlan(mixed) if any(members) else None
    if isinstance(plan, InTurnPlan):
        engine = deeper(plan.engine)
        return engine and replace(plan, engine=cast(Plan | HypervectorPlan, engine))
    if isinstance(plan, HypervectorPlan):
        return None
    deepened = replace(plan, convolution=_deeper(plan.convolution), dense=_deeper(plan.dense))
    return deepened if deepened != plan else None


_Engine = TypeVar("_Engine", Spatial | Folded | Counting, Spatial | Folded)


def _deeper(engine: _Engine) -> _Engine:
    if isinstance(engine, Spatial) and engine.adders_per_stage > 1:
        return replace(engine, adders_per_stage=engine.adders_per_stage // 2)
    return engine


def _in_turn(graph: EnsembleGraph, engine: Plan | HypervectorPlan) -> InTurnPlan:
    """Members that share the engine made for one of them."""
    merge(graph.vote.members)  # says why they cannot, if so
    count = len(graph.vote.members)
    if isinstance(engine, Plan) and isinstance(engine.convolution, Counting):
        engine = replace(engine, convolution=replace(engine.convolution, groups=count))
    return InTurnPlan(count, engine)


def most_lanes(graph: Graph) -> int:
    """That an engine for a member can have."""
    if isinstance(graph, HypervectorGraph):
        return graph.hypervector.dimension
    assert isinstance(graph, ConvolutionGraph)
    if counts(graph):
        return graph.convolution.filters
    return max(graph.convolution.products, 1)


def longest(graph: EnsembleGraph) -> Graph:
    """The member with the most filters; any, where they have none."""
    return max(
        graph.vote.members,
        key=lambda member: member.convolution.filters if isinstance(member, ConvolutionGraph) else 0,
    )


def _check_members(members: Members | None) -> None:
    if members is not None:
        raise HwgenError(f"--members {members}: the model is no ensemble; leave it out")


def counts(graph: Graph) -> TypeGuard[ConvolutionGraph]:
    """Whether a convolution can be done by counting bits."""
    return isinstance(graph, ConvolutionGraph) and graph.convolution.bits == graph.requantise.bits == 1


def counts_alone(graph: Graph) -> TypeGuard[ConvolutionGraph]:
    """Whether a convolution at once is best done so: wider inputs are cheaper by adders that filters share."""
    return counts(graph) and graph.embedding.bits == 1
