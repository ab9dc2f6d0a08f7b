"""From a board's top level to its bitstream."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from amaranth.lib import wiring

from hwgen import tools
from hwgen.chips.family import ChipFamily
from hwgen.errors import HwgenError
from hwgen.flow import platform as platforms
from hwgen.flow import utilisation, xilinx
from hwgen.flow.board import Board
from hwgen.flow.built import NAME, Built
from hwgen.flow.routing import PLACED, place
from hwgen.flow.steps import Steps
from hwgen.flow.target import Target
from hwgen.flow.timing import critical_path, slowest
from hwgen.flow.top import BoardTop
from hwgen.flow.utilisation import FitError, Utilisation

_FULL = re.compile("Failed to expand region|[Uu]nable to find (a )?(legal )?placement|no (Bels|BELs) remaining")
IMAGE = "flash.bin"
"""All that must be in a board's flash."""


def build(
    shell: wiring.Component,
    target: Target,
    steps: Steps,
    *,
    advice: str = "",
    seeds: Sequence[int] = (1,),
    counts: bool = False,
    table: bytes | None = None,
) -> Built:
    """Synthesise, check the fit, place, route and pack, in `steps.folder`.

    Xilinx parts are synthesised by yosys for the figures; a bitstream is made where Vivado or openXC7 is installed,
    and the projects for both are left in the folder in any case.

    Args:
        target: what it is for.
        advice: what would fit, should this not.
        seeds: of the placer; of several, tried at a time, the first that reaches the clock is kept.
        counts: whether there are popcounts in it.
        table: what the board's flash must hold beside the bitstream, at the offset its file says.

    Raises:
        FitError: when the design does not fit.
        HwgenError: when a tool is missing or fails, or the clock is not reached.
    """
    board, family, clock = target.board, target.family, target.run_at
    top = BoardTop(shell, board, clock)
    toolchain = family.toolchain
    if toolchain is None:
        return xilinx.build(top, target, steps, advice)
    commands = commands_for(top, target, steps)
    synthesise(steps, commands.synthesis, family)
    used, spare = _prepare(steps.folder / toolchain.netlist, target, advice)
    router = [*commands.router, *family.router_options(target.clock, spread=spare > 0)]
    crowded = family.crowded_clock(target.part, used.luts)
    scarce = (crowded is not None and target.clock <= crowded) or family.scarce_wires(counts=counts)
    try:
        attempt = place(steps, router, seeds, float(clock.frequency), scarce=scarce)
    except HwgenError as error:
        if not _FULL.search(str(error)):
            raise
        raise FitError(
            f"the design does not fit {board.title}: nextpnr finds no place for it ({error}); {advice}"
        ) from None
    steps.run("bitstream", commands.pack)
    for tool, *rest in commands.others:
        # What a platform appends is a convenience, such as OrangeCrab's suffix for its boot loader.
        if found := tools.find(tool):
            steps.run(tool, [found, *rest])
    report = json.loads((steps.folder / PLACED).read_text(encoding="utf-8"))
    fmax = fmax_of(report, clock.frequency)
    placed = used.placed(report["utilization"], toolchain, spare)
    return Built(
        placed,
        fmax,
        toolchain.bitstream,
        steps.seconds,
        steps.peak_megabytes(),
        critical_path=critical_path(report),
        seed=attempt.seed,
        image=None if table is None else _flash_image(steps.folder, board, toolchain.bitstream, table),
        netlist=used if toolchain.packs_silently else None,
    )


@dataclass(frozen=True)
class Commands:
    """What makes a bitstream, each a program with its arguments, in this order; `others` where they are installed."""

    synthesis: list[str]
    router: list[str]
    pack: list[str]
    others: list[list[str]]


def commands_for(top: BoardTop, target: Target, steps: Steps) -> Commands:
    """The open tools' commands, with all that they read left in `steps.folder`.

    Raises:
        HwgenError: when a tool is missing, or the board's file asks for what there is not.
    """
    plan = platforms.plan(target.platform(), target.board, top, NAME, **_overrides(target))
    plan.extract(steps.folder)
    commands = json.loads(plan.files[f"build_{NAME}.json"])["commands"]
    synthesis, router, pack = [[tools.require(tool, "to build"), *_aloud(rest)] for tool, *rest in commands[:3]]
    return Commands(synthesis, router, pack, commands[3:])


