"""Board files: every listed one loads, a user's own works, a malformed one is one clear line."""

from pathlib import Path

import pytest

from hwgen.errors import HwgenError
from hwgen.flow import board as boards
from hwgen.flow import engine, platform
from hwgen.flow.design import plan_for
from hwgen.model import Model
from hwgen.rtl.core import Core, Folded, Spatial
from hwgen.shipped import shipped

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


@pytest.mark.parametrize("name", boards.names())
def test_a_listed_board_has_a_platform_a_plan_and_a_model_for_every_width(name: str) -> None:
    board = boards.load(name)
    made = platform.make(board)
    assert made.default_clk_frequency > 0
    for bits in range(2, 9):
        model = Model.load(shipped(board.size(bits), bits))
        plan = plan_for(model, board, "auto", None)
        wanted = engine.estimate(Core(model.graph, plan), platform.family(made), board.budget)
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
        ("luts = 24288", 'luts = "many"', r"budget\.luts: 'many'"),
        ("luts = 24288\n", "", r"budget: missing .*luts"),
        ("dsps", "dsp", "unknown field 'dsp'"),
        ('"small"', '"tiny"', "default_size: 'tiny'"),
        ('"ecp5"', '"virtex"', r"pins\.family: 'virtex'"),
        ('rx = "P2"\n', "", r"needs uart\.rx"),
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


def test_a_platform_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN.split("[pins]")[0].replace("title", 'platform = "nowhere:Nothing"\ntitle'))
    with pytest.raises(HwgenError, match="nowhere:Nothing"):
        platform.make(boards.load(str(path)))


def test_engines_are_chosen_by_size_and_obeyed_when_asked() -> None:
    model = Model.load(shipped("full", 5))
    large, small = boards.load("ulx3s"), boards.load("ulx3s_25f")
    assert isinstance(engine.choose(model.graph, large, "ecp5", "auto", slowest=500).convolution, Spatial)
    assert isinstance(engine.choose(model.graph, small, "ecp5", "auto", slowest=500).convolution, Folded)
    assert isinstance(engine.choose(model.graph, large, "ecp5", "folded", slowest=500).convolution, Folded)
    with pytest.raises(HwgenError, match=r"block RAMs \(\+\d+\).*sst2-small"):
        engine.choose(model.graph, boards.load("icebreaker"), "ice40", "auto", slowest=240)


@pytest.mark.parametrize(
    ("depth", "width", "kbit", "blocks"), [(8192, 80, 18, 36), (1536, 40, 4, 15), (512, 72, 36, 1)]
)
def test_block_rams_of_a_table(depth: int, width: int, kbit: int, blocks: int) -> None:
    assert engine.blocks(depth, width, boards.Budget(0, 0, 0, 0, kbit)) == blocks
