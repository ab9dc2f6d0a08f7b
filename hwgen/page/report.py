"""`report.html`: what a build made, to look at."""

from __future__ import annotations

from collections.abc import Iterator

from hwgen.flow.candidates import Choice
from hwgen.flow.design import PAGE
from hwgen.flow.report import Report
from hwgen.page import circuit, origin, words
from hwgen.page.accuracy import accuracy
from hwgen.page.layout import Figure, render
from hwgen.page.subject import Subject
from hwgen.page.templating import bits, number, share


def write(subject: Subject) -> None:
    """Write `report.html` into the folder of a build that is not finished."""
    # A name from the command line may hold bytes that are no text.
    (subject.folder / PAGE).write_bytes(draw(subject).encode("utf-8", "backslashreplace"))


def draw(subject: Subject) -> str:
    """The page."""
    report = subject.report
    sections = [origin.built(subject), accuracy(subject.model), circuit.path(subject), circuit.timing(subject)]
    if subject.exploration is not None:
        sections.append(circuit.front(subject.exploration, _built(subject), report.token))
    sections += [words.values(subject), words.sentences(subject), origin.again(subject)]
    toy = " The model is a toy: its data were made up by a small grammar." if report.toy else ""
    return render(
        f"{report.model} on {report.title}",
        sections,
        kicker="hwgen build",
        lead=f"A text classifier of {bits(report.bits)} as a circuit ({report.engine}), equal to its golden model in "
        f"every score of {report.checked_sentences:,} sentences.{toy}",
        figures=list(_figures(report)),
        foot=f"Written by hwgen beside report.json; it needs no other file. Model {report.digest}.",
    )


def _built(subject: Subject) -> Choice:
    """What was built: among what was explored, if it is there."""
    core, exploration = subject.core, subject.exploration
    own = Choice.of(core.plan, subject.report.estimated, core.stages, subject.report.tokens_per_sentence)
    choices = exploration.found if exploration else ()
    return next((choice for choice in choices if choice.plan == core.plan), own)


def _figures(report: Report) -> Iterator[Figure]:
    if report.test_accuracy is not None:
        dev = "" if report.dev_accuracy is None else f"dev {report.dev_accuracy:.1%}"
        yield Figure("Test accuracy", f"{100 * report.test_accuracy:.1f}", "%", dev)
    clock, token = report.clock, report.token
    carried, rate = report.sentences_per_second_over_link, report.sentences_per_second
    beside = f"sentences of {report.tokens_per_sentence} {token}s; the circuit alone {rate:,.0f}"
    yield Figure("Over the link", f"{carried:,.0f}", "/s", beside)
    micro = report.last_token_cycles / clock * 1e6
    yield Figure("Latency", f"{micro:,.2f}", "µs", f"{report.last_token_cycles:,} cycles, last {token} to class")
    routed = f"routed for {report.fmax / 1e6:.1f}" if report.fmax else "not routed"
    yield Figure("Clock", f"{clock / 1e6:,.4g}", "MHz", f"{report.aim}; {routed}")
    (luts, most_luts), (brams, most_brams) = report.luts, report.brams
    yield Figure("Look-up tables", number(luts), "", f"of {most_luts:,}, {share(luts / most_luts)}")
    yield Figure("Block RAMs", number(brams), "", f"of {most_brams:,}")
