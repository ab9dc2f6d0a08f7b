"""Leaves every other row of an ECP5's tiles to wires, where a large design has room for it.

nextpnr packs a design as densely as the tiles allow, three quarters of every one that it uses, and thousands of adders
want more wires there than there are, while most of the chip lies idle. It has no option that spreads them; but tables
without a wire, fixed to their places, keep it away from a row. In every other row the router has then twice the wires
for each adder. Flip-flops may still go there. `docs/place-and-route.md` has the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LEAST = 6_000
"""Tables of a design from which it is spread; smaller ones route in seconds as they are."""
FILL = 0.7
"""Of the rows that are left to cells, what a design may take."""


@dataclass(frozen=True)
class Die:
    """Where the tiles with look-up tables are on a chip, in nextpnr's coordinates.

    Attributes:
        columns: the last one; the first is 2.
        rows: the last one; the first is 2.
        others: rows of block RAMs and multipliers.
    """

    columns: int
    rows: int
    others: tuple[int, ...]

    @property
    def spare(self) -> list[int]:
        """Every other row."""
        return [row for row in range(2, self.rows + 1, 2) if row not in self.others]

    @property
    def tables(self) -> int:
        """Look-up tables in the rest."""
        rows = self.rows - 1 - len({*self.spare, *self.others})
        return rows * (self.columns - 1) * len(_PLACES)


_PLACES = tuple(f"SLICE{name}.K{half}" for name in "ABCD" for half in "01")
"""Of the tables of a tile."""
_SMALL = Die(70, 48, (13, 25, 37))
DIES = {
    "12f": _SMALL,
    "25f": _SMALL,
    "45f": Die(88, 69, (10, 22, 34, 46, 58)),
    "85f": Die(124, 93, (10, 22, 34, 46, 58, 70, 82)),
}
"""By the size in a part's name."""


def room_on(part: str, luts: int) -> Die | None:
    """The die of a part, where a design is large and every other row holds it.

    Args:
        part: as its vendor names it.
        luts: look-up tables of the design.
    """
    die = _die(part)
    return die if die is not None and LEAST <= luts <= FILL * die.tables else None


def crowded(part: str, luts: int) -> bool:
    """Whether a design is large and there is no room to spread it.

    Args:
        part: as its vendor names it.
        luts: look-up tables of the design.
    """
    return _die(part) is not None and luts >= LEAST and room_on(part, luts) is None


def _die(part: str) -> Die | None:
    family, size, *_ = f"{part}-".split("-")
    return DIES.get(size) if family.startswith("lfe5u") else None


def leave_rows(module: dict[str, Any], die: Die) -> int:
    """Occupy every other row.

    Args:
        module: of yosys's JSON, changed in place.

    Returns:
        how many tables are occupied.
    """
    places = [
        f"X{column}/Y{row}/{place}" for row in die.spare for column in range(2, die.columns + 1) for place in _PLACES
    ]
    module["cells"] |= {f"spare {place}": _table_at(place) for place in places}
    return len(places)


def _table_at(place: str) -> dict[str, object]:
    """A look-up table without a wire."""
    return {
        "hide_name": 0,
        "type": "LUT4",
        "parameters": {"INIT": f"{0:016b}"},
        "attributes": {"BEL": place},
        "port_directions": {},
        "connections": {},
    }
