"""How many cycles a sentence takes, from the stages it passes."""

from __future__ import annotations

from functools import singledispatch

from amaranth.lib import wiring

from hwgen.rtl.binary.binary_convolution import BinaryConvolution
from hwgen.rtl.binary.binary_dense import FoldedBinaryDense
from hwgen.rtl.chain import Chain, Paced, Stages, interval_of
from hwgen.rtl.core import Core
from hwgen.rtl.decision.ballot import Ballot
from hwgen.rtl.decision.folded_argmax import FoldedArgmax
from hwgen.rtl.decision.side_by_side import SideBySide
from hwgen.rtl.hypervector.hypervector_encoder import HypervectorEncoder
from hwgen.rtl.lanes.folded_convolution import FoldedConvolution
from hwgen.rtl.lanes.folded_dense import FoldedDense
from hwgen.rtl.max_over_time import RunningMaximum
from hwgen.rtl.requantise import Requantiser
from hwgen.rtl.table.spram_embedding import SpramEmbedding

BUFFER = 2
"""Cycles that a result spends in the buffer of a core that never stalls."""


def cycles_per_sentence(stages: Stages, tokens: int) -> int:
    """Of sentences of so many tokens back to back: the slowest stage's.

    Scores that are looked at one by one stay where they are so long, and with them the layer that made them.
    """
    held = sum(stage.source.channels + 1 for stage in stages.values() if isinstance(stage, FoldedArgmax | Ballot))
    return max(
        cycles_of(stage, tokens) + held * isinstance(stage, FoldedDense | FoldedBinaryDense)
        for stage in stages.values()
    )


def latency(stages: Stages, tokens: int) -> int:
    """Cycles from the first of `tokens`, as fast as they are taken, to the class out, but for a core's buffer."""
    return (tokens - 1) * interval_of(stages) + sum(latency_of(stage, tokens) for stage in stages.values())


@singledispatch
def cycles_of(stage: wiring.Component, tokens: int) -> int:
    """Cycles that a stage takes for a sentence of `tokens` where nothing else holds it up."""
    return stage.interval * tokens if isinstance(stage, Paced) else tokens


@cycles_of.register
def _(stage: FoldedConvolution, tokens: int) -> int:
    for_maxima = stage.drain + 1  # until they are taken; where they are copied, the last token waits alone
    if stage.copied:
        return max(stage.interval * tokens, stage.interval + for_maxima)
    return stage.interval * tokens + for_maxima


@cycles_of.register
def _(stage: FoldedDense, tokens: int) -> int:
    return stage.schedule.period + stage.drain + 1


@cycles_of.register
def _(stage: HypervectorEncoder, tokens: int) -> int:
    if stage.passes == 1:
        return tokens + 1
    return tokens + 2 + (stage.passes - 1) * (min(tokens, stage.node.longest) + 2)


@cycles_of.register
def _(stage: FoldedBinaryDense, tokens: int) -> int:
    return stage.pieces * stage.node.classes


@cycles_of.register
def _(stage: FoldedArgmax, tokens: int) -> int:
    return stage.source.channels + 2


@cycles_of.register
def _(stage: Ballot, tokens: int) -> int:
    return stage.source.channels + 2


@cycles_of.register
def _(stage: SideBySide, tokens: int) -> int:
    return max(cycles_per_sentence(member.stages, tokens) for member in stage.members if isinstance(member, Chain))


def foretold_cycles(core: Core, tokens: int) -> int:
    """Cycles from the first of `tokens` that enters an idle core to the sentence's result."""
    return latency(core.stages, tokens) + BUFFER * core.plan.never_stalls


@singledispatch
def latency_of(stage: wiring.Component, tokens: int) -> int:
    """Cycles from the last of `tokens` that enters a stage to the sentence's result, where nothing holds it up."""
    latency: int = stage.latency  # type: ignore[attr-defined]
    return latency


@latency_of.register(Requantiser)
@latency_of.register(RunningMaximum)
def _(stage: Requantiser | RunningMaximum, tokens: int) -> int:
    return stage.LATENCY


@latency_of.register
def _(stage: SpramEmbedding, tokens: int) -> int:
    return stage.interval


@latency_of.register
def _(stage: FoldedConvolution, tokens: int) -> int:
    return stage.interval + stage.drain


@latency_of.register
def _(stage: FoldedDense, tokens: int) -> int:
    return stage.schedule.period + stage.drain


@latency_of.register
def _(stage: BinaryConvolution, tokens: int) -> int:
    return stage.interval + stage.latency + 2


@latency_of.register
def _(stage: HypervectorEncoder, tokens: int) -> int:
    return stage.LATENCY + (stage.passes - 1) * (min(tokens, stage.node.longest) + 2)


@latency_of.register
def _(stage: FoldedBinaryDense, tokens: int) -> int:
    return stage.node.classes + 2 + stage.popcount.latency


@latency_of.register
def _(stage: Ballot, tokens: int) -> int:
    return stage.source.channels + 1


@latency_of.register
def _(stage: SideBySide, tokens: int) -> int:
    chains = (member for member in stage.members if isinstance(member, Chain))
    return max(sum(latency_of(each, tokens) for each in member.stages.values()) for member in chains)
