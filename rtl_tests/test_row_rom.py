"""Rows in order, whatever the pauses, from tables, block RAMs and ECP5's own registers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from hwgen.chips.ecp5 import ECP5
from hwgen.rtl.lanes.row_rom import RowRom
from hwgen.rtl.verilog import to_verilog
from rtl_tests.cell_models import with_models
from rtl_tests.row_bench import run

MODEL = Path(__file__).parent / "dp16kd.v"


def columns(rows: int, count: int) -> list[int]:
    """Some of them constant, equal, or opposite."""
    random = np.random.default_rng(rows)
    made = [sum(int(bit) << row for row, bit in enumerate(random.integers(0, 2, rows))) for _ in range(count)]
    full = (1 << rows) - 1
    return [*made, 0, full, made[0], full ^ made[1]]


def expected(given: list[int], rows: int) -> list[int]:
    return [sum((column >> row & 1) << place for place, column in enumerate(given)) for row in range(rows)]


@pytest.mark.parametrize("rows", [2, 16, 17, 40])
def test_rows_follow_each_other_and_start_again_after_a_reset(rows: int) -> None:
    given = columns(rows, 9)
    rom, reset = RowRom(given, rows), Signal()
    random = np.random.default_rng(1)

    async def bench(ctx: Any) -> None:
        for _ in range(3):
            wanted = expected(given, rows) * 3
            ctx.set(rom.advance, 0)
            while not ctx.get(rom.ready):
                await ctx.tick()
            for row in wanted[: int(random.integers(rows, 3 * rows))]:
                while random.random() < 0.3:
                    assert ctx.get(rom.row) == row
                    await ctx.tick()
                assert ctx.get(rom.ready) and ctx.get(rom.row) == row
                ctx.set(rom.advance, 1)
                await ctx.tick()
                ctx.set(rom.advance, 0)
            ctx.set(reset, 1)
            await ctx.tick()
            ctx.set(reset, 0)

    simulator = Simulator(ResetInserter(reset)(rom))
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize(("rows", "count"), [(17, 40), (512, 20), (700, 20), (1221, 11)])
def test_ecp5_block_rams(rows: int, count: int, tmp_path: Path) -> None:
    """Each shape that they can be set to, by a model of their read ports."""
    given = columns(rows, count)
    rom = RowRom(given, rows, ECP5)
    verilog = with_models(rom, ECP5, tmp_path)
    assert "DP16KD" in verilog and "DP16KD" not in to_verilog(RowRom(given, rows, ECP5))
    run(tmp_path, verilog, (MODEL,), expected(given, rows) * 2)
