"""The vote of an ensemble whose members' scores come from one engine."""

from __future__ import annotations

from amaranth.hdl import C, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.errors import HwgenError
from hwgen.graph.ensemble import Vote
from hwgen.graph.tensor import TensorType
from hwgen.rtl.decision.folded_argmax import chosen
from hwgen.rtl.streams import element_shape, vector_stream


class Ballot(wiring.Component):
    """Equals the golden function of `Vote`, given the members' scores: each one's first greatest gets its votes.

    The scores are not stored: they are read where they are offered, one a cycle, and taken together with the result.
    Latency ``members x classes + 1`` cycles, initiation interval one more. Costs a multiplexer over all scores, a
    comparator, and a counter for each class: on iCE40 109 LUTs and 46 flip-flops for three members of two classes of
    14 bits.

    Args:
        source: scores of all members, one member's behind the other's.

    Ports:
        scores: `vector_stream` of `source`.
        votes: `vector_stream` of the votes for each class.

    Raises:
        HwgenError: on another number of scores.
    """

    def __init__(self, node: Vote, source: TensorType) -> None:
        if source.channels != node.channels * node.classes:
            raise HwgenError(f"ballot: {source.channels} scores of {node.channels} members of {node.classes} classes")
        self.node, self.source = node, source
        self.kind = node.output_type()
        super().__init__({"scores": In(vector_stream(source)), "votes": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        classes, total = self.node.classes, self.source.channels
        offered, shape = self.scores.payload.values, element_shape(self.source)
        turn = Signal(range(total + 1))  # the score being looked up; after the last: all have been
        member, label = Signal(range(self.node.channels)), Signal(range(classes))
        searching, ends = Signal(), Signal()
        m.d.comb += [
            searching.eq(self.scores.valid & (turn != total)),
            ends.eq(label == classes - 1),
        ]
        with m.If(searching):
            m.d.sync += [turn.eq(turn + 1), label.eq(Mux(ends, 0, label + 1))]
            with m.If(ends):
                m.d.sync += member.eq(member + 1)

        # A cycle later: the score against the member's best so far, and behind its last score the winner's votes.
        score, place = Signal(shape, reset_less=True), Signal(range(classes), reset_less=True)
        looked_up, first, last = Signal(), Signal(reset_less=True), Signal(reset_less=True)
        own = Signal(range(int(self.node.votes.max()) + 1), reset_less=True)
        votes = [C(count, own.shape()) for count in self.node.votes.tolist()]
        m.d.sync += [
            looked_up.eq(searching),
            score.eq(chosen([offered[number] for number in range(total)], turn)),
            place.eq(label),
            first.eq(label == 0),
            last.eq(ends),
            own.eq(chosen(votes, member)),
        ]
        best, leader, winner = Signal(shape, reset_less=True), Signal.like(place), Signal.like(place)
        wins = Signal()
        m.d.comb += [wins.eq(first | (score > best)), winner.eq(Mux(wins, place, leader))]
        with m.If(looked_up & wins):
            m.d.sync += [best.eq(score), leader.eq(place)]
        for number in range(classes):
            count = Signal(element_shape(self.kind), name=f"votes_{number}")
            with m.If(looked_up & last & (winner == number)):
                m.d.sync += count.eq(count + own)
            with m.If(self.scores.ready):
                m.d.sync += count.eq(0)
            m.d.comb += self.votes.payload.values[number].eq(count)

        m.d.comb += [
            self.votes.valid.eq((turn == total) & ~looked_up),
            self.votes.payload.first.eq(1),
            self.votes.payload.last.eq(1),
            self.scores.ready.eq(self.votes.valid & self.votes.ready),
        ]
        with m.If(self.scores.ready):
            m.d.sync += [turn.eq(0), member.eq(0)]
        return m
