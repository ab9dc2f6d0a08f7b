"""An ensemble whose members work at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_

from amaranth.hdl import C, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.graph.ensemble import Vote
from hwgen.rtl.chain import Chain
from hwgen.rtl.streams import token_stream, vector_stream


class SideBySide(wiring.Component):
    """Equals the golden function of `Vote`: every token goes to every member, and their classes are counted.

    A token waits until the last member has taken it, an answer until the last member has given its own. Initiation
    interval and latency are the slowest member's. Costs the members, an adder for each class and member, and a
    flip-flop a member.

    Args:
        members: a circuit for each of the node's.

    Ports:
        tokens: `token_stream`.
        scores: `vector_stream` of the votes for each class.
    """

    def __init__(self, node: Vote, members: Sequence[Chain]) -> None:
        self.node, self.members = node, tuple(members)
        self.kind = node.output_type()
        self.interval = max(member.interval for member in self.members)
        super().__init__({"tokens": In(token_stream(node.vocabulary)), "scores": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        tokens, scores = self.tokens, self.scores
        takes, counted = [], [C(0) for _ in range(self.node.classes)]
        answered = Signal()
        for number, (member, votes) in enumerate(zip(self.members, self.node.votes.tolist(), strict=True)):
            m.submodules[f"member_{number}"] = member
            own, results = member.tokens, member.results
            has = Signal(name=f"has_{number}")  # it took this token earlier than others
            took = Signal(name=f"took_{number}")
            m.d.comb += [
                own.valid.eq(tokens.valid & ~has),
                own.payload.eq(tokens.payload),
                took.eq(has | own.ready),
                results.ready.eq(answered & scores.ready),
            ]
            m.d.sync += has.eq(tokens.valid & took & ~tokens.ready)
            takes.append(took)
            for label in range(self.node.classes):
                counted[label] = counted[label] + Mux(results.payload.label == label, votes, 0)
        valid = [member.results.valid for member in self.members]
        m.d.comb += [
            tokens.ready.eq(reduce(and_, takes)),
            answered.eq(reduce(and_, valid)),
            scores.valid.eq(answered),
            scores.payload.first.eq(1),
            scores.payload.last.eq(1),
        ]
        for label, count in enumerate(counted):
            m.d.comb += scores.payload.values[label].eq(count)
        return m
