"""Which design an aim makes of a model on a board."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from hwgen import shipped
from hwgen.errors import HwgenError
from hwgen.flow import fit
from hwgen.flow.aim import KEEP_UP, Aim
from hwgen.flow.board import Board
from hwgen.flow.candidates import Candidates, Choice, Constraints, adders_per_stage
from hwgen.flow.estimate import estimate
from hwgen.flow.explore import DEFAULT, ENGINE, FASTEST, TARGET, Exploration, Mark
from hwgen.flow.table_place import stored
from hwgen.flow.target import Target
from hwgen.model import Model
from hwgen.progress import SILENT, Progress
from hwgen.rtl.core import Core
from hwgen.rtl.plan import AnyPlan, folded

CROWDED_ADDERS = 4
"""Adders between two registers, at least, where a design leaves no room to be spread: fewer would take more flip-flops,
and each of them a wire."""


@dataclass(frozen=True)
class Design:
    """What is to be built.

    Attributes:
        plan: engines and lanes.
        target: the board at the clock that they run at.
        aim: what decided, in words.
    """

    plan: AnyPlan
    target: Target
    aim: str


def designs(model: Model, target: Target, aim: Aim, *, clock_given: bool = False) -> Iterator[Design]:
    """Designs for a model on a board, the best first; the next ones are for when that does not fit after all.

    Args:
        target: the board, at the slowest clock that it may have.
        clock_given: that this is the only one.

    Raises:
        HwgenError: when nothing fits, or nothing reaches the rate asked for, or `aim.members` does not go with the
            model.
    """
    targets = [target] if clock_given else [target.at(clock) for clock in aim.clocks(target)]
    if aim.lanes is not None:
        plan = folded(model.graph, aim.lanes, target.family, aim.members, target.board.budget.dsps)
        return iter([Design(stored(model.graph, target.board, plan), target, aim.words)])
    if not aim.cheapest:
        found = fit.choices(model.graph, targets[0], _constraints(model, aim))
        return (Design(choice.plan, at, aim.words) for choice, at in _for_speed(found, targets[0], clock_given))
    return _cheapest(model, targets, aim)


def _for_speed(found: Sequence[Choice], target: Target, clock_given: bool) -> Iterator[tuple[Choice, Target]]:
    """The fastest choices first, each at a clock that it can be routed for."""

    def crowded(choice: Choice) -> float | None:
        """The clock that a choice can be routed for, where that is less."""
        clock = target.family.crowded_clock(target.part, choice.estimate.luts)
        return clock if clock is not None and not clock_given and target.clock > clock else None

    routable = [each for each in found if crowded(each) is None or adders_per_stage(each.plan) >= CROWDED_ADDERS]
    for choice in fit.fastest(routable or found):
        clock = crowded(choice)
        yield choice, target if clock is None else target.at(target.clocks.at_most(clock))


def _cheapest(model: Model, targets: Sequence[Target], aim: Aim) -> Iterator[Design]:
    """The cheapest at each clock at which any is fast enough; where there is none for the link, the fastest."""
    search, reached = _Search(model, targets, aim), False
    for target in targets:
        if choice := search.cheapest(target):
            reached = True
            yield Design(choice.plan, target, aim.words)
    if not reached:
        yield _without(model, targets, aim)


def _without(model: Model, targets: Sequence[Target], aim: Aim) -> Design:
    """What to build where nothing is fast enough.

    Raises:
        HwgenError: where a rate was asked for.
    """
    target = targets[-1]
    found = fit.choices(model.graph, target, _constraints(model, aim))
    best = next(fit.fastest(found))
    if aim.rate is not None:
        raise _out_of_reach(aim.rate, found, target)
    return Design(best.plan, target, "fastest, since nothing keeps up with the link")


def _out_of_reach(rate: float, found: Sequence[Choice], target: Target) -> HwgenError:
    best = next(fit.fastest(found))
    return HwgenError(
        f"--target: {rate:,.0f} sentences/s are out of reach on {target.board.title}; {best.plan.name}, the "
        f"fastest that fits, has {best.rate(target.clock):,.0f} at {target.clock / 1e6:g} MHz"
    )


class _Search:
    """One search for all clocks: what was made for one is there for the next."""

    def __init__(self, model: Model, targets: Sequence[Target], aim: Aim) -> None:
        self.model, self.aim = model, aim
        self.classes, self.tokens = model.graph.classes, model.vocabulary.USUAL
        constraints = _constraints(model, aim)
        fit.require(model.graph, targets[0], constraints)
        self.candidates = Candidates(model.graph, targets[0], constraints, 0, wires_first=False)

    def reaching(self, target: Target) -> Iterator[Choice]:
        """Choices that fit and are fast enough, each with fewer tables than the one before."""
        slowest = target.baud.cycles_per_token
        self.candidates.slowest, self.candidates.most = slowest, target.family.fill * target.board.budget.luts
        self.candidates.enough = self.aim.enough(target, self.classes)
        best: Choice | None = None
        for choice in self.candidates:
            if best is not None and choice.cheapest_first >= best.cheapest_first:
                continue
            fitting = choice.interval <= slowest and fit.fits(choice.estimate, target)
            if fitting and self.aim.reached(choice, target, self.tokens, self.classes):
                best, self.candidates.most = choice, choice.estimate.luts
                yield choice

    def cheapest(self, target: Target) -> Choice | None:
        """The choice with the fewest tables; None where none is fast enough."""
        best = None
        for choice in self.reaching(target):
            best = choice
        return best


def suits(model: Model, target: Target, aim: Aim) -> bool:
    """Whether an aim can be met: quicker than `designs`, for the first one that will do is enough."""
    try:
        if aim.lanes is not None:
            (design,) = designs(model, target, aim)
            return fit.fits(estimate(Core(model.graph, design.plan), target.family), target)
        targets = [target.at(clock) for clock in aim.clocks(target)]
        search = _Search(model, targets, aim)
        return any(next(search.reaching(each), None) for each in targets)
    except HwgenError:
        return False


def explored(model: Model, name: str, target: Target, aim: Aim, progress: Progress = SILENT) -> Exploration:
    """What a board offers a model, with the choices that are made of it as it stands, for speed and at a rate.

    Args:
        name: of the model.
        aim: `engine` and `members` of it restrict what there is, `rate` marks one more choice.

    Raises:
        HwgenError: as `designs`.
    """
    plain = replace(aim, rate=None)
    aims = {ENGINE if aim.engine else DEFAULT: plain, FASTEST: replace(plain, fastest=True)}
    if aim.rate is not None:
        aims[TARGET] = aim
    constraints = _constraints(model, aim)
    fit.require(model.graph, target, constraints)
    progress.step("laying out what fits")
    found = fit.choices(model.graph, target, constraints)
    marks = []
    for title, each in aims.items():
        choice, run_at = _marked(model, target, each, found)
        marks.append(Mark(title, choice, run_at.clock))
    return Exploration(name, target, model.vocabulary.USUAL, model.graph.classes, found, marks)


def _marked(model: Model, target: Target, aim: Aim, found: list[Choice]) -> tuple[Choice, Target]:
    """Which of the choices an aim makes, and at which clock."""
    tokens, classes = model.vocabulary.USUAL, model.graph.classes
    targets = [target.at(clock) for clock in aim.clocks(target)]
    if aim.cheapest:
        for each in targets:
            reached = [choice for choice in found if aim.reached(choice, each, tokens, classes)]
            if reached:
                return min(reached, key=lambda choice: choice.cheapest_first), each
        if aim.rate is not None:
            raise _out_of_reach(aim.rate, found, targets[-1])
        return next(fit.fastest(found)), targets[-1]
    return next(_for_speed(found, targets[-1], clock_given=False))


def model_for(board: Board, bits: int, aim: Aim = KEEP_UP) -> str:
    """Name of the shipped model that is built for a board: the most accurate that fits it, by its dev accuracy.

    Where none meets the aim, it is the most accurate one that fits at all, or the least one.

    Raises:
        HwgenError: when there is none of this width.
    """
    return fitting_model(board, bits, aim) or _ranked(bits)[-1]


def fitting_model(board: Board, bits: int, aim: Aim = KEEP_UP) -> str | None:
    """As `model_for`; None where none fits at all."""
    target = Target.of(board)
    aims = (aim, replace(aim, fastest=True, rate=None, lanes=None))
    ways = ((each, name) for each in aims for name in _ranked(bits))
    return next((name for each, name in ways if suits(_shipped(name), target, each)), None)


def _ranked(bits: int) -> list[str]:
    """The shipped models of a width, the most accurate first."""
    return sorted(shipped.of_width(bits), key=lambda name: -_dev_accuracy(name))


@cache
def _shipped(name: str) -> Model:
    return Model.load(shipped.shipped_models()[name])


def _dev_accuracy(name: str) -> float:
    accuracy = _shipped(name).facts.accuracy
    return (accuracy.dev or 0) if accuracy else 0


def _constraints(model: Model, aim: Aim) -> Constraints:
    return Constraints(model.vocabulary.USUAL, aim.engine, aim.members)
