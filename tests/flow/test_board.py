"""Board files: every listed one loads, a user's own works, a malformed one is one clear line."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.flow import board as boards
from hwgen.flow import engine, platform
from hwgen.flow.design import plans_for
from hwgen.flow.estimate import estimate, memory
from hwgen.graph.ensemble import EnsembleGraph, Vote
from hwgen.graph.nodes import Embedding
from hwgen.model import Model
from hwgen.rtl.core import Core
from hwgen.rtl.plan import EnsemblePlan, Folded, HypervectorPlan, InTurnPlan, Members, Plan, Spatial, Spram, folded
from hwgen.shipped import shipped
from tests.random_graph import random_graph, random_hypervector_graph

OWN = """
title = "My board"
default_size = "small"
program = ["openFPGALoader", "{bitstream}"]

[budget]
luts = 24288
ffs = 24288
dsps = 28
brams = 56
bram_kbit = 18

[uart]
baud = 115_200
rx = "P2"
tx = "P3"
attributes = { IO_TYPE = "LVCMOS33" }

[pins]
family = "ecp5"
device = "LFE5U-25F"
package = "BG256"
speed = "6"
clock = "P6"
frequency = 25_000_000
leds = ["P11"]
leds_invert = true
attributes = { IO_TYPE = "LVCMOS33" }
"""


@pytest.fixture(scope="module", autouse=True)
def one_core_for_all_boards() -> Iterator[None]:
    """Boards differ in budget alone: each model's circuits are made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "Core", lru_cache(Core))
        yield


@lru_cache
def shipped_model(size: str, bits: int) -> Model:
    return Model.load(shipped(size, bits))


@pytest.mark.parametrize("name", boards.names())
def test_a_listed_board_has_a_platform_a_plan_and_a_model_for_every_width(name: str) -> None:
    board = boards.load(name)
    made = platform.make(board)
    assert made.default_clk_frequency > 0
    for bits in range(1, 9):
        model = shipped_model(board.size(bits), bits)
        plan = next(plans_for(model, board, "auto", None))
        wanted = engine.estimate(engine.Core(model.graph, plan), platform.family(made), board.budget)
        assert wanted.luts <= board.budget.luts and wanted.brams <= board.budget.brams


