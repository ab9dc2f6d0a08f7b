"""How many cycles a sentence takes, from the stages it passes."""

from __future__ import annotations

from functools import singledispatch

from amaranth.lib import wiring

from hwgen.rtl.ballot import Ballot
from hwgen.rtl.binary_dense import FoldedBinaryDense
from hwgen.rtl.chain import Chain, Paced, Stages
from hwgen.rtl.folded_argmax import FoldedArgmax
from hwgen.rtl.folded_convolution import FoldedConvolution
from hwgen.rtl.folded_dense import FoldedDense
from hwgen.rtl.hypervector_encoder import HypervectorEncoder
from hwgen.rtl.side_by_side import SideBySide


def cycles_per_sentence(stages: Stages, tokens: int) -> int:
    """Of sentences of so many tokens back to back: the slowest stage's.

    Scores that are looked at one by one stay where they are so long, and with them the layer that made them.
    """
    held = sum(stage.source.channels + 1 for stage in stages.values() if isinstance(stage, FoldedArgmax | Ballot))
    return max(
        _cycles(stage, tokens) + held * isinstance(stage, FoldedDense | FoldedBinaryDense) for stage in stages.values()
    )


@singledispatch
def _cycles(stage: wiring.Component, tokens: int) -> int:
    return stage.interval * tokens if isinstance(stage, Paced) else tokens


@_cycles.register
def _(stage: FoldedConvolution, tokens: int) -> int:
    for_maxima = stage.drain + 1  # until they are taken; where they are copied, the last token waits alone
    if stage.copied:
        return max(stage.interval * tokens, stage.interval + for_maxima)
    return stage.interval * tokens + for_maxima


@_cycles.register
def _(stage: FoldedDense, tokens: int) -> int:
    return stage.schedule.period + stage.drain + 1


@_cycles.register
def _(stage: HypervectorEncoder, tokens: int) -> int:
    if stage.passes == 1:
        return tokens + 1
    return tokens + 2 + (stage.passes - 1) * (min(tokens, stage.node.longest) + 2)


@_cycles.register
def _(stage: FoldedBinaryDense, tokens: int) -> int:
    return stage.pieces * stage.node.classes


@_cycles.register
def _(stage: FoldedArgmax, tokens: int) -> int:
    return stage.source.channels + 2


@_cycles.register
def _(stage: Ballot, tokens: int) -> int:
    return stage.source.channels + 2


@_cycles.register
def _(stage: SideBySide, tokens: int) -> int:
    return max(cycles_per_sentence(member.stages, tokens) for member in stage.members if isinstance(member, Chain))
