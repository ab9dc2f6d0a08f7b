"""What each component of a design takes: counted in its netlist, and by estimate."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hwgen.chips.family import ChipFamily
from hwgen.errors import HwgenError
from hwgen.flow import features
from hwgen.flow.estimate import total
from hwgen.flow.features import Part
from hwgen.flow.timing import component_of
from hwgen.flow.utilisation import Utilisation
from hwgen.rtl.chain import Chain, Stages, ports_of
from hwgen.rtl.core import Core
from hwgen.rtl.decision.side_by_side import SideBySide

AROUND, LINE = "around", "line"
"""What is in a core beside its stages, and what is around the core."""
_DRIVER = re.compile(
    r"(?P<stream>[a-z_]+?)__(payload|valid)[a-z_\d]*"
    r"_(SB_|TRELLIS_)?[A-Z][A-Z\d]*(_4K)?_(O|Q|Z|F|CO|COUT|SUM|S0|S1|DO[AB]?|RDATA)\d*(_|$)"
)
"""The name of a cell that drives a stream: the stream's, a kind of cell, and an output of it."""
NETLISTS = ("top.json", "top.syn.json")
"""Files of a build that may be its synthesised netlist, by yosys."""


@dataclass(frozen=True)
class Site:
    """Where a stage stands in a core, as the netlist's names tell.

    Attributes:
        key: its name among the costs, such as "convolution", or "vote.member_0.convolution" of a member's.
        enters, leaves: names of its streams.
        before: the key of what its stream comes from.
    """

    key: str
    enters: str
    leaves: str
    before: str


def sites(core: Core) -> list[Site]:
    """The stages of a core, those inside others first."""
    return list(_sites(core.stages, "", AROUND if core.plan.never_stalls else LINE))


def _sites(stages: Stages, inside: str, before: str) -> Iterator[Site]:
    for name, stage in stages.items():
        key = inside + name
        if isinstance(stage, SideBySide):
            for number, member in enumerate(stage.members):
                assert isinstance(member, Chain)
                yield from _sites(member.stages, f"{key}.member_{number}.", key)
        yield Site(key, *ports_of(stage), before)
        before = key


def counted(folder: Path, family: ChipFamily, core: Core) -> dict[str, Utilisation]:
    """What the components of a build take in its netlist, by cells; empty where there is none.

    Args:
        folder: what the build wrote.

    Raises:
        HwgenError: when the netlist cannot be read.
    """
    path = next((folder / name for name in NETLISTS if (folder / name).is_file()), None)
    if path is None:
        return {}
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["modules"]["top"]["cells"]
        kinds = [(name, str(cell["type"])) for name, cell in cells.items()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise HwgenError(f"{path}: no netlist of yosys's ({error!r})") from None
    namer = Namer(core)
    groups: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name, kind in kinds:
        groups[namer(name)][kind] += 1
    return {name: Utilisation.of_cells(group, family) for name, group in groups.items()}


class Namer:
    """Tells the component that a cell is in by its name: the key of a stage of `core`, `AROUND` or `LINE`.

    yosys names a cell after the place and the signal that it drives, and then after the pins on the way. A stream
    between two stages is called after either, or stands beside them.
    """

    def __init__(self, core: Core) -> None:
        listed = sites(core)
        self._sites = {site.key: site for site in listed}
        self._leaving = {site.leaves: site.key for site in reversed(listed) if "." not in site.key}
        if core.plan.never_stalls:
            self._leaving["results"] = AROUND

    def __call__(self, cell: str) -> str:
        names = component_of(cell)
        for depth in range(len(names), 0, -1):
            if site := self._sites.get(".".join(names[:depth])):
                signal = "".join(names[depth : depth + 1])
                return site.before if _drives(signal, site.enters) else site.key
        if not names:
            return LINE
        return self._leaving.get(names[0].partition("__")[0], AROUND)


def _drives(signal: str, stream: str) -> bool:
    """Whether a cell that is called `signal` drives a stream; what drives its `ready` is at its other end."""
    match = _DRIVER.match(signal)
    return match is not None and match["stream"] == stream


def estimated(core: Core, family: ChipFamily) -> dict[str, Utilisation]:
    """What the components were expected to take, by the resource model."""
    shell = [features.shell(core.scores, core.graph.classes, family)]
    if core.stored is not None:
        shell.append(Part("loader", {"once": 1}))
    parts: dict[str, list[Part]] = {LINE: shell}
    if core.plan.never_stalls:
        parts[AROUND] = [features.buffer(core.scores, family)]
    for name, stage in core.stages.items():
        parts[name] = list(features.parts_of(stage, family))
    return {name: total(each, family) for name, each in parts.items()}


def together(costs: Mapping[str, Utilisation], name: str) -> Utilisation | None:
    """What a component and those inside it take; None where nothing is known of it."""
    inside = [cost for other, cost in costs.items() if other == name or other.startswith(f"{name}.")]
    if not inside:
        return None
    return Utilisation(
        sum(cost.luts for cost in inside),
        sum(cost.ffs for cost in inside),
        sum(cost.dsps for cost in inside),
        sum(cost.brams for cost in inside),
        sum(cost.sprams for cost in inside),
    )
