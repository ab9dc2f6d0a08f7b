"""Random kernels as circuits: a convolution and its maximum over a sentence, nothing behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from amaranth.hdl import Const, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.nodes import Convolution, Embedding, MaxOverTime
from hwgen.graph.tensor import Integers, TensorType
from hwgen.rtl.admission import Admission
from hwgen.rtl.chain import Stages, connect_stages
from hwgen.rtl.core import RESULT_BUFFER_DEPTH, Core
from hwgen.rtl.streams import result_stream, token_stream, vector_stream
from hwgen.rtl.table.embedding import EmbeddingRom
from hwgen.rtl.table.rom import ROM_LATENCY

FILTERS, TAPS, CHANNELS, BITS, ZEROS = 32, 3, 16, 5, 0.8
VECTORS = 4096
"""Different input vectors that a check draws from."""


@dataclass(frozen=True, eq=False)
class Kernel:
    """A convolution over signed inputs.

    Attributes:
        node: the convolution.
        source: intervals of its inputs.
    """

    node: Convolution
    source: TensorType

    @classmethod
    def random(
        cls, seed: int, filters: int = FILTERS, taps: int = TAPS, channels: int = CHANNELS, zeros: float = ZEROS
    ) -> Kernel:
        """Uniform weights of 5 bits, `zeros` of them made zero; inputs of 5 bits."""
        random = np.random.default_rng(seed)
        weights = random.integers(-15, 16, (filters, taps, channels))
        weights[random.random(weights.shape) < zeros] = 0
        limit = 1 << BITS - 1
        source = TensorType(np.full(channels, -limit), np.full(channels, limit - 1), per_token=True)
        return cls(Convolution((weights,), BITS, np.zeros(filters, dtype=np.int64)), source)

    @property
    def sums(self) -> TensorType:
        return self.node.output_type(self.source)

    def vectors(self) -> Integers:
        """``(VECTORS, channels)``: random inputs, the extremes first."""
        random = np.random.default_rng(7)
        drawn = random.integers(self.source.low, self.source.high + 1, (VECTORS, self.source.channels))
        drawn[0], drawn[1], drawn[2] = 0, self.source.low, self.source.high
        return drawn

    def sentences(self, tokens: int) -> Sentences:
        """So many tokens, or a few more, in sentences of 1 to 40; a token is the number of one of `vectors`."""
        random = np.random.default_rng(8)
        found: list[list[int]] = []
        left = tokens
        while left > 0:
            found.append(random.integers(0, VECTORS, random.integers(1, 41)).tolist())
            left -= len(found[-1])
        return Sentences.of(found)

    def maxima(self, sentences: Sentences) -> Integers:
        """``(sentences, filters)``, by the golden functions."""
        sums = golden.apply(self.node, self.vectors()[sentences.tokens], sentences)
        return golden.apply(MaxOverTime(), sums, sentences)


class Bare(wiring.Component):
    """Stages whose results are always taken, as a component to be measured.

    Ports:
        vectors: of the first stage.
        maxima: payload of the last, and whether it is valid.
    """

    def __init__(self, stages: Stages, source: TensorType, kind: TensorType) -> None:
        self.stages = stages
        payload = vector_stream(kind).members["payload"].shape
        super().__init__({"vectors": In(vector_stream(source)), "maxima": Out(payload), "valid": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        entry, exit_ = connect_stages(m, self.stages)
        connect(m, flipped(self.vectors), entry)
        m.d.comb += [self.maxima.eq(exit_.payload), self.valid.eq(exit_.valid), exit_.ready.eq(1)]
        return m


class KernelCore(Core):
    """The same stages between a table of `Kernel.vectors` and a result buffer, so that a core's simulation runs them.

    `LATENCY` cycles are spent outside of the stages. The label is always 0.
    """

    LATENCY = ROM_LATENCY + 2

    def __init__(self, kernel: Kernel, stages: Stages, kind: TensorType) -> None:
        self.kernel, self.stages, self.scores = kernel, stages, kind
        wiring.Component.__init__(self, {"tokens": In(token_stream(VECTORS)), "results": Out(result_stream(kind))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # Row 0 is all zeros, and 6 bits hold the least value, too.
        m.submodules.table = table = EmbeddingRom(Embedding(self.kernel.vectors(), BITS + 1, 0))
        m.submodules.admission = admission = Admission(VECTORS, self.scores, depth=RESULT_BUFFER_DEPTH)
        entry, exit_ = connect_stages(m, self.stages)
        connect(m, flipped(self.tokens), admission.tokens)
        connect(m, admission.admitted, table.tokens)
        connect(m, table.vectors, entry)
        connect(m, admission.results, flipped(self.results))
        finished = admission.finished
        m.d.comb += [
            finished.valid.eq(exit_.valid),
            exit_.ready.eq(1),
            finished.payload.label.eq(Const(0)),
            *(value.eq(maximum) for value, maximum in zip(finished.payload.scores, exit_.payload.values, strict=True)),
        ]
        return m
