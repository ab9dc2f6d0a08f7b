"""Tables and lists of facts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hwgen.page.templating import fill

Cell = str | Markup


@dataclass(frozen=True)
class Column:
    """Of a table.

    Attributes:
        title: its header.
        numeric: whether it is set to the right, digits below digits.
    """

    title: str
    numeric: bool = False


def table(
    caption: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, strong: Collection[int] = ()
) -> Markup:
    """A table whose first column names its rows; on a narrow screen it scrolls sideways.

    Args:
        caption: what it shows, above it.
        rows: a cell for each column.
        strong: numbers of the rows that stand out.
    """
    return fill("table.html", caption=caption, columns=columns, rows=rows, strong=strong)


def facts(rows: Sequence[tuple[str, Cell]]) -> Markup:
    """Names and what is to be said of each, beside each other."""
    return fill("facts.html", rows=rows)
