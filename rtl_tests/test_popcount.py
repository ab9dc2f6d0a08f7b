"""Popcounts as plain sums and as every family's cells, by yosys's models of them, against Python's own sum."""

from pathlib import Path
from random import Random

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import GENERIC, Family
from hwgen.chips.gowin import GOWIN
from hwgen.chips.ice40 import ICE40
from hwgen.chips.xilinx7 import XILINX7
from hwgen.rtl.binary.popcount import Popcount
from rtl_tests.cell_models import with_models
from rtl_tests.stream_bench import beat, run

SIZES = (1, 2, 3, 4, 5, 6, 7, 11, 13, 24, 31, 64, 100, 170)


class Counts(wiring.Component):
    """The ones among the first n bits, for each n of `SIZES`."""

    def __init__(self, family: Family, levels_per_stage: int) -> None:
        self.counters = {f"first_{size}": Popcount(size, family, levels_per_stage=levels_per_stage) for size in SIZES}
        self.latency = max(counter.latency for counter in self.counters.values())
        counts = data.StructLayout({name: counter.plan.width for name, counter in self.counters.items()})
        super().__init__({"vectors": In(stream.Signature(max(SIZES))), "counts": Out(stream.Signature(counts))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        advance = Signal()
        valid = Signal(self.latency + 1)
        m.d.comb += [
            advance.eq(~self.counts.valid | self.counts.ready),
            self.vectors.ready.eq(advance),
            valid[0].eq(self.vectors.valid),
            self.counts.valid.eq(valid[-1]),
        ]
        with m.If(advance):
            m.d.sync += valid[1:].eq(valid)
        for name, counter in self.counters.items():
            m.submodules[name] = counter
            count = counter.count
            m.d.comb += [counter.bits.eq(self.vectors.payload), counter.enable.eq(advance)]
            for _ in range(counter.latency, self.latency):
                later = Signal.like(count)
                with m.If(advance):
                    m.d.sync += later.eq(count)
                count = later
            m.d.comb += self.counts.payload[name].eq(count)
        return m


@pytest.mark.parametrize("levels_per_stage", [0, 2])
@pytest.mark.parametrize("family", [GENERIC, XILINX7, ECP5, ICE40, GOWIN], ids=str)
def test_counts(family: Family, levels_per_stage: int, tmp_path: Path) -> None:
    component = Counts(family, levels_per_stage)
    random = Random(0)
    vectors = [0, (1 << max(SIZES)) - 1]
    for share in (0.1, 0.5, 0.9) * 20:
        vectors.append(sum((random.random() < share) << place for place in range(max(SIZES))))
    expected = [
        beat(component.counts, **{f"first_{size}": (vector & (1 << size) - 1).bit_count() for size in SIZES})
        for vector in vectors
    ]
    verilog = with_models(component, family, tmp_path) if family is not GENERIC else None
    run(tmp_path, component, "vectors", vectors, "counts", expected, verilog=verilog)
