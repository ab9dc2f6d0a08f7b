"""A binary convolution over patches of a vector: weights and thresholds as wires."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from amaranth.hdl import C, Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.chips.family import GENERIC, Family
from hwgen.errors import HwgenError
from hwgen.graph.patch_convolution import PatchConvolution
from hwgen.graph.tensor import TensorType
from hwgen.rtl.binary.popcount import Popcount
from hwgen.rtl.pipeline import Pipeline
from hwgen.rtl.streams import vector_stream

_GROUP = 4
"""Bits that every part's look-up tables take."""


class PatchConvolver(wiring.Component):
    """Equals the golden function of `PatchConvolution`, on pieces of the vector.

    A patch of up to 4 bits and a filter are one look-up table. In one of up to 8 the differing places of its halves
    are counted, by tables that filters of the same half share, and the two counts make the filter's bit: half of what
    a popcount takes on iCE40 and ECP5, as much on 7-series and Gowin. A longer one goes through a `Popcount` for every
    filter.

    Latency 1 cycle, of long patches ``popcount latency + 1``; initiation interval 1 a piece. Costs, a patch and filter,
    a flip-flop, and of look-up tables 0.9 where the patch has 4 bits; where it has 8, 6 on ECP5 and iCE40, 4 on
    7-series and 16 on Gowin; for a long one its `Popcount` and up to 4.

    Args:
        lanes: bits of a piece, a multiple of the node's patch.
        family: of the part whose cells the popcounts are made of.

    Ports:
        vectors: `vector_stream` of `lanes` bits, the pieces of a vector marked first and last.
        features: `vector_stream` of ``lanes / patch * filters`` bits, marked as the pieces they come from.

    Raises:
        HwgenError: on another number of lanes.
    """

    LEVELS_PER_STAGE = 2

    def __init__(self, node: PatchConvolution, *, lanes: int, family: Family = GENERIC) -> None:
        if lanes < 1 or lanes % node.patch:
            raise HwgenError(f"lanes: {lanes} must be a multiple of the patch of {node.patch}")
        self.node, self.lanes = node, lanes
        self.kind = node.output_type(TensorType.binary(lanes))
        # One for every patch and filter, patch by patch.
        self.counters = [
            [Popcount(node.patch, family, levels_per_stage=self.LEVELS_PER_STAGE) for _ in range(node.filters)]
            for _ in range(lanes // node.patch if node.patch > 2 * _GROUP else 0)
        ]
        self.latency = 1 + (self.counters[0][0].latency if self.counters else 0)
        super().__init__(
            {"vectors": In(vector_stream(TensorType.binary(lanes))), "features": Out(vector_stream(self.kind))}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        node = self.node
        pipeline = Pipeline(m, self.vectors, self.features, self.latency)
        bits = self.vectors.payload.values.as_value()
        features = []
        for number in range(self.lanes // node.patch):
            patch = Signal(node.patch, name=f"patch_{number}")
            m.d.comb += patch.eq(bits.word_select(number, node.patch))
            if self.counters:
                outcomes = self._by_popcounts(m, patch, self.counters[number], pipeline.advance)
            else:
                outcomes = self._by_tables(m, patch)
            # A register for each patch; one for all would be slow to simulate.
            features.append(pipeline.register(Cat(outcomes), f"features_{number}"))
        m.d.comb += [
            self.features.payload.values.eq(Cat(features)),
            self.features.payload.first.eq(pipeline.first[-1]),
            self.features.payload.last.eq(pipeline.last[-1]),
        ]
        return m

    def _limits(self) -> list[int]:
        """A filter's bit is set where more places differ."""
        return (self.node.patch - self.node.thresholds).tolist()

    def _by_tables(self, m: Module, patch: Signal) -> list[Value]:
        """A bit a filter."""

        @cache
        def counted(first: int, weights: tuple[int, ...]) -> Signal:
            """Places in which some bits of the patch differ from `weights`."""
            places = patch[first : first + len(weights)]
            mask = _number(weights)
            counts = _differing(weights)
            count = Signal(len(weights).bit_length(), name=f"{patch.name}_{first}_{mask:x}")
            m.d.comb += count.eq(
                Cat(_looked_up([number >> bit & 1 for number in counts], places) for bit in range(len(count)))
            )
            return count

        bits: list[Value] = []
        wide = _GROUP.bit_length()
        for weights, limit in zip(self.node.weights.tolist(), self._limits(), strict=True):
            if len(weights) <= _GROUP:
                bits.append(_looked_up([int(count > limit) for count in _differing(weights)], patch))
                continue
            index = Cat(counted(0, tuple(weights[:_GROUP])), counted(_GROUP, tuple(weights[_GROUP:])))
            sums = [(value & (1 << wide) - 1) + (value >> wide) for value in range(1 << len(index))]
            bits.append(_looked_up([int(total > limit) for total in sums], index))
        return bits

    def _by_popcounts(self, m: Module, patch: Signal, counters: list[Popcount], advance: Value) -> list[Value]:
        """A bit a filter, after the popcounts' latency."""
        bits: list[Value] = []
        for counter, weights, limit in zip(counters, self.node.weights.tolist(), self._limits(), strict=True):
            m.submodules += counter
            m.d.comb += [counter.enable.eq(advance), counter.bits.eq(patch ^ _number(weights))]
            if len(counter.count) <= _GROUP + 1:
                table = [int(count > limit) for count in range(1 << len(counter.count))]
                bits.append(_looked_up(table, counter.count))
            else:
                bits.append(counter.count > limit)
        return bits


def _number(bits: Sequence[int]) -> int:
    return sum(bit << place for place, bit in enumerate(bits))


def _differing(weights: Sequence[int]) -> list[int]:
    """Of every value that as many bits can have: the places in which it differs from `weights`."""
    return [(value ^ _number(weights)).bit_count() for value in range(1 << len(weights))]


def _looked_up(table: list[int], index: Value) -> Value:
    """The bit of a table; synthesis makes one look-up table of it, where an adder would bring carry cells."""
    return C(_number(table), len(table)).bit_select(index, 1)
