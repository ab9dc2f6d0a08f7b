"""The sections of a build's page that show its model at work on sentences."""

from __future__ import annotations

from hwgen.page import drawings
from hwgen.page.examples import examples
from hwgen.page.layout import Section
from hwgen.page.subject import Subject
from hwgen.page.values import spreads


def values(subject: Subject) -> Section:
    """The integers that leave each layer."""
    shown = spreads(subject.model.graph, subject.sentences)
    token = subject.model.vocabulary.TOKEN
    origin = "of the data" if subject.rows else f"of random {token}s, so that the spread is a rough one"
    lead = (
        f"The integers that leave each layer of the golden model, on sentences {origin}. Accumulators are as wide as "
        "the weights can make them and never overflow; only a requantiser cuts. Heights are square roots."
    )
    return Section("values", "Values", drawings.spreads(shown) + drawings.spread_table(shown), lead)


def sentences(subject: Subject) -> Section:
    """A few sentences, and the words that decided."""
    lead = "Sentences of the data." if subject.rows else "Sentences made up for this page, none of any data set."
    shown = examples(subject.model, subject.rows)
    return Section("examples", "Examples", drawings.examples(shown), lead)
