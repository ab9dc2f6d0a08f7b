"""What every page has: a head with the figures that matter most, a way to each section, the sections, a foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hwgen.page.templating import fill, style


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes:
        key: its place in the page's address, in small letters and hyphens.
        title: short, for the navigation, too.
        body: what stands in it.
        lead: a sentence or two before that; may be empty.
    """

    key: str
    title: str
    body: Markup
    lead: str = ""


@dataclass(frozen=True)
class Figure:
    """A number of the head.

    Attributes:
        label: what it is the number of.
        value: with its digits grouped.
        unit: behind it; may be empty.
        note: a few small words below; may be empty.
    """

    label: str
    value: str
    unit: str = ""
    note: str = ""


def render(
    title: str,
    sections: Sequence[Section],
    *,
    kicker: str = "",
    lead: str = "",
    figures: Sequence[Figure] = (),
    foot: str = "",
) -> str:
    """A whole page: an HTML document that needs no other file.

    Args:
        title: of the document and its first heading.
        kicker: a word or two above the title: what kind of page it is.
        lead: a sentence below it.
        figures: the numbers that matter most, six at most.
        foot: the last line.
    """
    return fill(
        "page.html",
        title=title,
        sections=sections,
        kicker=kicker,
        lead=lead,
        figures=figures,
        foot=foot,
        style=style(),
    )
