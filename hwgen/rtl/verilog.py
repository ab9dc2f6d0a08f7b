"""A component as Verilog that every simulator and synthesiser reads alike."""

from __future__ import annotations

from amaranth.back import rtlil
from amaranth.lib import wiring

from hwgen import tools
from hwgen.files import temporary_folder
from hwgen.garbage import uncollected


def to_verilog(component: wiring.Component, *, name: str = "top") -> str:
    """Verilog-2005 of `component` and everything in it; the top module is called `name`.

    Logic is written as continuous assignments. Amaranth's own writer keeps ``always @*`` blocks, which Icarus does not
    run until an input changes, so that registers without a reset could start as X there.

    Raises:
        HwgenError: when yosys is missing or fails.
    """
    with temporary_folder() as path:
        with uncollected():
            text = rtlil.convert(component, name=name, emit_src=False)
        (path / "top.il").write_text(text, encoding="utf-8")
        script = "read_rtlil top.il; proc; memory_collect; opt_clean; write_verilog -noattr top.v"
        tools.run_yosys(script, path, "to write Verilog")
        return (path / "top.v").read_text(encoding="utf-8")