def test_a_board_of_ones_own_by_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN)
    board = boards.load(str(path))
    made = platform.make(board)
    assert (board.name, platform.family(made), made.default_clk_frequency) == ("mine", "ecp5", 25e6)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("luts = 24288", "luts = -1", r"budget\.luts: -1"),
        ("luts = 24288", 'luts = "many"', r"budget\.luts: 'many' is not a whole number"),
        ("luts = 24288", "luts = true", r"budget\.luts: True"),
        ("bram_kbit = 18", "bram_kbit = 0", r"budget\.bram_kbit: 0"),
        ("luts = 24288\n", "", r"budget\.luts: missing"),
        ("dsps", "dsp", r"budget\.dsp: unknown key; known are budget\.luts"),
        ('title = "My board"', "title = 7", "title: 7 is not a string"),
        ('title = "My board"', 'title = "B"\nname = "b"', "name: .* by its file"),
        ('title = "My board"', 'title = "B"\nsize_by_bits = 3', "size_by_bits: 3 is not a table"),
        ('title = "My board"', 'title = "B"\nsize_by_bits = { 9 = "small" }', r"size_by_bits\.9: not a width"),
        ('title = "My board"', 'title = "B"\nleds = [["led"]]', r"leds\[0\]: \['led'\] is not a list of 2"),
        ('title = "My board"', 'title = "B"\nleds = 3', "leds: 3 is not a list"),
        ('["openFPGALoader", "{bitstream}"]', '"openFPGALoader"', "program: 'openFPGALoader' is not a list"),
        ('["openFPGALoader", "{bitstream}"]', '["openFPGALoader"]', 'program: .* has no "{bitstream}"'),
        ("baud = 115_200", "baud = 0", r"uart\.baud: 0"),
        ('attributes = { IO_TYPE = "LVCMOS33" }', "attributes = 3", r"uart\.attributes: 3 is not a table"),
        ('IO_TYPE = "LVCMOS33"', "IO_TYPE = 3.5", r"uart\.attributes\.IO_TYPE: 3\.5 is not a string"),
        ('leds = ["P11"]', 'leds = "P11"', r"pins\.leds: 'P11' is not a list"),
        ('leds = ["P11"]', "leds = [1]", r"pins\.leds\[0\]: 1 is not a string"),
        ("frequency = 25_000_000", "frequency = 25", r"pins\.frequency: 25 Hz"),
        ("[uart]", "[flash]\noffset = 5\nsize = 5\n[uart]", r"flash\.offset: 5 is not inside a flash of 5 bytes"),
        ("[uart]", "[flash]\noffset = 5\nsize = 33554432\n[uart]", r"flash\.size: 33554432"),
        ("bram_kbit = 18", "bram_kbit = 18\nsprams = -1", r"budget\.sprams: -1"),
        ('clock = "P6"', 'clock = ""', r"pins\.clock"),
        ('"small"', '"tiny"', "default_size: 'tiny'"),
        ('"ecp5"', '"virtex"', r"pins\.family: 'virtex'"),
        ('rx = "P2"\n', "", "both rx and tx"),
        ('rx = "P2"\ntx = "P3"\n', "", r"needs uart\.rx"),
        ("[pins]", "pins = 3\n[nonsense]", "pins"),
        ("title =", "title ==", "not TOML"),
    ],
)
def test_a_malformed_file_is_one_clear_line(old: str, new: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    assert old in OWN
    path.write_text(OWN.replace(old, new))
    with pytest.raises(HwgenError, match=message) as error:
        boards.load(str(path))
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_an_unknown_board_names_the_known_ones() -> None:
    with pytest.raises(HwgenError, match=r"arty_a7.*ulx3s"):
        boards.load("no_such_board")


def test_a_board_has_aliases() -> None:
    assert boards.load("ulx3s_85f") == boards.load("ulx3s")


@pytest.mark.parametrize(
    "name", ["nowhere:Nothing", "os:path", "os", ".x:y", "amaranth_boards.de10_nano:DE10NanoPlatform"]
)
def test_a_platform_that_is_none_of_ours(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN.split("[pins]")[0].replace("title", f'platform = "{name}"\ntitle'))
    with pytest.raises(HwgenError, match=name.split(":")[-1]):
        platform.make(boards.load(str(path)))


@pytest.mark.parametrize(
    ("family", "device", "package", "known"),
    [
        ("ice40", "iCE40HX8K", "CT256", True),
        ("gowin", "GW1NR-LV9QN88PC6/I5", "GW1NR-9C", True),
        ("gowin", "GW9", "GW1NR-9C", False),
        ("xilinx", "xc7a35t", "cpg236", True),
        ("xilinx", "xc9", "cpg236", False),
    ],
)
def test_pins_of_every_family(family: str, device: str, package: str, known: bool, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = OWN.replace('"ecp5"', f'"{family}"').replace("LFE5U-25F", device).replace("BG256", package)
    path.write_text(text.replace('speed = "6"', 'speed = "1"'))
    board = boards.load(str(path))
    if known:
        assert platform.family(platform.make(board)) == family
    else:
        with pytest.raises(HwgenError, match=r"board mine: .*(\[pins\]|7-series)"):
            platform.make(board)


def test_engines_are_chosen_by_size_and_obeyed_when_asked() -> None:
    graph, large = Model.load(shipped("full", 5)).graph, boards.load("ulx3s")
    small = replace(large, budget=replace(large.budget, luts=12_000))

    def plans(board: boards.Board, asked: str) -> list[Plan]:
        return list(engine.candidates(graph, board, "ecp5", asked, slowest=500))

    chosen = next(engine.candidates(graph, large, "ecp5", "auto", slowest=500))
    assert isinstance(chosen.convolution, Spatial) and chosen.convolution.adders_per_stage == 2
    chosen = next(engine.candidates(graph, small, "ecp5", "auto", slowest=500))
    assert isinstance(chosen.convolution, Folded)
    assert [plan.convolution.adders_per_stage for plan in plans(large, "spatial")] == [2, 4, 8]
    assert [plan.convolution.adders_per_stage for plan in plans(small, "spatial")] == [8], "as asked, though too large"
    assert isinstance(next(engine.candidates(graph, large, "ecp5", "folded", slowest=500)).convolution, Folded)
    with pytest.raises(HwgenError, match=r"block RAMs \(\+\d+\).*sst2-small"):
        next(engine.candidates(graph, boards.load("tang_nano_9k"), "gowin", "auto", slowest=500))


def test_a_table_too_large_for_block_ram_goes_to_spram() -> None:
    """Where the board has SPRAM and a flash to fill it from."""
    graph, board = shipped_model("full", 5).graph, boards.load("icebreaker")
    plan = next(engine.candidates(graph, board, "ice40", "auto", slowest=240))
    assert isinstance(plan, Plan) and plan.embedding == Spram() and plan.name.endswith(", table in SPRAM")
    assert engine.stored(graph, board, Plan.folded(6)) == replace(Plan.folded(6), embedding=Spram())
    for poorer in (replace(board, flash=None), replace(board, budget=replace(board.budget, sprams=2))):
        assert engine.stored(graph, poorer, Plan.folded(6)) == Plan.folded(6)
        with pytest.raises(HwgenError, match=r"the embedding \(8192 x 16 x 5 bits\).*block RAMs \(\+\d+\)"):
            next(engine.candidates(graph, poorer, "ice40", "auto", slowest=240))
    small, wide = shipped_model("small", 5).graph, shipped_model("full", 8).graph
    assert engine.stored(small, board, Plan.folded(6)) == Plan.folded(6)
    assert engine.stored(wide, board, Plan.folded(6)) != Plan.folded(6), "128 bits a row fill all four"
    with pytest.raises(HwgenError, match="does not fit iCEBreaker with any engine; train with fewer filters"):
        next(engine.candidates(wide, board, "ice40", "auto", slowest=10))


def test_a_table_too_large_for_spram_is_refused_with_what_would_fit() -> None:
    table = np.random.default_rng(0).integers(-15, 16, (20_000, 16))
    table[0] = 0
    graph = random_graph(np.random.default_rng(0), rank=16, bits=5)
    graph = replace(graph, nodes=(Embedding(table, 5, 0), *graph.nodes[1:]))
    with pytest.raises(HwgenError, match=r"block RAMs \(\+\d+\), or more than 4 SPRAMs; about \d+ tokens"):
        next(engine.candidates(graph, boards.load("icebreaker"), "ice40", "auto", slowest=240))


def test_on_ice40_registers_that_find_no_room_are_left_out() -> None:
    graph, board = Model.load(shipped("small", 5)).graph, boards.load("icebreaker")
    chosen = next(engine.candidates(graph, board, "ice40", "auto", slowest=240))
    assert isinstance(chosen.convolution, Spatial) and chosen.convolution.adders_per_stage > 2


@pytest.mark.parametrize("filters", [0, 8])
def test_lanes_of_a_hypervector_fill_the_part(filters: int) -> None:
    graph = random_hypervector_graph(
        np.random.default_rng(0), dimension=1024, block=32, longest=64, filters=filters, patch=4
    )
    chosen = {}
    for name, family in (("ulx3s", "ecp5"), ("icebreaker", "ice40")):
        plan = next(engine.candidates(graph, boards.load(name), family, "auto", slowest=500))
        assert isinstance(plan, HypervectorPlan) and plan.family == family
        chosen[name] = plan.lanes
    assert chosen["ulx3s"] == 0 and 32 <= chosen["icebreaker"] < 1024


def test_ensembles_are_counted_as_their_plan_has_them() -> None:
    """In turn, lanes are paid for once and tables share their block RAMs; and the advice is what there is to gain."""
    random = np.random.default_rng(0)
    members = tuple(random_graph(random, bits=1, embedding_bits=1, vocabulary=200, rank=20) for _ in range(3))
    graph = EnsembleGraph((Vote(members, np.ones(3, int)),))
    board = boards.load("icebreaker")
    asked = {how: folded(graph, 8, "ice40", how) for how in Members}
    found = {how: estimate(Core(graph, plan), "ice40", board.budget) for how, plan in asked.items()}
    shared, apart = found[Members.in_turn], found[Members.side_by_side]
    assert shared.luts < 0.7 * apart.luts
    tables = {how: memory(graph, board.budget, plan) for how, plan in asked.items()}
    assert tables == {Members.in_turn: 4, Members.side_by_side: 6}
    assert apart.brams - shared.brams == 2 + 2  # and the dense layers' ROMs
    assert "--members in-turn" in engine.advice(graph, board, asked[Members.side_by_side])
    assert "--lanes 4" in engine.advice(graph, board, asked[Members.in_turn])
    assert "--engine folded" in engine.advice(graph, board, EnsemblePlan((Plan.spatial(),) * 3))
    # A part with room for the one and not for the other.
    tight = replace(board, budget=replace(board.budget, luts=round(1.1 * shared.luts / engine.FOLDED_SHARE)))
    plan = next(engine.candidates(graph, tight, "ice40", "folded", slowest=500))
    assert isinstance(plan, InTurnPlan) and plan.name == asked[Members.in_turn].name
    apart_plan = next(engine.candidates(graph, tight, "ice40", "folded", Members.side_by_side, slowest=500))
    assert isinstance(apart_plan, EnsemblePlan) and apart_plan.name.split("x")[-1] < "8"


@pytest.mark.parametrize(
    ("depth", "width", "kbit", "blocks"), [(8192, 80, 18, 36), (1536, 40, 4, 15), (512, 72, 36, 1)]
)
def test_block_rams_of_a_table(depth: int, width: int, kbit: int, blocks: int) -> None:
    assert engine.blocks(depth, width, boards.Budget(1, 1, 0, 1, kbit)) == blocks
