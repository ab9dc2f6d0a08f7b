"""da4ml's own Verilog for a constant matrix, in direct form: one matrix over all the values of the window."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from amaranth.hdl import C, Cat, ClockSignal, Instance, Module, Signal, Value
from da4ml.codegen import VerilogModel
from da4ml.trace import FixedVariableArray, HWConfig, comb_trace
from da4ml.types import CombLogic, minimal_kif

from comparison.window import WindowSums, window_type
from hwgen.graph.tensor import Integers, TensorType

STATIC = ("shift_adder.v", "negative.v")
"""Of da4ml's library, what a constant matrix takes."""


class Da4mlSums(WindowSums):
    """A matrix by da4ml between registers.

    Attributes:
        modules: the Verilog of what `name` stands for, by file name.
    """

    def __init__(self, matrix: Integers, constants: Integers, source: TensorType, *, name: str, cutoff: int) -> None:
        """`cutoff`: da4ml's ``latency_cutoff``, adders between two registers; 0 for one register, behind them all."""
        self.name, self.cutoff = name, cutoff
        window = window_type(source, matrix.shape[1])
        columns = matrix.reshape(len(matrix), -1).T
        given = (
            np.ascontiguousarray(array, dtype=np.int64).tobytes()
            for array in (columns, constants, window.low, window.high)
        )
        solution = _solved(*given)
        self.inputs = [minimal_kif(interval) for interval in solution.inp_qint]
        self.outputs = [minimal_kif(interval) for interval in solution.out_qint]
        self.modules, stages = _verilog(solution, name, cutoff)
        self.latency = stages + 1
        super().__init__(matrix, constants, source)

    def sums_of(self, m: Module, window: list[Value]) -> list[Value]:
        given = Cat(value[: sum(kif)] for value, kif in zip(window, self.inputs, strict=True))
        taken = Signal(sum(sum(kif) for kif in self.outputs))
        clock = {"i_clk": ClockSignal()} if self.cutoff else {}
        m.submodules.matrix = Instance(self.name, i_model_inp=given, o_model_out=taken, **clock)
        out: Value = taken
        if not self.cutoff:
            out = Signal.like(taken, name="sums", reset_less=True)
            m.d.sync += out.eq(taken)
        found, place = [], 0
        for signed, integers, fractional in self.outputs:
            width = signed + integers + fractional
            bits = out[place : place + width]
            value: Value = (bits.as_signed() if signed else bits) if width else C(0)
            found.append(value << -fractional if fractional < 0 else value)
            place += width
        return found


@lru_cache(maxsize=64)
def _solved(columns: bytes, constants: bytes, low: bytes, high: bytes) -> CombLogic:
    """da4ml's adders for a matrix of ``(inputs, outputs)``, the constants among them."""
    offsets, lows, highs = (np.frombuffer(array, dtype=np.int64) for array in (constants, low, high))
    matrix = np.frombuffer(columns, dtype=np.int64).reshape(lows.size, offsets.size)
    inputs = FixedVariableArray.from_lhs(
        lows.astype(float),
        highs.astype(float),
        np.ones(lows.size),
        HWConfig(1, -1, -1),
        solver_options={"hard_dc": -1},  # as deep as they like
    )
    sums = inputs @ matrix.astype(float)
    return comb_trace(inputs, sums + offsets.astype(float) if offsets.any() else sums)


def _verilog(solution: CombLogic, name: str, cutoff: int) -> tuple[dict[str, str], int]:
    """Its Verilog by file name, and how many stages it has."""
    with tempfile.TemporaryDirectory(prefix="hwgen-peer-") as folder:
        model = VerilogModel(solution, name, folder, latency_cutoff=cutoff or -1, print_latency=False)
        model.write()
        sources = Path(folder) / "src"
        written = [*sorted(sources.glob("*.v")), *(sources / "static" / file for file in STATIC)]
        modules = {path.name: path.read_text() for path in written if not path.stem.endswith("_wrapper")}
        return modules, len(model._pipe.solutions) if model._pipe is not None else 0
