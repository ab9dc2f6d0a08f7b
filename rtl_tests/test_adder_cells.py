"""Sums of two and three operands as plain sums and as a family's cells, against Python's."""

from itertools import product
from pathlib import Path
from random import Random

import pytest
from amaranth.hdl import Module, Signal, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.chips.cells.adders import Operand
from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import GENERIC, Family
from hwgen.chips.xilinx7 import XILINX7
from rtl_tests.cell_models import with_models
from rtl_tests.stream_bench import beat, run

OPERANDS = data.StructLayout({"a": signed(6), "b": unsigned(4), "c": signed(3)})
SIGNS = [signs for signs in product((False, True), repeat=3) if not all(signs)]
WIDTHS = (1, 4, 5, 9)


class Sums(wiring.Component):
    """Of three operands with every choice of signs, in several widths, and of two."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.cases = {f"s{number}_{width}": (signs, width) for number, signs in enumerate(SIGNS) for width in WIDTHS}
        pairs = product((False, True), repeat=2)
        self.cases |= {f"s{a:d}{b:d}_{width}": ((a, b), width) for a, b in pairs for width in WIDTHS}
        sums = data.StructLayout({name: width for name, (_, width) in self.cases.items()})
        super().__init__({"operands": In(stream.Signature(OPERANDS)), "sums": Out(stream.Signature(sums))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        free, given = Signal(), self.operands.payload
        m.d.comb += [free.eq(~self.sums.valid | self.sums.ready), self.operands.ready.eq(free)]
        with m.If(free):
            m.d.sync += self.sums.valid.eq(self.operands.valid)
        for name, (signs, width) in self.cases.items():
            operands = [Operand(value, sign) for value, sign in zip((given.a, given.b, given.c), signs, strict=False)]
            total = (self.family if platform is not None else GENERIC).sum_of(m, operands, width)
            with m.If(free):
                m.d.sync += self.sums.payload[name].eq(total)
        return m


@pytest.mark.parametrize("family", [GENERIC, XILINX7, ECP5], ids=str)
def test_sums(family: Family, tmp_path: Path) -> None:
    component, random = Sums(family), Random(0)
    triples = [(random.randint(-32, 31), random.randint(0, 15), random.randint(-4, 3)) for _ in range(150)]
    expected = []
    for triple in triples:
        sums = {
            name: sum(-value if sign else value for value, sign in zip(triple, signs, strict=False)) % (1 << width)
            for name, (signs, width) in component.cases.items()
        }
        expected.append(beat(component.sums, **sums))
    given = [beat(component.operands, **dict(zip("abc", triple, strict=True))) for triple in triples]
    verilog = with_models(component, family, tmp_path) if family is not GENERIC else None
    run(tmp_path, component, "operands", given, "sums", expected, verilog=verilog)