def _prepare(netlist: Path, target: Target, advice: str) -> tuple[Utilisation, int]:
    """Make a netlist ready for the router; returns what it takes, and the tables that only keep places free.

    Raises:
        FitError: when the design does not fit.
    """
    design = json.loads(netlist.read_text(encoding="utf-8"))
    mended = target.family.mend(design)
    used = utilisation.of_design(design, target.family)
    utilisation.check_fit(used, target.board, advice)
    spare = target.family.spread(design, target.part, used.luts)
    if mended or spare:
        netlist.write_text(json.dumps(design), encoding="utf-8")
    return used, spare


def _flash_image(folder: Path, board: Board, bitstream: str, table: bytes) -> str:
    """Write bitstream, padding and table as one file, as they are to lie in the flash; returns its name.

    Raises:
        FitError: when one does not fit.
    """
    flash, configuration = board.flash, (folder / bitstream).read_bytes()
    assert flash is not None
    if len(configuration) > flash.offset:
        raise FitError(
            f"the bitstream has {len(configuration)} bytes and reaches into the table at flash.offset {flash.offset}; "
            "choose a higher one in the board's file"
        )
    if flash.offset + len(table) > flash.size:
        raise FitError(
            f"the table has {len(table)} bytes and does not fit behind flash.offset {flash.offset} of {flash.size}; "
            "choose a lower one in the board's file, or train with a smaller vocabulary.size"
        )
    (folder / IMAGE).write_bytes(configuration.ljust(flash.offset, b"\xff") + table)
    return IMAGE


def synthesise(steps: Steps, command: list[str], family: ChipFamily) -> None:
    """Run yosys; once more with flip-flops mapped along, where the family says that it did the logic alone amiss.

    Raises:
        HwgenError: when it fails otherwise.
    """
    log, failure = steps.folder / f"{NAME}.rpt", None
    try:
        steps.run("synthesis", command)
    except HwgenError as error:
        failure = error
    said = log.read_text(errors="replace", encoding="utf-8") if log.is_file() else ""
    if not family.synthesised_amiss(said, failed=failure is not None):
        if failure is not None:
            raise failure
        return
    script = steps.folder / f"{NAME}.ys"
    text = script.read_text(encoding="utf-8")
    synthesis = f"synth_{family.name} "
    script.write_text(text.replace(synthesis, f"{synthesis}-dff "), encoding="utf-8")
    steps.run("synthesis again", command)


def _aloud(arguments: list[str]) -> list[str]:
    """A tool's arguments without those that keep it from saying how it gets on."""
    return [argument for argument in arguments if argument not in ("-q", "--quiet")]


def _overrides(target: Target) -> dict[str, str]:
    """Options of the tools behind Amaranth's templates."""
    place = ["--report", PLACED, "--timing-allow-fail"]
    return {"synth_opts": target.board.synthesis, "nextpnr_opts": shlex.join(place)}


class TimingError(HwgenError):
    """The routed design misses its clock.

    Attributes:
        found: what it reaches, and which path keeps it from more.
        reached: what it reaches, in Hz.
    """

    def __init__(self, report: dict[str, Any], clock: float | Fraction) -> None:
        self.reached = slowest(report)
        self.found = f"the routed design reaches {self.reached / 1e6:.1f} MHz of {float(clock) / 1e6:g}"
        if path := critical_path(report):
            self.found += f"; its slowest path is {path}"
        super().__init__(self.found)


def fmax_of(report: dict[str, Any], clock: float | Fraction) -> float:
    """The slowest clock in nextpnr's report, in Hz.

    Raises:
        TimingError: when it is slower than `clock`.
        HwgenError: when there is none.
    """
    fmax = slowest(report)
    if fmax < clock:
        raise TimingError(report, clock)
    return fmax
