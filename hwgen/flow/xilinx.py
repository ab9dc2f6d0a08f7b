"""7-series: figures by yosys, projects for Vivado and openXC7, bitstreams where one of them is installed."""

from __future__ import annotations

import os

from hwgen import tools
from hwgen.chips.xilinx7 import OPENXC7, toolchains
from hwgen.flow import platform as platforms
from hwgen.flow import utilisation
from hwgen.flow.built import NAME, Built
from hwgen.flow.steps import Steps
from hwgen.flow.target import Target
from hwgen.flow.top import BoardTop

# yosys knows BUFGCTRL without SIM_DEVICE, which only Vivado's simulation asks for.
# autoname, which the other families' synthesis ends with, calls cells after what they drive: a report counts by name.
_SYNTHESIS = (
    "read_rtlil top.il; setparam -unset SIM_DEVICE t:BUFGCTRL; "
    "synth_xilinx -flatten -arch xc7 {options} -top top; autoname; write_json top.json"
)
_RTLIL = f"{NAME}.il"


def build(top: BoardTop, target: Target, steps: Steps, advice: str) -> Built:
    """Figures, projects, and a bitstream if a tool for it is here; see `hwgen.flow.build.build`."""
    board = target.board
    projects = toolchains(target.part)
    for toolchain, name in projects.items():
        folder = steps.folder / name
        plan = platforms.plan(target.platform(toolchain), board, top, NAME, synth_opts=board.synthesis)
        if rtlil := plan.files.pop(_RTLIL, None):
            (steps.folder / _RTLIL).write_text(str(rtlil), encoding="utf-8")
        plan.extract(folder)
        (folder / f"build_{NAME}.sh").chmod(0o755)
    yosys = tools.require("yosys", "for synthesis")
    steps.run("synthesis", [yosys, "-p", _SYNTHESIS.format(options=board.synthesis)])
    used = utilisation.of_netlist(steps.folder / "top.json", target.family)
    utilisation.check_fit(used, board, advice)

    script, log = f"build_{NAME}.sh", ""
    if tools.find("vivado"):
        steps.run("vivado", ["sh", "-c", f"cd vivado && sh {script} && cp top.bit .."])
        log = "vivado"
    elif "Xray" in projects and all(tools.find(tool) for tool in OPENXC7):
        tools.use()
        steps.run("openxc7", ["sh", "-c", f"cd openxc7 && sh {script} && cp top.bit .."], dict(os.environ))
        log = "openxc7"
    names, folders = ("Vivado or openXC7", "vivado/ or openxc7/") if "Xray" in projects else ("Vivado", "vivado/")
    note = "" if log else f"no {names}: run `sh build_top.sh` in {folders} where it is installed"
    return Built(used, None, "top.bit" if log else None, steps.seconds, steps.peak_megabytes(), note)
