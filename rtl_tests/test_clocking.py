"""A whole board's top level on a model of its family's PLL: nothing moves until the lock, then the design answers."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from hwgen import tools
from hwgen.flow import board as boards
from hwgen.flow import platform as platforms
from hwgen.flow.clocks import ClockPlan, Clocks
from hwgen.flow.design import make_shell
from hwgen.flow.target import Target
from hwgen.flow.top import BoardTop
from hwgen.host.protocol import FrameReader, Identity, request
from hwgen.model import Model
from hwgen.rtl.plan import Plan
from hwgen.text.vocabulary import Vocabulary
from hwgen.wire import Kind
from tests.random_graph import random_graph

MODELS = Path(__file__).with_name("pll_models.v")
WAIT = 30_000
"""Nanoseconds from the lock to the request."""
BENCH = """
`timescale 1ns/1ps
module bench;
    reg clock = 0, rx = 1;
    wire tx;
    wire line = rx;
    integer moved = 0, place, got;
    reg [7:0] heard;
    real since;
    reg [0:{count}] levels = {size}'b{levels};
    always #({half}) clock = ~clock;
    top dut (.{clock}(clock), .{rx}(line), .{tx}(tx));
    always @(posedge dut.clk) if (!dut.pll_locked && !({held})) moved = moved + 1;
    initial begin
        wait (dut.pll_locked);
        $display("moved %0d", moved);
        since = $realtime;
        wait (!({held}));
        $display("held %0d", $realtime - since);
    end
    initial begin
        wait (dut.pll_locked);
        #({wait});
        for (place = 0; place <= {count}; place = place + 1) begin rx = levels[place]; #({bit}); end
        #(600 * {bit}) $finish;
    end
    initial begin
        wait (dut.pll_locked);
        forever begin
            @(negedge tx) #(1.5 * {bit});
            for (got = 0; got < 8; got = got + 1) begin heard[got] = tx; #({bit}); end
            $display("heard %0d", heard);
        end
    end
endmodule
"""


@pytest.fixture(scope="module")
def model() -> Model:
    graph = random_graph(np.random.default_rng(0), vocabulary=64, filters=2, classes=2)
    return Model(graph, Vocabulary(tuple(f"w{i}" for i in range(61)), 2), ("no", "yes"), {})


def verilog(board: boards.Board, clock: ClockPlan, model: Model, folder: Path) -> str:
    """The top level, with instances of the part's own cells."""
    platform = platforms.make(board)
    shell = make_shell(model, Plan.folded(3), Target.of(board).at(clock))
    platforms.plan(platform, board, BoardTop(shell, board, clock), "top").extract(folder)
    read = "read_rtlil top.il" if (folder / "top.il").is_file() else "read_verilog top.v"
    tools.run_yosys(f"{read}; proc; write_verilog -noattr design.v", folder, "to simulate")
    return (folder / "design.v").read_text()


@pytest.mark.parametrize(
    ("name", "megahertz", "held", "pause"),
    [
        # On ECP5 the global reset, which no netlist shows, holds every register.
        ("ulx3s", 70, "!dut.reset.GSR", 0),
        ("icebreaker", 24, "dut.rst", 15_000),
        ("tang_nano_9k", 40, "dut.rst", 0),
        ("arty_a7", 96, "0", 0),
    ],
)
def test_a_board_waits_for_its_pll_and_answers(
    name: str, megahertz: float, held: str, pause: float, model: Model, tmp_path: Path
) -> None:
    board = boards.load(name)
    clock = Clocks(platforms.make(board)).at_most(megahertz * 1e6)
    assert clock.pll is not None
    text = verilog(board, clock, model, tmp_path)
    oscillator = re.search(r"\bclk\d+_0__io\b", text)
    assert oscillator is not None
    frame = request(Kind.IDENTIFY, 7)
    levels = "".join(f"0{byte:08b}"[:1] + f"{byte:08b}"[::-1] + "1" for byte in frame)
    bench = BENCH.format(
        half=0.5e9 / float(clock.reference),
        bit=1e9 / board.uart.baud,
        wait=WAIT,
        levels=levels,
        size=len(levels),
        count=len(levels) - 1,
        held=held,
        clock=oscillator[0],
        rx="uart_0__rx__io",
        tx="uart_0__tx__io",
    )
    (tmp_path / "bench.v").write_text(bench)
    compiled = ["iverilog", "-g2012", "-o", "bench", "-s", "bench", "bench.v", "design.v", str(MODELS)]
    subprocess.run(compiled, cwd=tmp_path, check=True, timeout=120)
    run = subprocess.run(["vvp", "bench"], cwd=tmp_path, check=True, timeout=120, capture_output=True, text=True)
    told = re.findall(r"^(moved|held|heard) (\d+)$", run.stdout, re.MULTILINE)
    assert ("moved", "0") in told
    (held_for,) = (int(value) for what, value in told if what == "held")
    assert pause <= held_for < WAIT
    replies = FrameReader().feed(bytes(int(value) for what, value in told if what == "heard"))
    assert [(reply.sequence, Identity.decode(reply.payload).digest) for reply in replies] == [(7, model.digest)]
