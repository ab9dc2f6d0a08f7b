"""The sections of a build's page that show its circuit."""

from __future__ import annotations

import json
from collections.abc import Mapping

from markupsafe import Markup

from hwgen.flow.candidates import Choice
from hwgen.flow.explore import Exploration
from hwgen.flow.report import Report
from hwgen.flow.routing import PLACED
from hwgen.flow.timing import CriticalPath, critical_path
from hwgen.flow.utilisation import Utilisation
from hwgen.page import drawings
from hwgen.page.components import ANSWER, components, flat, titles
from hwgen.page.costs import AROUND, Namer, counted, estimated, together
from hwgen.page.layout import Section
from hwgen.page.subject import Subject
from hwgen.page.tables import Column, table
from hwgen.page.templating import fill, number, share
from hwgen.rtl.core import Core

_RESOURCES = (("LUT", "luts"), ("FF", "ffs"), ("DSP", "dsps"), ("BRAM", "brams"), ("SPRAM", "sprams"))
Costs = Mapping[str, Utilisation]
"""By component."""


def path(subject: Subject) -> Section:
    """Component after component, with what each takes, and the whole."""
    core, report = subject.core, subject.report
    tokens, token = report.tokens_per_sentence, report.token
    netlist, foretold = counted(subject.folder, subject.target.family, core), estimated(core, subject.target.family)
    where = "cells of the netlist" if netlist else "estimates, for want of a netlist"
    caption = f"Figures are {where}, bars their share of the whole design; cycles are for {tokens} {token}s."
    body = drawings.data_path(components(core, tokens, token), netlist or foretold, caption)
    body += _by_component(core, tokens, netlist, foretold) + _whole(report)
    lead = (
        f"From the first {token} in to the class out: {report.first_token_cycles:,} cycles; from the last one: "
        f"{report.last_token_cycles:,}; from sentence to sentence: {number(report.cycles_per_sentence)}. Measured in "
        f"simulation, for sentences of {tokens} {token}s."
    )
    return Section("path", "Data path", body, lead)


def _by_component(core: Core, tokens: int, netlist: Costs, foretold: Costs) -> Markup:
    columns = [Column("Component")]
    names = ("LUT", "estimated", "FF", "estimated", "BRAM", "DSP", "cycles", "latency")
    columns += [Column(name, numeric=True) for name in names]
    named = titles(core)
    timed = {each.key: each for each in flat(components(core, tokens, "")) if each.key != ANSWER}
    rows = []
    for key in dict.fromkeys([*timed, AROUND]):
        real, guess, component = together(netlist, key), together(foretold, key), timed.get(key)
        if real or guess:
            rows.append(
                (
                    named[key],
                    *(_figure(cost, resource) for resource in ("luts", "ffs") for cost in (real, guess)),
                    *(_figure(real or guess, resource) for resource in ("brams", "dsps")),
                    *(_cycles(getattr(component, which, None)) for which in ("cycles", "latency")),
                )
            )
    text = (
        "LUT and FF are cells of the netlist. Place and route also gives logic cells to lone flip-flops and to the "
        "ends of carry chains; the estimates foretell that."
    )
    remark = fill("note.html", text=text)
    return table("By component", columns, rows) + (remark if netlist else Markup())


def _figure(cost: Utilisation | None, resource: str) -> str:
    return "" if cost is None else number(getattr(cost, resource))


def _cycles(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _whole(report: Report) -> Markup:
    columns = [Column("Resource")]
    columns += [Column(name, numeric=True) for name in ("used", "available", "share", "estimated")]
    rows = []
    for title, key in _RESOURCES:
        used, available = getattr(report, key)
        if available or used:
            part = share(used / available) if available else ""
            rows.append((title, number(used), number(available), part, number(getattr(report.estimated, key))))
    return table(f"The whole design, {'as it is placed' if report.fmax else 'after synthesis'}", columns, rows)


def timing(subject: Subject) -> Section:
    """The path that bounds the clock, or why none is known."""
    report, slowest = subject.report, _slowest(subject)
    if slowest is None or not report.fmax:
        text = (
            f"There is no place and route for {report.title} here, and so no slowest path is known: speeds are those "
            "at the board's clock."
        )
        return Section("timing", "Slowest path", fill("note.html", text=text))
    lead = f"It would let the clock be {report.fmax / 1e6:.1f} MHz; the board runs at {report.clock / 1e6:g}."
    return Section("timing", "Slowest path", drawings.slowest(slowest, titles(subject.core)), lead)


def _slowest(subject: Subject) -> CriticalPath | None:
    file = subject.folder / PLACED
    if not file.is_file():
        return None
    return critical_path(json.loads(file.read_text(encoding="utf-8")), Namer(subject.core))


def front(exploration: Exploration, built: Choice, token: str) -> Section:
    """What else the board offers the model."""
    marks = [("built", built), *((mark.name, mark.choice) for mark in exploration.marks)]
    body = drawings.front(exploration, marks) + drawings.front_table(exploration, marks)
    lead = (
        f"Designs of the same model for {exploration.board.title}, at {exploration.clock / 1e6:g} MHz and "
        f"{exploration.tokens} {token}s a sentence."
    )
    return Section("front", "What else fits", body, lead)
