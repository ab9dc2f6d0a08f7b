"""The pictures of a report, each with its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from markupsafe import Markup

from hwgen.flow.candidates import Choice
from hwgen.flow.explore import Exploration, details
from hwgen.flow.timing import CriticalPath
from hwgen.flow.utilisation import Utilisation
from hwgen.page.components import Component
from hwgen.page.costs import together
from hwgen.page.examples import Example
from hwgen.page.scales import LogScale
from hwgen.page.tables import Column, table
from hwgen.page.templating import fill, number, share
from hwgen.page.values import Spread

FROM_OUTSIDE = "from the host"
"""What enters the first component of a data path."""
_RIGHTMOST = 86
"""Per cent of a picture's width, beyond which there is no room for a word to the right."""
MOST_POINTS = 400
"""Choices that are drawn beside the front."""


def data_path(components: Sequence[Component], costs: Mapping[str, Utilisation], caption: str) -> Markup:
    """Component after component, with what each takes.

    Args:
        costs: by component.
    """
    whole = Utilisation(*(max(sum(getattr(cost, name) for cost in costs.values()), 1) for name in _RESOURCES))
    return fill("path.html", steps=_steps(components, costs), whole=whole, caption=caption)


_RESOURCES = ("luts", "ffs", "dsps", "brams", "sprams")


def _steps(components: Sequence[Component], costs: Mapping[str, Utilisation]) -> list[dict[str, object]]:
    enters = [FROM_OUTSIDE, *(component.leaves for component in components)]
    return [
        {
            "component": component,
            "enters": before,
            "cost": together(costs, component.key),
            "members": [_steps(member, costs) for member in component.members],
        }
        for component, before in zip(components, enters, strict=False)
    ]


def front(exploration: Exploration, marks: Sequence[tuple[str, Choice]]) -> Markup:
    """Area against throughput: every choice, those that are not beaten, and the marked ones.

    Args:
        marks: what a choice is called, and the choice, the most important first.
    """
    drawable = [*exploration.found, *(choice for _, choice in marks)]
    x = LogScale.of(choice.estimate.luts for choice in drawable)
    y = LogScale.of([exploration.carried, *(choice.rate(exploration.clock) for choice in drawable)])

    def place(choice: Choice) -> tuple[float, float]:
        return x.at(choice.estimate.luts), round(100 - y.at(choice.rate(exploration.clock)), 2)

    best = [place(choice) for choice in exploration.front]
    others = list(dict.fromkeys(place(choice) for choice in exploration.found))[:MOST_POINTS]
    lines = [
        line
        for (left, top), (right, above) in pairwise(best)
        for line in ((left, top, right, top), (right, top, right, above))
    ]
    drawn = [
        _mark("chosen" if choice is marks[0][1] else "fastest", place(choice), _names(choice, marks))
        for choice in {id(choice): choice for _, choice in reversed(marks)}.values()
    ]
    budget = exploration.board.budget.luts
    return fill(
        "front.html",
        x=x,
        y=y,
        others=others,
        front=best,
        lines=lines,
        marks=drawn,
        limit=x.at(budget) if x.low < budget < x.high else None,
        limit_label=f"{budget:,} are there",
        link=round(100 - y.at(exploration.carried), 2),
        link_label=f"the line carries {exploration.carried:,.0f}",
        clock=f"{exploration.clock / 1e6:g} MHz",
        label=f"Look-up tables against sentences a second: {len(exploration.found)} choices, listed below",
        caption=f"{len(exploration.found):,} designs fit by estimate; the line joins the "
        f"{len(exploration.front):,} that no other beats in both.",
    )


def _mark(kind: str, place: tuple[float, float], text: str) -> dict[str, object]:
    left, top = place
    return {"kind": kind, "left": left, "top": top, "text": text, "rightmost": left > _RIGHTMOST}


def _names(choice: Choice, marks: Sequence[tuple[str, Choice]]) -> str:
    return ", ".join(name for name, marked in marks if marked is choice)


