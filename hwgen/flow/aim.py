"""What decides between the designs that fit a board."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hwgen.errors import HwgenError
from hwgen.flow.candidates import ENGINES, Choice
from hwgen.flow.clocks import ClockPlan
from hwgen.flow.link import tokens_of
from hwgen.flow.pace import cycles_per_sentence
from hwgen.flow.target import Target
from hwgen.rtl.plan import Members

HEADROOM = 1.1
"""How much faster than its link a circuit is by default. A host may send 2 % faster than the board expects, and between
two frames the parser and the reply take some cycles that the pace of the core does not count."""
LATENCY = 5e-3
"""Seconds that a sentence of the usual length may take by default, from its first token in to its class out. A serial
adapter of USB alone may hold a reply back for up to 16 ms, so nobody behind one will notice."""
_STEPS = (1.5, 2, 3, 4, 6, 8)
"""Multiples of the slowest clock that are tried where nothing is fast enough at that."""
_NEARLY = 0.9
"""Of the family's fast clock, from which on it is tried itself."""


@dataclass(frozen=True)
class Aim:
    """What is asked for; without anything, the cheapest design that keeps up with the board's link.

    Attributes:
        fastest: the fastest design that fits, at a clock that is high for its family.
        rate: sentences a second, of the usual length, that the cheapest design shall reach.
        engine: of every layer, one of `ENGINES`; the fastest design with it.
        lanes: of a folded engine.
        members: of an ensemble, on one engine or one each; whatever else is asked for.
    """

    fastest: bool = False
    rate: float | None = None
    engine: str | None = None
    lanes: int | None = None
    members: Members | None = None

    def __post_init__(self) -> None:
        if self.engine is not None and self.engine not in ENGINES:
            raise HwgenError(f"engine: {self.engine!r} is not one of {', '.join(ENGINES)}")
        if self.lanes is not None and self.engine == "spatial":
            raise HwgenError("--lanes belongs to the folded engine; leave out --engine spatial")
        if self.lanes is not None and self.rate is not None:
            raise HwgenError("--target chooses the lanes; leave out --lanes")
        if self.fastest and (self.rate is not None or self.lanes is not None):
            raise HwgenError("--fastest chooses by itself; leave out --target and --lanes")

    @property
    def cheapest(self) -> bool:
        """Whether look-up tables decide, among the designs that are fast enough."""
        return self.rate is not None or not (self.fastest or self.engine or self.lanes)

    @property
    def words(self) -> str:
        """For people, such as "keeps up with the link" or "target 2500/s"."""
        engine = f", engine {self.engine}" if self.engine else ""
        if self.lanes is not None:
            return f"as asked: lanes {self.lanes}"
        if self.rate is not None:
            return f"target {self.rate:.10g}/s{engine}"
        if self.fastest:
            return f"fastest{engine}"
        return f"as asked: engine {self.engine}" if self.engine else "keeps up with the link"

    def reached(self, choice: Choice, target: Target, tokens: int, classes: int) -> bool:
        """Whether a choice is fast enough at the target's clock.

        Args:
            tokens: of a sentence of the usual length.
        """
        if self.rate is not None:
            return choice.rate(target.clock) >= self.rate
        return not self.cheapest or keeps_up(choice, target, tokens, classes)

    def enough(self, target: Target, classes: int) -> float:
        """Cycles that a layer may take for a sentence, so that nothing is gained by fewer."""
        if self.rate is not None:
            return target.clock / self.rate
        seconds = 1 / target.link.most_sentences_per_second(1, classes) / HEADROOM
        return target.clock * min(seconds, LATENCY / 8)

    def clocks(self, target: Target) -> Iterator[ClockPlan]:
        """The clocks to be tried, the cheapest first; there is at least one."""
        fast = target.family.fast or 0.0
        if fast > target.clock:  # where the part has no PLL that hwgen knows, its oscillator is the fastest
            fast = min(fast, float(target.clocks.plans[-1].frequency))
        if self.fastest and fast > target.clock:
            yield target.clocks.at_most(fast)
            return
        yield target.run_at
        if self.cheapest and target.clock < fast:
            yield from (
                target.clocks.at_least(step * target.clock) for step in _STEPS if step * target.clock < _NEARLY * fast
            )
            yield target.clocks.at_most(fast)


KEEP_UP = Aim()
"""Nothing is asked for."""


def keeps_up(choice: Choice, target: Target, tokens: int, classes: int) -> bool:
    """Whether a choice answers as fast as the link can bring sentences, of whatever length, and soon enough.

    Sentences of one token, of the usual length and of so many tokens that request and reply take equally long are
    tried, and those without end; in between, the circuit's cycles and the line's grow evenly.

    Args:
        tokens: of a sentence of the usual length.
    """
    clock, link = target.clock, target.link
    if HEADROOM * choice.interval > clock / link.tokens_per_second or choice.latency > LATENCY * clock:
        return False
    return all(
        HEADROOM * cycles_per_sentence(choice.stages, length) <= clock / link.most_sentences_per_second(length, classes)
        for length in {1, tokens_of(classes), tokens}
    )
