"""Figures of a component by itself: synthesis, and the packing of what it gives."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from amaranth.back import rtlil
from amaranth.hdl import Signal, Value
from amaranth.lib import wiring

from hwgen import tools
from hwgen.chips.family import ChipFamily
from hwgen.errors import HwgenError
from hwgen.flow import utilisation
from hwgen.flow.utilisation import Utilisation

SYNTHESIS = {
    "xilinx": "synth_xilinx -flatten -noiopad",
    "ecp5": "synth_ecp5",
    "ice40": "synth_ice40 -dsp",
    "gowin": "synth_gowin -noiopads",
}
"""For a component by itself: its ports are no pins."""


def synthesise(component: wiring.Component, family: ChipFamily, ports: Sequence[Signal] | None = None) -> Utilisation:
    """What `component` takes by itself after synthesis for `family`, carry chains as look-up tables.

    Args:
        ports: signals that are its ports, where they are not those of its signature.
    """
    with tempfile.TemporaryDirectory(prefix="hwgen-bench-") as name:
        folder = Path(name)
        synthesise_text(
            rtlil.convert(component, name="top", platform=family, ports=ports, emit_src=False), family, folder
        )
        return utilisation.of_netlist(folder / "top.json", family)


def synthesise_text(text: str, family: ChipFamily, folder: Path, options: str = "") -> None:
    """Make ``top.json`` in `folder` of RTLIL whose top module is ``top`` and whose ports are no pins."""
    (folder / "top.il").write_text(text)
    script = f"read_rtlil top.il; {SYNTHESIS[family.name]} -top top{{}}; write_json top.json"
    try:
        tools.run_yosys(script.format(options), folder, "to measure")
    except HwgenError:  # ABC9 crashes on some, but not with the flip-flops mapped along, as a build then does
        tools.run_yosys(script.format(" -dff"), folder, "to measure")


PACKERS = {
    "ecp5": ("nextpnr-ecp5", "--85k", "--package", "CABGA756", "TRELLIS_COMB"),
    "ice40": ("nextpnr-ice40", "--up5k", "--package", "sg48", "ICESTORM_LC"),
}
"""Tool, options and cell of the families whose tables are counted as they are packed."""


def packed(netlist: Path, family: ChipFamily) -> int:
    """Look-up tables or logic cells as nextpnr packs a netlist.

    Raises:
        HwgenError: when it fails.
    """
    tool, *options, cell = PACKERS[family.name]
    command = [tools.require(tool, "to measure"), *options, "--json", netlist.name, "--pack-only"]
    done = subprocess.run(command, cwd=netlist.parent, capture_output=True, text=True, check=False)
    found = re.search(rf"{cell}:\s*(\d+)/", done.stderr)
    if done.returncode or not found:
        lines = [line for line in done.stderr.splitlines() if "ERROR" in line] or ["no message"]
        raise HwgenError(f"{tool} failed: {lines[0]}")
    return int(found[1])


def signals(component: wiring.Component) -> list[Signal]:
    """Signals of all ports."""
    flat = (Value.cast(value) for _, _, value in component.signature.flatten(component))
    return [value for value in flat if isinstance(value, Signal)]
