"""What a board file says of pins and tools reaches the constraints and scripts, or is one clear line."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.flow import board as boards
from hwgen.flow import platform as platforms
from hwgen.flow.design import make_shell
from hwgen.flow.target import Target
from hwgen.flow.top import BoardTop
from hwgen.model import Model
from hwgen.rtl.plan import Plan
from hwgen.text.vocabulary import Vocabulary
from tests.random_graph import random_graph

OWN = """
title = "My board"
budget = { luts = 24288, ffs = 24288, dsps = 28, brams = 56, bram_kbit = 18 }
uart = { rx = "P2", tx = "P3", attributes = { IO_TYPE = "LVCMOS33" } }

[pins]
family = "ecp5"
device = "LFE5U-25F"
package = "BG256"
speed = "6"
clock = "P6"
frequency = 25_000_000
leds = ["P11", "P12"]
leds_invert = true
attributes = { IO_TYPE = "LVCMOS33" }
"""


@pytest.fixture(scope="module")
def model() -> Model:
    graph = random_graph(np.random.default_rng(0), vocabulary=64, filters=2, classes=2)
    return Model(graph, Vocabulary(tuple(f"w{i}" for i in range(61)), 2), ("no", "yes"), {})


def files(board: boards.Board, model: Model, toolchain: str | None = None) -> dict[str, str]:
    """Amaranth's build plan for a board, as text."""
    platform = platforms.make(board, toolchain=toolchain)
    target = Target.of(board)
    shell = make_shell(model, Plan.folded(1), target)
    options = {"synth_opts": board.synthesis}
    made = platforms.plan(platform, board, BoardTop(shell, board, target.run_at), "top", **options).files
    return {name: text if isinstance(text, str) else text.decode() for name, text in made.items()}


def of_text(text: str, folder: Path) -> boards.Board:
    path = folder / "mine.toml"
    path.write_text(text)
    return boards.load(str(path))


@pytest.mark.parametrize("name", boards.names())
def test_every_listed_board_shows_activity_and_class(name: str, model: Model) -> None:
    made = files(boards.load(name), model)
    constraints = next(text for file, text in made.items() if file.endswith((".lpf", ".pcf", ".cst", ".xdc")))
    lights = {line for line in constraints.splitlines() if "led" in line and "__io" in line}
    assert len(lights) >= 2


def test_a_users_pins_are_constrained(model: Model, tmp_path: Path) -> None:
    constraints = files(of_text(OWN, tmp_path), model)["top.lpf"]
    for port, pin in (("clk_0__io", "P6"), ("uart_7__rx__io", "P2"), ("uart_7__tx__io", "P3"), ("led_1__io", "P12")):
        assert f'LOCATE COMP "{port}" SITE "{pin}"' in constraints
        assert f'IOBUF PORT "{port}" IO_TYPE=LVCMOS33' in constraints


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('tx = "P3"', 'tx = "P2"', "physical pin P2.* already used"),
        ('tx = "P3"', 'tx = "P11"', "physical pin P11.* already used"),
        ("LFE5U-25F", "LFE5U-99F", "do not know lfe5u-99f-bg256"),
        ("BG256", "XX1", "do not know lfe5u-25f-xx1"),
        ('title = "My board"', 'title = "B"\nleds = [["nope", 0]]', "nope#0 does not exist"),
        ('title = "My board"', 'title = "B"\nleds = [["led", 2]]', "led#2 does not exist"),
        ('title = "My board"', 'title = "B"\nleds = [["led.g", 0]]', "'led.g' is not one pin"),
        ('title = "My board"', 'title = "B"\nleds = [["uart", 7]]', "uart#7 has already been requested"),
    ],
)
def test_pins_that_cannot_be(old: str, new: str, message: str, model: Model, tmp_path: Path) -> None:
    assert old in OWN
    with pytest.raises(HwgenError, match=f"board mine: .*{message}") as error:
        files(of_text(OWN.replace(old, new), tmp_path), model)
    assert "\n" not in str(error.value)


def test_a_group_of_pins_is_not_a_light(model: Model) -> None:
    with pytest.raises(HwgenError, match=r"'rgb_led' is not one pin; .*rgb_led\.g"):
        files(replace(boards.load("orangecrab"), leds=(("rgb_led", 0),)), model)


def test_a_platform_without_a_uart_needs_pins_for_one(model: Model) -> None:
    board = replace(boards.load("orangecrab"), uart=boards.Uart())
    with pytest.raises(HwgenError, match="uart#0 does not exist; see uart"):
        files(board, model)


def test_openxc7_may_use_block_ram_and_the_boards_options(model: Model) -> None:
    board = replace(boards.load("arty_a7"), synthesis="-nodsp")
    script = files(board, model, "Xray")["build_top.sh"]
    assert "synth_xilinx" in script and "-nodsp" in script and "nextpnr-xilinx" in script.lower()
    assert "-nobram" not in script
