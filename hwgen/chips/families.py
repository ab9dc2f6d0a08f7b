"""Every family there is; a new one is its file, its costs and a word here."""

from __future__ import annotations

from typing import Any

from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import ChipFamily
from hwgen.chips.gowin import GOWIN
from hwgen.chips.ice40 import ICE40
from hwgen.chips.xilinx7 import XILINX7
from hwgen.errors import HwgenError

FAMILIES = {family.name: family for family in (ECP5, ICE40, GOWIN, XILINX7)}
"""By name."""


def family_of(kind: type[Any]) -> ChipFamily:
    """The family of an Amaranth platform's class.

    Raises:
        HwgenError: when there is none.
    """
    for family in FAMILIES.values():
        if family.serves(kind):
            return family
    part = getattr(kind, "device", "") or getattr(kind, "part", "")
    of = f" ({part})" if isinstance(part, str) and part else ""
    raise HwgenError(f"platform {kind.__name__}{of}: hwgen supports {', '.join(FAMILIES)}")
