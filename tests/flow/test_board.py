"""Board files: every listed one loads, a user's own works, a malformed one is one clear line."""

from dataclasses import replace
from pathlib import Path

import pytest

from hwgen.chips.families import FAMILIES, family_of
from hwgen.errors import HwgenError
from hwgen.flow import board as boards
from hwgen.flow import platform
from hwgen.flow.aim import KEEP_UP
from hwgen.flow.choose import designs, model_for
from hwgen.flow.clocks import Clocks
from hwgen.flow.estimate import estimate
from hwgen.flow.fit import fits
from hwgen.flow.target import Target
from hwgen.model import Model
from hwgen.rtl.core import Core
from hwgen.rtl.line.baud import Baud
from hwgen.shipped import shipped_models

OWN = """
title = "My board"
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
def test_a_listed_board_has_a_platform_a_design_and_a_model_for_every_width(name: str) -> None:
    target = Target.of(boards.load(name))
    models = {bits: Model.load(shipped_models()[model_for(target.board, bits)]) for bits in range(1, 9)}
    assert all(model.bits == bits for bits, model in models.items())
    design = next(designs(models[5], target, KEEP_UP))
    assert fits(estimate(Core(models[5].graph, design.plan), target.family), target)


def test_a_board_of_ones_own_by_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("\ufeff" + OWN, encoding="utf-8")  # as some editors write it
    board = boards.load(str(path))
    made = platform.make(board)
    assert (board.name, family_of(type(made)).name, made.default_clk_frequency) == ("mine", "ecp5", 25e6)


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
        ('title = "My board"', 'title = "B"\nsize_by_bits = { 9 = "small" }', r"size_by_bits: .* remove the field"),
        ('title = "My board"', 'title = "B"\ndefault_size = "small"', r"default_size: the most accurate .* that fits"),
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
        ("frequency = 25_000_000", "frequency = 9223372036854775807", r"pins\.frequency: 9223372036854775807 Hz"),
        ('speed = "6"', 'speed = "6 ; x"', r"pins\.speed: '6 ; x' is no part's"),
        ('title = "My board"', 'title = "B"\nsynthesis = "-dsp; ! x"', "synthesis: '-dsp; ! x' is no list of options"),
        ('title = "My board"', 'title = "B"\nsynthesis = "-dsp\\n! x"', "synthesis: .* is no list of options"),
        ("[uart]", "[flash]\noffset = 5\nsize = 5\n[uart]", r"flash\.offset: 5 is not inside a flash of 5 bytes"),
        ("[uart]", "[flash]\noffset = 5\nsize = 33554432\n[uart]", r"flash\.size: 33554432"),
        ("bram_kbit = 18", "bram_kbit = 18\nsprams = -1", r"budget\.sprams: -1"),
        ('clock = "P6"', 'clock = ""', r"pins\.clock"),
        ('"ecp5"', '"virtex"', r"pins\.family: 'virtex'"),
        ('rx = "P2"\n', "", "both rx and tx"),
        ('rx = "P2"', 'rx = "A9 ; x"', r"uart\.rx: 'A9 ; x' is not the name of a pin"),
        ('tx = "P3"', 'tx = ""', r"uart\.tx: '' is not the name of a pin"),
        ('tx = "P3"', 'tx = "P3\\nP4"', r"uart\.tx: 'P3\\nP4' is not the name of a pin"),
        ('"P11"', '"P11 P12"', r"pins\.leds\[0\]: 'P11 P12' is not the name of a pin"),
        ('clock = "P6"', 'clock = "P6;"', r"pins\.clock: 'P6;' is not the name of a pin"),
        ('"LVCMOS33"', '"LVCMOS33 ; x"', r"attributes: .*LVCMOS33 ; x.* is not an IO attribute"),
        ("baud = 115_200", "baud = 99999999999999999999", r"uart\.baud: "),
        ("baud = 115_200", "baud = 12_000_001", r"uart\.baud: 12000001"),
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


@pytest.mark.parametrize("spelled", ["", ":", "os:system", "amaranth_boards.icebreaker:Nothing"])
def test_a_platform_that_is_none_is_one_clear_line(spelled: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN[: OWN.index("[pins]")].replace("title =", f'platform = "{spelled}"\ntitle ='))
    with pytest.raises(HwgenError, match=f"mine.toml: platform '{spelled}' not found"):
        boards.load(str(path))


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


def test_a_part_of_another_family_by_the_same_vendor_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('platform = "amaranth_boards.stepmxo2:StepMXO2Platform"')
    with pytest.raises(HwgenError, match=r"StepMXO2Platform \(LCMXO2-4000HC\): hwgen supports ecp5, "):
        boards.load(str(path))


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
    text = text.replace("bram_kbit = 18", f"bram_kbit = {FAMILIES[family].block_ram_kbit}")
    path.write_text(text.replace('speed = "6"', 'speed = "1"'))
    board = boards.load(str(path))
    if known:
        assert family_of(type(platform.make(board))).name == family
        other = 36 if family != "xilinx" else 18
        with pytest.raises(
            HwgenError, match=f"board mine: bram_kbit: .* block RAMs of {FAMILIES[family].block_ram_kbit} kbit"
        ):
            platform.make(replace(board, budget=replace(board.budget, bram_kbit=other)))
    else:
        with pytest.raises(HwgenError, match=r"board mine: .*(\[pins\]|hwgen supports)"):
            platform.make(board)


def test_a_part_without_a_speed_is_of_the_slowest(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN.replace('speed = "6"\n', ""))
    assert platform.make(boards.load(str(path))).speed == "6"


@pytest.mark.parametrize("name", boards.names())
def test_a_listed_board_has_a_clock_for_its_line(name: str) -> None:
    """And a bridge, whose rate it can make within a thousandth."""
    board = boards.load(name)
    plan = Clocks(platform.make(board)).for_line(board.uart.baud)
    assert board.uart.bridge and abs(Baud(plan.frequency, board.uart.baud).error) < 0.001
