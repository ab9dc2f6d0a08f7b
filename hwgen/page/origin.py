"""Where a build comes from, and how to make it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from hwgen.flow.report import Report
from hwgen.model import Model
from hwgen.page.layout import Section
from hwgen.page.subject import Subject
from hwgen.page.tables import Cell, Column, facts, table
from hwgen.page.templating import bits, fill
from hwgen.record import Data

_UNKNOWN = "not recorded"
_NAMED = 8
"""Classes that are named; of more, the first."""


def built(subject: Subject) -> Section:
    """What was built and from what."""
    model, board = facts(list(_model(subject.model, subject.report))), facts(list(_board(subject.report)))
    return Section("built", "What was built", fill("columns.html", parts=[model, board]))


def _model(model: Model, report: Report) -> Iterator[tuple[str, Cell]]:
    record, recorded = model.facts, bool(model.record)
    yield "Model", report.model
    yield "Digest", _code(report.digest)
    yield "Classes", f"{len(model.labels)}: {_few(model.labels)}"
    yield "Data", _data(record.data) if record.data else _UNKNOWN
    yield "Recipe", str(record.recipe.get("name", _UNKNOWN))
    yield "Training seed", str(record.seed) if recorded else _UNKNOWN
    if memory := record.memory_bits.get("total"):
        yield "Weights", f"{memory / 8000:,.1f} kB"


def _few(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
    return ", ".join(labels[:_NAMED]) + more


def _data(data: Data) -> str:
    rows = data.rows
    return f"{data.name}: {rows.train:,} train, {rows.dev:,} dev, {rows.test:,} test"


def _board(report: Report) -> Iterator[tuple[str, Cell]]:
    yield "Board", f"{report.title} ({report.board})"
    yield "Circuit", f"{report.engine}, {bits(report.bits)}"
    yield "Chosen", report.aim
    yield "Check", f"{report.checked_sentences:,} sentences in simulation, every score equal"
    pll = f", by PLL from {report.oscillator / 1e6:g} MHz" if report.pll else ""
    routed = f"routed for {report.fmax / 1e6:.1f} MHz" if report.fmax else "not routed"
    yield "Clock", f"{report.clock / 1e6:g} MHz{pll}; {routed}"
    yield "Line", f"{report.baud:,} baud"
    yield "Bitstream", report.bitstream or f"none: {report.note}"
    if report.image:
        yield "Flash image", report.image


def again(subject: Subject) -> Section:
    """The command that makes the build again, and what its outcome depends on."""
    report = subject.report
    tools = table("Versions", [Column("Package"), Column("version")], sorted(report.tools.items()))
    steps = [(step, f"{seconds:,.1f}") for step, seconds in report.seconds.items()]
    seconds = table("Time", [Column("Step"), Column("seconds", numeric=True)], steps)
    named: list[tuple[str, Cell]] = [
        ("Seed of the placer, --seed", "none: nothing was placed" if report.seed is None else str(report.seed)),
        ("Model's digest", _code(report.digest)),
        ("Memory of the largest tool", f"{report.peak_megabytes:,} MB"),
    ]
    command = fill("command.html", command=subject.command)
    return Section("again", "Make it again", command + facts(named) + fill("columns.html", parts=[tools, seconds]))


def _code(text: str) -> Markup:
    return Markup("<code>{}</code>").format(text)
