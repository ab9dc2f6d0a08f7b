"""Tables in block RAM: hwgen's own use of ECP5's against synthesis's, and what readers see."""

import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from amaranth.back import rtlil
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen import tools
from hwgen.chips.cells.ecp5_block_ram import COLUMNS, ecp5_block_ram, rows_of
from hwgen.chips.ecp5 import ECP5
from hwgen.graph.golden import apply
from hwgen.rtl.table.embedding import EmbeddingRom, row_bits
from hwgen.rtl.table.packing import pack
from rtl_tests.cell_models import with_models
from rtl_tests.stream_bench import run
from rtl_tests.vectors import token_beats, vector_beats
from tests.random_graph import random_graph, random_sentences


class Table(wiring.Component):
    """One block RAM, placed by hwgen or left to synthesis."""

    def __init__(self, columns: int, rows: list[int], placed: bool) -> None:
        self.columns, self.rows, self.placed = columns, rows, placed
        super().__init__({"address": In(range(len(rows))), "enable": In(1), "data": Out(columns)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if self.placed:
            (data,) = ecp5_block_ram(m, self.columns, self.rows, [(self.address, self.enable)])
            m.d.comb += self.data.eq(data)
            return m
        m.submodules.memory = memory = Memory(shape=self.columns, depth=len(self.rows), init=self.rows)
        port = memory.read_port()
        m.d.comb += [port.addr.eq(self.address), port.en.eq(self.enable), self.data.eq(port.data)]
        return m


@pytest.mark.parametrize("columns", COLUMNS)
def test_contents_and_pins_as_synthesis_has_them(columns: int, tmp_path: Path) -> None:
    random = Random(columns)
    rows = [random.getrandbits(columns) for _ in range(rows_of(columns))]
    placed, synthesised = (_block_ram(Table(columns, rows, by_hand), tmp_path) for by_hand in (True, False))
    assert placed["contents"] == synthesised["contents"]
    assert placed["address"] == synthesised["address"]


def _block_ram(table: Table, folder: Path) -> dict[str, Any]:
    """Of the one block RAM in a netlist: its contents, and which bit of the address is on which of its pins."""
    (folder / "top.il").write_text(rtlil.convert(table, platform="ecp5", emit_src=False))
    tools.run_yosys("read_rtlil top.il; synth_ecp5 -top top -json top.json", folder, "for the netlist")
    module = json.loads((folder / "top.json").read_text())["modules"]["top"]
    (cell,) = (cell for cell in module["cells"].values() if cell["type"] == "DP16KD")
    parameters, address = cell["parameters"], module["ports"]["address"]["bits"]
    assert int(parameters["DATA_WIDTH_A"], 2) == table.columns
    pins = {pin: cell["connections"][pin][0] for pin in (f"ADA{bit}" for bit in range(14))}
    return {
        "contents": [parameters[f"INITVAL_{number:02X}"] for number in range(64)],
        "address": {pin: address.index(bit) for pin, bit in pins.items() if bit in address},
    }


@pytest.mark.parametrize(
    ("vocabulary", "multiplexed", "registers"), [(5000, True, 1), (5000, False, 0), (700, True, 2)]
)
def test_embedding_in_the_block_rams_of_a_part(
    vocabulary: int, multiplexed: bool, registers: int, tmp_path: Path
) -> None:
    random = np.random.default_rng(vocabulary)
    graph = random_graph(random, bits=5, vocabulary=vocabulary, rank=3)
    sentences = random_sentences(random, graph, 60)
    packing = pack(vocabulary, row_bits(graph.embedding), 18, multiplexed=multiplexed)
    component = EmbeddingRom(graph.embedding, packing, family=ECP5, registers=registers)
    rows = apply(graph.embedding, sentences.tokens, sentences)
    run(
        tmp_path,
        component,
        "tokens",
        token_beats(component.tokens, sentences),
        "vectors",
        vector_beats(component.vectors, rows, sentences, per_token=True),
        verilog=with_models(component, ECP5, tmp_path),
        libraries=(Path(__file__).with_name("dp16kd.v"),),
    )
