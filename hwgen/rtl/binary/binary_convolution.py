"""Convolution with binary weights: exclusive-or, count, compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from amaranth.hdl import C, Cat, Module, Mux, Shape, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.chips.family import GENERIC, Family
from hwgen.errors import HwgenError
from hwgen.graph.nodes import Convolution, MaxOverTime, Requantise
from hwgen.graph.tensor import Integers, TensorType, width_of
from hwgen.rtl.binary.popcount import Popcount
from hwgen.rtl.pipeline import register
from hwgen.rtl.streams import element_shape, vector_stream
from hwgen.rtl.sums.multiplier import by_constant

Rows = list[list["data.Const[data.StructLayout]"]]
"""Of a memory, lane by lane."""


class BinaryConvolution(wiring.Component):
    """Equals the golden functions of `Convolution`, `Requantise` and `MaxOverTime`, of binary weights and activations.

    The tokens that a filter can see stand in a window. Each cycle, every lane counts where the window's bits and a
    filter's weights differ, compares with the filter's limit, and adds the result to the filter's bit of a ring, which
    after the last token holds the features.

    Values of k bits have k planes of bits; that of place b counts ``c_b``, which is ``2**b``, or ``-2**b`` for the
    sign. With n weights of -1, where the weight's bit is set, ``sum w x = sum over b of c_b (differing bits - n)``; a
    token outside the sentence is zero. Values of -1 and +1 need the sign's plane alone, the tokens inside the sentence
    being known: ``sum w x = values inside - 2 (differing bits inside)``.

    With several groups of channels, each filter sees one of them, and a row's filters all see the same. The window is
    then a ring that turns from group to group, so that the lanes stay as narrow as a group, and nothing chooses.

    Initiation interval ``rows`` cycles per token, the sum of ``ceil(filters / lanes)`` over the groups. Latency from
    the last token: ``rows``, the popcount's and 2. Costs, a lane, a `Popcount` of ``width x channels`` bits for each
    plane with as many tables for the exclusive-or, and a comparison; the window (of all groups) and the features in
    flip-flops; a memory of ``rows x lanes x width x channels`` bits, or wires where there is one row.

    Args:
        signs: whether the values are -1 and +1, never 0.
        lanes: at most one per filter of a group.
        family: of the part whose cells the popcounts are made of.
        groups: equal parts of the channels; with more than one, a filter's weights are -1 and +1 on one of them and
            zero on the others.

    Ports:
        vectors: `vector_stream` of `source`, one vector per token.
        features: `vector_stream` of a bit per filter, one vector per sentence.

    Raises:
        HwgenError: when weights or activations are not binary, a filter sees several groups, or there are too many
            lanes.
    """

    LEVELS_PER_STAGE = 2

    def __init__(
        self,
        node: Convolution,
        requantise: Requantise,
        pooling: MaxOverTime,
        source: TensorType,
        *,
        signs: bool,
        lanes: int,
        family: Family = GENERIC,
        groups: int = 1,
    ) -> None:
        if (node.bits != 1 and groups == 1) or requantise.bits != 1:
            raise HwgenError(
                f"binary convolution: weights of {node.bits} and activations of {requantise.bits} bits; both must be 1"
            )
        self.node, self.requantise, self.source, self.signs = node, requantise, source, signs
        self.width, self.channels, self.groups = max(node.widths), node.channels // groups, groups
        seen = _groups_seen(node, groups)
        filters = [[number for number, own in enumerate(seen) if own == group] for group in range(groups)]
        most = max(map(len, filters))
        if not 1 <= lanes <= most:
            raise HwgenError(f"lanes: {lanes} is outside 1..{most}, the filters{' of a group' if groups > 1 else ''}")
        self.lanes = lanes
        # The filters of each row, and the last row of each group.
        self.order = [own[start : start + lanes] for own in filters for start in range(0, len(own), lanes)]
        self.rows = self.interval = len(self.order)
        self.turns = [row for row in range(self.rows - 1) if seen[self.order[row][0]] != seen[self.order[row + 1][0]]]
        self.kernels = [
            weights[::-1, group * self.channels : (group + 1) * self.channels]
            for weights, group in zip((weights for kernel in node.kernels for weights in kernel), seen, strict=True)
        ]
        """Each filter as ``(age, channels of a group)``, the newest token first."""
        shape = Shape.cast(element_shape(source))
        self.planes = [shape.width - 1] if signs else list(range(shape.width))
        self.negative = shape.signed  # the highest plane is the sign's
        self.kind = pooling.output_type(requantise.output_type(node.output_type(source)))
        bits = self.width * self.channels
        self.counters = [
            [Popcount(bits, family, levels_per_stage=self.LEVELS_PER_STAGE) for _ in self.planes] for _ in range(lanes)
        ]
        self.latency = self.counters[0][0].latency
        width, _ = width_of(*self._range())
        self.limit = signed(width)
        self.weights = self._by_row(data.StructLayout({"weights": bits, "ages": self.width}), self._weights())
        self.limits = self._by_row(data.StructLayout({"limit": self.limit, "ages": self.width}), self._limits())
        super().__init__({"vectors": In(vector_stream(source)), "features": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        vectors, features = self.vectors, self.features
        advance, going, taken, ends = Signal(), Signal(), Signal(), Signal()
        # The row after this one has a register of its own, for nothing else to lie before the memory of weights.
        row, following = Signal(range(self.rows)), Signal(range(self.rows))
        moving = Signal()
        m.d.comb += [
            advance.eq(~features.valid | features.ready),
            vectors.ready.eq(advance & (~going | ends)),
            taken.eq(vectors.valid & vectors.ready),
            moving.eq(advance & ((going & ~ends) | taken)),
        ]
        with m.If(advance):
            m.d.sync += going.eq(moving)
        with m.If(moving):
            wraps = following == self.rows - 1
            m.d.sync += [row.eq(following), ends.eq(wraps), following.eq(Mux(wraps, 0, following + 1))]
        for counter in self.counters:
            for plane in counter:
                m.submodules += plane
                m.d.comb += plane.enable.eq(advance)

        # Stage 0: the window, and beside it the row's weights.
        turn = Signal()
        m.d.comb += turn.eq(advance & going & row.matches(*self.turns))
        windows, inside = self._window(m, taken, turn)
        first, last = Signal(), Signal()
        with m.If(taken):
            m.d.sync += [first.eq(vectors.payload.first), last.eq(vectors.payload.last)]
        for lane, entry in enumerate(self._rom(m, "weights", self.weights, following, advance)):
            seen = Cat((entry.ages[age] & inside[age]).replicate(self.channels) for age in range(self.width))
            for window, counter in zip(windows, self.counters[lane], strict=True):
                m.d.comb += counter.bits.eq((window ^ entry.weights) & seen)

        # What belongs to a row travels beside its popcount.
        later = partial(register, m, advance)
        place: Value = row
        known: Value = inside
        done = Signal()
        m.d.comb += done.eq(last & ends)
        marks: list[Value] = [going, first, done]
        for stage in range(1, self.latency + 2):
            names = ("valid", "first", "done")
            marks = [later(mark, f"{name}_{stage}", reset=True) for mark, name in zip(marks, names, strict=True)]
            known = later(known, f"inside_{stage}")
            if stage <= self.latency:
                place = later(place, f"row_{stage}")
        valid, fresh, finished = marks

        # The last stage: the count becomes a sum, and the sum a bit of the lane's ring.
        with m.If(advance):
            m.d.sync += features.valid.eq(valid & finished)
        for lane, entry in enumerate(self._rom(m, "limits", self.limits, place, advance)):
            counts = [counter.count for counter in self.counters[lane]]
            places = range(len(counts))
            summed = counts[0] << 1 if self.signs else sum((self._place(b) * counts[b] for b in places), C(0))
            kept = later(summed, f"sum_{lane}")
            if self.signs:
                tokens = sum(((entry.ages[age] & known[age]) for age in range(self.width)), C(0))
                fires = by_constant(tokens, self.channels) - kept >= entry.limit
            else:
                fires = kept >= entry.limit
            ring = Signal(self.rows, name=f"ring_{lane}", reset_less=True)
            with m.If(advance & valid):
                m.d.sync += ring.eq(Cat(ring[1:], (ring[0] & ~fresh) | fires))
            for numbers, bit in zip(self.order, ring, strict=True):
                if lane < len(numbers):
                    m.d.comb += features.payload.values[numbers[lane]].eq(bit)
        m.d.comb += [features.payload.first.eq(1), features.payload.last.eq(1)]
        return m

    def _window(self, m: Module, taken: Value, turn: Value) -> tuple[list[Value], Value]:
        """The planes of the tokens that a filter can see, newest first, and which of them are inside the sentence.

        The groups stand one behind the other, that of the row in front. Each turn brings the next one to the front;
        the last group needs none behind it, for a token moves all groups on by one place as well.
        """
        payload, size, older = self.vectors.payload, self.width * self.channels, (self.width - 1) * self.channels
        windows: list[Value] = []
        for plane in self.planes:
            window = Signal(self.groups * size, name=f"window_{plane}", reset_less=True)
            parts = []
            for group in range(self.groups):
                channels = range(group * self.channels, (group + 1) * self.channels)
                newest = Cat(payload.values[channel][plane] for channel in channels)
                behind = window.word_select((group + 1) % self.groups, size)
                parts.append(Mux(taken, Cat(newest, Mux(payload.first, 0, behind[:older])), behind))
            with m.If(taken | turn):
                m.d.sync += window.eq(Cat(parts))
            windows.append(window[:size])
        if not self.signs:  # then a token outside is one of zeros
            return windows, C((1 << self.width) - 1, self.width)
        inside = Signal(self.width, reset_less=True)
        with m.If(taken):
            m.d.sync += inside.eq(Cat(C(1, 1), Mux(payload.first, 0, inside[:-1])))
        return windows, inside

    def _place(self, plane: int) -> int:
        """What a bit of a plane counts."""
        return -(1 << plane) if self.negative and plane == len(self.planes) - 1 else 1 << plane

    def _rom(self, m: Module, name: str, rows: Rows, row: Value, enable: Value) -> list[data.View[data.StructLayout]]:
        """Each lane's part of the row, a cycle after its number; wires where there is one row."""
        if self.rows == 1:
            return [data.View(entry.shape(), entry.as_value()) for entry in rows[0]]
        shape = data.ArrayLayout(rows[0][0].shape(), self.lanes)
        m.submodules[name] = memory = Memory(shape=shape, depth=self.rows, init=rows)
        port = memory.read_port()
        m.d.comb += [port.addr.eq(row), port.en.eq(enable)]
        return [port.data[lane] for lane in range(self.lanes)]

    def _by_row(self, layout: data.StructLayout, filters: Sequence[Mapping[str, int]]) -> Rows:
        """Of each row's filters, lane by lane."""
        blank = {key: 0 for key in layout.members}
        return [
            [layout.const(filters[numbers[lane]] if lane < len(numbers) else blank) for lane in range(self.lanes)]
            for numbers in self.order
        ]

    @property
    def columns(self) -> int:
        """Of both memories, those that are neither constant nor like another."""
        return sum(
            len({column.tobytes() for column in bits_of(rows).reshape(self.rows, -1).T if 0 < column.sum() < self.rows})
            for rows in (self.weights, self.limits)
        )

    @property
    def products(self) -> int:
        """Bits of the window with columns of weights that popcounts are given, each pair once."""
        size = self.width * self.channels
        bits = bits_of(self.weights)
        pairs = {
            (place, bits[:, lane, place].tobytes(), ages.tobytes())
            for lane in range(self.lanes)
            for place in range(size)
            if (ages := bits[:, lane, size + place // self.channels]).any()
        }
        return len(pairs) * len(self.planes)

    def _weights(self) -> list[dict[str, int]]:
        return [
            {
                "weights": sum(1 << place for place in np.flatnonzero(weights.reshape(-1) < 0).tolist()),
                "ages": (1 << len(weights)) - 1,
            }
            for weights in self.kernels
        ]

    def _limits(self) -> list[dict[str, int]]:
        """A filter fires where its sum, less what the count leaves out, is no less than the limit."""
        left_out = 0 if self.signs else sum(map(self._place, range(len(self.planes))))
        limits = (1 << np.maximum(self.requantise.shift, 0)) - self.requantise.offset
        return [
            {
                "limit": int(np.clip(limit + left_out * (weights < 0).sum(), *self._range())),
                "ages": (1 << len(weights)) - 1,
            }
            for limit, weights in zip(limits, self.kernels, strict=True)
        ]

    def _range(self) -> tuple[int, int]:
        """Limits beyond which a filter always fires, or never."""
        most = self.width * self.channels
        return -most << len(self.planes), (most << len(self.planes)) + 1


def bits_of(rows: Rows) -> Integers:
    """Of a memory, ``(rows, lanes, bits)``, the lowest first."""
    values = [[entry.as_value() for entry in lanes] for lanes in rows]
    return np.array([[[value.value >> bit & 1 for bit in range(len(value))] for value in lanes] for lanes in values])


def _groups_seen(node: Convolution, groups: int) -> list[int]:
    """The group of channels that each filter weighs.

    Raises:
        HwgenError: on a filter that does not weigh all of one group by -1 and +1, and nothing else.
    """
    if node.channels % groups:
        raise HwgenError(f"groups: {groups} does not divide the {node.channels} channels")
    seen = []
    for weights in (weights for kernel in node.kernels for weights in kernel):
        parts = np.abs(weights.reshape(len(weights), groups, -1)).transpose(1, 0, 2).reshape(groups, -1)
        seen.append(int(parts.any(axis=1).argmax()))
        if not (parts == (np.arange(groups) == seen[-1])[:, None]).all():
            raise HwgenError(f"binary convolution: filter {len(seen) - 1} must weigh one group by -1 or +1, no other")
    return seen
