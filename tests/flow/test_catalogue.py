"""Boards that amaranth-boards alone describes: all are listed, and a file says only what differs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.flow import board as boards
from hwgen.flow import catalogue
from hwgen.flow.aim import Aim
from hwgen.flow.board import Board
from hwgen.flow.design import build_design
from hwgen.flow.target import Target
from hwgen.model import Model
from hwgen.text.vocabulary import Vocabulary
from tests.flow.test_pins import files
from tests.random_graph import random_graph

ALONE = sorted(set(boards.every()) - set(boards.names()))


@pytest.fixture(scope="module")
def model() -> Model:
    graph = random_graph(np.random.default_rng(0), vocabulary=64, filters=2, classes=2)
    return Model(graph, Vocabulary(tuple(f"w{i}" for i in range(61)), 2), ("no", "yes"), {})


def own(folder: Path, text: str, name: str = "mine") -> Board:
    (folder / f"{name}.toml").write_text(text)
    return boards.load(str(folder / f"{name}.toml"))


def test_there_are_boards_of_every_family() -> None:
    open_tools = [name for name in boards.every() if Target.of(boards.load(name)).family.toolchain]
    assert len(open_tools) >= 35 and len(boards.every()) >= 55
    assert {Target.of(boards.load(name)).family.name for name in ALONE} == {"ecp5", "ice40", "gowin", "xilinx"}


@pytest.mark.parametrize("name", ALONE)
def test_its_pins_reach_the_tools(name: str, model: Model) -> None:
    """Line and clock, each at pins of their own; nothing is asked for that the board has not."""
    made = files(boards.load(name), model)
    (text,) = (text for file, text in made.items() if file.endswith((".lpf", ".pcf", ".cst", ".xdc")))
    assert "rx__io" in text and "tx__io" in text


@pytest.mark.parametrize("name", ["icesugar", "tang_primer_20k_lite", "ecpix5_45"])
def test_the_smallest_design_goes_to_a_bitstream(name: str, model: Model, tmp_path: Path) -> None:
    report = build_design(model, "tiny", boards.load(name), tmp_path / "out", Aim(lanes=1))
    assert report.bitstream and (tmp_path / "out" / report.bitstream).stat().st_size > 10_000


def test_a_line_of_its_own_is_two_free_pins_of_a_connector() -> None:
    """Of a Pmod as Digilent's are; a connector on another is followed to the part."""
    bitsy, logicbone = boards.load("icebreaker_bitsy"), boards.load("logicbone")
    assert bitsy.uart.bridge == "an adapter, its input at pmod 1 pin 2, its output at pmod 1 pin 3"
    assert (bitsy.uart.tx, bitsy.uart.rx, bitsy.uart.attributes) == ("48", "4", {"IO_STANDARD": "SB_LVCMOS"})
    assert (logicbone.uart.tx, logicbone.uart.rx) == ("C20", "D19")
    assert boards.load("fomu_hacker").uart.bridge.endswith("its input at pin 0 pin 1, its output at pin 1 pin 1")


def test_a_board_whose_name_a_file_has_taken_is_plain() -> None:
    dock, core = boards.load("tang_primer_20k"), boards.load("tang_primer_20k_plain")
    assert dock.platform != core.platform and "tang_primer_20k_plain" in boards.every()
    assert len(boards.every()) == len(set(boards.every()))
    with pytest.raises(HwgenError, match="ulx3s_plain: not a file"):
        boards.load("ulx3s_plain")


def test_a_slow_clock_has_a_slow_line() -> None:
    assert boards.load("ice40_hx1k_blink_evn").uart.baud == 115_200


def test_a_file_says_what_differs(tmp_path: Path) -> None:
    listed = boards.load("icesugar")
    faster = own(tmp_path, "[uart]\nbaud = 2_000_000\n", "icesugar")
    assert faster.uart.baud == 2_000_000 and faster.budget == listed.budget and faster.platform == listed.platform
    titled = own(tmp_path, 'title = "My Bitsy"\nplatform = "amaranth_boards.icebreaker_bitsy:ICEBreakerBitsyPlatform"')
    assert titled.title == "My Bitsy" and titled.uart == boards.load("icebreaker_bitsy").uart
    smaller = own(tmp_path, "[budget]\nluts = 999\nffs = 999\ndsps = 0\nbrams = 9\nbram_kbit = 4\n", "icesugar")
    assert smaller.budget.luts == 999


def test_the_part_of_pins_says_its_budget(tmp_path: Path) -> None:
    text = """title = "B"
uart = { rx = "P2", tx = "P3" }
[pins]
family = "ecp5"
device = "LFE5U-45F"
package = "BG256"
clock = "P6"
frequency = 25_000_000
"""
    assert own(tmp_path, text).budget == boards.load("ulx3s_45f").budget
    with pytest.raises(HwgenError, match=r"lfe5u-99f-bg256: .* does not know what it offers; add a \[budget\]"):
        own(tmp_path, text.replace("45F", "99F"))


@pytest.mark.parametrize(
    ("spelled", "message"),
    [
        ("fomu_pvt:FomuPVTPlatform", "has neither a UART nor two free pins at connectors"),
        ("microzed_z010:MicroZedZ010Platform", "has no clock of its own"),
        ("arty_a7:_ArtyA7Platform", "hwgen supports"),
    ],
)
def test_what_a_platform_lacks_is_told(spelled: str, message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        catalogue.defaults(catalogue.spelled_class(f"amaranth_boards.{spelled}"))


def test_a_name_imports_few_modules() -> None:
    assert catalogue.find("icesugar") == "amaranth_boards.icesugar:ICESugarPlatform"
    assert catalogue.find("logicbone_85f") == "amaranth_boards.logicbone:Logicbone85FPlatform"
    assert catalogue.find("icesug") is None and catalogue.find("") is None
