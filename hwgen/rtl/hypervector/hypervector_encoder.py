"""Characters to a binary vector, without a multiplier or an embedding table."""

from __future__ import annotations

from functools import reduce
from operator import and_, xor

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.errors import HwgenError
from hwgen.graph.hypervector import BOUNDARY, Hypervector
from hwgen.graph.tensor import TensorType, width_of
from hwgen.rtl.hypervector.character_reader import CharacterReader
from hwgen.rtl.hypervector.item_memory import ItemMemory
from hwgen.rtl.streams import token_stream, vector_stream


class HypervectorEncoder(wiring.Component):
    """Equals the golden function of `Hypervector`; the vector leaves in pieces of `lanes` values.

    A lane has its bit of the current symbol's item vector and of those before it, which are the neighbour's bits one
    step ago: rotation is wiring. Their exclusive-or counts up or down; at the text's end the counter's sign is the
    result. The counters hold the longest text's n-grams, so that they never overflow.

    Latency 5 cycles from the boundary behind the text. Initiation interval n + 1 cycles for n characters with as many
    lanes as the vector has values, ``passes * (n + 2)`` with fewer. Costs, a lane, ``max(sizes) - 1`` flip-flops of
    window, a look-up table and a flip-flop for each size, and a counter; besides, an `ItemMemory`.

    Args:
        lanes: values at a time, a divisor of the dimension and a multiple of the node's block; all of them by default.

    Ports:
        tokens: `token_stream` of bytes.
        vectors: `vector_stream` of `lanes` bits, marked first and last with the pieces of a text.

    Raises:
        HwgenError: on another number of lanes.
    """

    LATENCY = 5

    def __init__(self, node: Hypervector, *, lanes: int | None = None) -> None:
        self.node = node
        self.lanes = node.dimension if lanes is None else lanes
        if self.lanes < 1 or node.dimension % self.lanes or self.lanes % node.block:
            raise HwgenError(
                f"lanes: {self.lanes} must divide the dimension {node.dimension} and be a multiple of {node.block}"
            )
        self.passes = self.interval = node.dimension // self.lanes
        self.counter_bits = width_of(-node.most - 1, node.most)[0]
        self.kind = TensorType.binary(self.lanes)
        super().__init__({"tokens": In(token_stream(node.vocabulary)), "vectors": Out(vector_stream(self.kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        node, lanes, vectors = self.node, self.lanes, self.vectors
        m.submodules.reader = reader = CharacterReader(node, self.passes)
        connect(m, flipped(self.tokens), reader.tokens)
        m.submodules.items = items = ItemMemory(node, self.passes)
        step = reader.steps.payload
        advance = Signal()
        m.d.comb += [
            items.row.eq(step.row),
            items.enable.eq(advance),
            reader.steps.ready.eq(advance),
        ]

        # Stage 1: the symbol's item vector is there, after a cycle for its seeds.
        reading, read = Signal(), Signal(step.shape(), reset_less=True)
        valid_1, step_1 = Signal(), Signal(step.shape(), reset_less=True)
        letter = Signal()
        m.d.comb += letter.eq(step_1.symbol != BOUNDARY)
        with m.If(advance):
            m.d.sync += [reading.eq(reader.steps.valid), read.eq(step), valid_1.eq(reading), step_1.eq(read)]
        moving = Signal()
        m.d.comb += moving.eq(advance & valid_1)

        # Stage 2: what each n-gram that ends here adds, +1 or -1 (`negative`), or nothing.
        # A tie is decided by the boundary's own vector: where it is -1, the sum ends up one less.
        valid_2, step_2 = Signal(), Signal(step.shape(), reset_less=True)
        tie = Signal(lanes, reset_less=True)
        with m.If(advance):
            m.d.sync += [valid_2.eq(valid_1), step_2.eq(step_1), tie.eq(Mux(step_1.close, items.item, 0))]
        added: list[tuple[Signal, Signal]] = []
        for name, counts, bits in self._ngrams(m, moving, letter, items.item):
            counted, negative = Signal(name=f"{name}_counts"), Signal(lanes, name=f"{name}_negative", reset_less=True)
            with m.If(advance):
                m.d.sync += [counted.eq(counts & valid_1), negative.eq(Mux(counts, bits, 0))]
            added.append((counted, negative))

        # Stage 3: the counters, which begin again behind a text's last boundary.
        signs = [Signal(node.block, name=f"signs_{number}") for number in range(lanes // node.block)]
        shape = signed(self.counter_bits)
        for lane in range(lanes):
            count, following = Signal(shape, name=f"count_{lane}"), Signal(shape, name=f"following_{lane}")
            step_of = Signal(range(-len(added) - 1, len(added) + 1), name=f"step_{lane}")
            m.d.comb += [
                step_of.eq(sum((Cat(counted, bits[lane]).as_signed() for counted, bits in added), -tie[lane])),
                following.eq(count + step_of),
                signs[lane // node.block][lane % node.block].eq(following[-1]),
            ]
            with m.If(advance & valid_2):
                m.d.sync += count.eq(Mux(step_2.close, 0, following))

        # A register for each block; one for all lanes would be slow to simulate.
        held = [Signal(node.block, name=f"vector_{number}", reset_less=True) for number in range(len(signs))]
        ends = Signal()
        m.d.comb += [
            ends.eq(valid_2 & step_2.close),
            advance.eq(~(ends & vectors.valid & ~vectors.ready)),
            vectors.payload.values.eq(Cat(held)),
        ]
        with m.If(vectors.ready):
            m.d.sync += vectors.valid.eq(0)
        with m.If(ends & advance):
            m.d.sync += [
                vectors.valid.eq(1),
                *(kept.eq(bits) for kept, bits in zip(held, signs, strict=True)),
                vectors.payload.first.eq(step_2.first),
                vectors.payload.last.eq(step_2.last),
            ]
        return m

    def _ngrams(self, m: Module, moving: Value, letter: Value, item: Value) -> list[tuple[str, Value, Value]]:
        """Name, whether one ends with the current symbol, and its vector, for every kind of n-gram."""
        deepest = max(self.node.sizes, default=1)
        window: list[Value] = [item]
        letters: list[Value] = [letter]
        for age in range(1, max(deepest, 2)):
            past = Signal(name=f"letter_{age}")
            with m.If(moving):
                m.d.sync += past.eq(letters[-1])
            letters.append(past)
        for age in range(1, deepest):
            earlier = Signal(self.lanes, name=f"item_{age}", reset_less=True)
            with m.If(moving):
                m.d.sync += earlier.eq(self._rotated(window[-1]))
            window.append(earlier)
        ngrams: list[tuple[str, Value, Value]] = []
        for size in self.node.sizes:
            inner = reduce(and_, letters[1 : size - 1], C(1, 1))
            ngrams.append((f"ngram_{size}", inner & Cat(letters[:size]).any(), reduce(xor, window[:size])))
        if self.node.words:
            word = Signal(self.lanes)
            with m.If(moving):
                m.d.sync += word.eq(Mux(letter, self._rotated(word) ^ item, 0))
            ngrams.append(("word", letters[1] & ~letter, word))
        return ngrams

    def _rotated(self, bits: Value) -> Value:
        """Each block of `bits` one place further."""
        block = self.node.block
        parts = (bits[first : first + block] for first in range(0, self.lanes, block))
        return Cat(part.rotate_left(1) for part in parts)
