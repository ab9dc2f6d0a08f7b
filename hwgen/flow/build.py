"""From a board's top level to its bitstream."""

from __future__ import annotations

import json
import shlex
from typing import Any

from amaranth.lib import wiring

from hwgen import tools
from hwgen.errors import HwgenError
from hwgen.flow import platform as platforms
from hwgen.flow import utilisation, xilinx
from hwgen.flow.board import Board
from hwgen.flow.built import NAME, Built
from hwgen.flow.steps import Steps
from hwgen.flow.top import BoardTop

_CONFLICT = "multiple conflicting drivers"
_ABC = "Running ABC command"
_ASSERT = "ERROR: Assert"
PLACED = "place-and-route.json"
"""nextpnr's report."""
_NETLIST = {"ecp5": "top.json", "ice40": "top.json", "gowin": "top.syn.json"}
_BITSTREAM = {"ecp5": "top.bit", "ice40": "top.bin", "gowin": "top.fs", "xilinx": "top.bit"}


def build(
    shell: wiring.Component, board: Board, steps: Steps, *, advice: str = "", seed: int = 1, counts: bool = False
) -> Built:
    """Synthesise, check the fit, place, route and pack, in `steps.folder`.

    Xilinx parts are synthesised by yosys for the figures; a bitstream is made where Vivado or openXC7 is installed,
    and the projects for both are left in the folder in any case.

    Args:
        advice: what would fit, should this not.
        seed: of the placer.
        counts: whether there are popcounts in it.

    Raises:
        HwgenError: when the design does not fit or a tool is missing or fails.
    """
    platform = platforms.make(board)
    family = platforms.family(platform)
    top = BoardTop(shell, board)
    if family == "xilinx":
        return xilinx.build(top, board, steps, advice)
    plan = platforms.plan(platform, board, top, NAME, **_overrides(platform, board, seed, counts))
    plan.extract(steps.folder)
    commands = json.loads(plan.files[f"build_{NAME}.json"])["commands"]
    synthesis, place, pack = [[tools.require(tool, "to build"), *rest] for tool, *rest in commands[:3]]
    synthesise(steps, synthesis, family)
    used = utilisation.of_netlist(steps.folder / _NETLIST[family], family)
    utilisation.check_fit(used, board, advice)
    steps.run("place and route", place)
    steps.run("bitstream", pack)
    for tool, *rest in commands[3:]:
        # What a platform appends is a convenience, such as OrangeCrab's suffix for its boot loader.
        if found := tools.find(tool):
            steps.run(tool, [found, *rest])
    report = json.loads((steps.folder / PLACED).read_text())
    fmax = fmax_of(report, platform.default_clk_frequency)
    used = used.placed(report["utilization"], family)
    return Built(used, fmax, _BITSTREAM[family], steps.seconds, steps.peak_megabytes())


def synthesise(steps: Steps, command: list[str], family: str) -> None:
    """Run yosys; on ECP5 once more with flip-flops mapped along, where ABC9 does the logic alone wrongly or not at all.

    yosys 0.70's can leave two flip-flops on one net or fail an assertion, and YoWASP's takes all of yosys with it when
    it crashes, without a word behind the line that announces it.
    """
    log = steps.folder / f"{NAME}.rpt"
    try:
        steps.run("synthesis", command)
    except HwgenError:
        said = log.read_text(errors="replace").strip().splitlines() if log.is_file() else []
        if family != "ecp5" or not said or not said[-1].startswith((_ABC, _ASSERT)):
            raise
    else:
        if family != "ecp5" or _CONFLICT not in log.read_text(errors="replace"):
            return
    script = steps.folder / f"{NAME}.ys"
    script.write_text(script.read_text().replace("synth_ecp5 ", "synth_ecp5 -dff "))
    steps.run("synthesis again", command)


def _overrides(platform: Any, board: Board, seed: int, counts: bool) -> dict[str, str]:
    """Options of the tools behind Amaranth's templates."""
    place = ["--report", PLACED, "--seed", str(seed), "--timing-allow-fail"]
    if platforms.family(platform) == "gowin":
        # No constraint file carries the clock there.
        place += ["--freq", f"{platform.default_clk_frequency / 1e6:g}"]
    if counts and platforms.family(platform) == "ice40":
        # The default router, mostly the better one, rips the same two nets up for ever among popcounts' carry chains.
        place += ["--router", "router2"]
    return {"synth_opts": board.synthesis, "nextpnr_opts": shlex.join(place)}


def fmax_of(report: dict[str, Any], clock: float) -> float:
    """The slowest clock in nextpnr's report, which must keep up with the board's.

    Raises:
        HwgenError: when there is none, or it is slower than the board's.
    """
    clocks = report["fmax"]
    if not clocks:
        raise HwgenError("place and route: nextpnr reports no clock; is the board's clock pin right?")
    fmax = float(min(each["achieved"] for each in clocks.values())) * 1e6
    if fmax < clock:
        raise HwgenError(
            f"the routed design reaches {fmax / 1e6:.1f} MHz, the board's clock is {clock / 1e6:g} MHz; "
            "try another --seed, fewer --lanes, or --engine folded"
        )
    return fmax