def front_table(exploration: Exploration, marks: Sequence[tuple[str, Choice]]) -> Markup:
    """The choices that are not beaten and the marked ones, as a table."""
    columns = [Column("Design"), Column("with")]
    columns += [Column(name, numeric=True) for name in ("LUT", "FF", "DSP", "BRAM", "sentences/s")] + [Column("")]
    listed = {id(choice): choice for choice in [*exploration.front, *(choice for _, choice in marks)]}
    shown = sorted(listed.values(), key=lambda choice: choice.cheapest_first)
    rows = []
    for choice in shown:
        used = choice.estimate
        figures = [number(value) for value in (used.luts, used.ffs, used.dsps, used.brams)]
        rate = f"{choice.rate(exploration.clock):,.0f}"
        rows.append((choice.plan.name, details(choice.plan), *figures, rate, _names(choice, marks)))
    strong = [place for place, choice in enumerate(shown) if choice is marks[0][1]]
    return table("Designs that no other beats, by estimate", columns, rows, strong=strong)


def slowest(path: CriticalPath, titles: Mapping[str, str]) -> Markup:
    """The slowest path, a bar for its stretch in each component.

    Args:
        titles: of the components.
    """
    legs, start = [], 0.0
    for leg in path.legs:
        logic, routing = (100 * part / path.nanoseconds for part in (leg.logic, leg.routing))
        shown = {
            "title": titles[leg.component],
            "logic": leg.logic,
            "routing": leg.routing,
            "cells": leg.cells,
            "logic_share": round(logic, 2),
            "routing_share": round(routing, 2),
        }
        legs.append((shown, round(start, 2)))
        start += logic + routing
    caption = f"{path.nanoseconds:.1f} ns between two registers, {path.routing:.0%} of them on wires (the paler part)."
    return fill("slowest.html", legs=legs, caption=caption)


def spreads(shown: Sequence[Spread]) -> Markup:
    """A histogram for each layer, and how many bits its values need."""
    return fill("spreads.html", shown=[(each, _bars(each), _bits(each)) for each in shown])


def _bars(spread: Spread) -> list[tuple[float, float, float]]:
    """Left, width and height; heights are square roots, so that rare values are seen beside frequent ones."""
    most = max(bar.count for bar in spread.bars)
    step = 100 / len(spread.bars)
    return [
        (round(place * step, 2), round(step * 0.86, 2), round(100 * (bar.count / most) ** 0.5, 1))
        for place, bar in enumerate(spread.bars)
        if bar.count
    ]


def _bits(spread: Spread) -> dict[str, object]:
    most, step = max(spread.by_bits), 100 / len(spread.by_bits)
    bars = [
        (round(place * step, 2), round(step * 0.7, 2), round(100 * part / most, 1), place)
        for place, part in enumerate(spread.by_bits)
    ]
    label = ", ".join(f"{place}: {share(part)}" for place, part in enumerate(spread.by_bits) if part)
    return {"bars": bars, "label": label}


def spread_table(shown: Sequence[Spread]) -> Markup:
    """The same in numbers."""
    columns = [Column("Layer")] + [
        Column(title, numeric=True)
        for title in ("bits", "can be", "was", "bits needed", "of all bits", "saturate", "become 0")
    ]
    rows = []
    for each in shown:
        needed = max(place for place, part in enumerate(each.by_bits) if part)
        rows.append(
            (
                each.name.capitalize(),
                f"{each.kind.width}{' signed' if each.kind.signed else ''}",
                f"{number(each.kind.low.min())} to {number(each.kind.high.max())}",
                f"{number(each.least)} to {number(each.most)}",
                str(needed),
                share(each.by_bits[-1]),
                "never" if each.cut is None else share(each.cut),
                "" if each.zeroed is None else share(each.zeroed),
            )
        )
    return table("Values and widths by layer", columns, rows)


def examples(shown: Sequence[Example]) -> Markup:
    """Sentences whose deciding words are marked."""
    return fill("examples.html", examples=shown)
