"""Components one behind another."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Protocol, runtime_checkable

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.stream import Signature
from amaranth.lib.wiring import In, Out, connect, flipped

Stages = Mapping[str, wiring.Component]
"""By name, in order; each has one stream in and one out, and maybe ports that are no streams."""


@runtime_checkable
class Paced(Protocol):
    """A stage that cannot take a token each cycle.

    Attributes:
        interval: cycles per token, in long sentences.
    """

    interval: int


def interval_of(stages: Stages) -> int:
    """Cycles per token of the slowest stage, in long sentences."""
    return max((stage.interval for stage in stages.values() if isinstance(stage, Paced)), default=1)


class Chain(wiring.Component):
    """Stages from tokens to results; latency, interval and cost are the sums, or the worst, of theirs.

    Ports:
        tokens: the first stage's input.
        results: the last one's output.
    """

    def __init__(self, stages: Stages) -> None:
        self.stages, self.interval = stages, interval_of(stages)
        components = list(stages.values())
        entry, exit_ = streams_of(components[0])[0], streams_of(components[-1])[1]
        super().__init__({"tokens": In(entry.signature.flip()), "results": Out(exit_.signature)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        entry, exit_ = connect_stages(m, self.stages)
        connect(m, flipped(self.tokens), entry)
        connect(m, exit_, flipped(self.results))
        return m


def connect_stages(m: Module, stages: Stages) -> tuple[wiring.PureInterface, wiring.PureInterface]:
    """Put `stages` into `m` and connect neighbours; returns the first one's input and the last one's output."""
    for name, component in stages.items():
        m.submodules[name] = component
    streams = [streams_of(component) for component in stages.values()]
    for (_, produced), (consumed, _) in pairwise(streams):
        connect(m, produced, consumed)
    return streams[0][0], streams[-1][1]


def streams_of(component: wiring.Component) -> tuple[wiring.PureInterface, wiring.PureInterface]:
    """A stage's one input stream and one output stream."""
    source, sink = ports_of(component)
    return getattr(component, source), getattr(component, sink)


def ports_of(component: wiring.Component) -> tuple[str, str]:
    """The names of a stage's one input stream and one output stream."""
    members = component.signature.members.items()
    streams = [(name, each) for name, each in members if each.is_signature and isinstance(each.signature, Signature)]
    (source,) = (name for name, member in streams if member.flow == In)
    (sink,) = (name for name, member in streams if member.flow == Out)
    return source, sink
