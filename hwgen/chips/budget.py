"""What a part offers."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.errors import HwgenError

BLOCK_RAMS = (4, 18, 36)
"""Kilobits that a block RAM may have."""


@dataclass(frozen=True)
class Budget:
    """Resources of a part, in its vendor's units.

    Attributes:
        luts, ffs, dsps: look-up tables, flip-flops, multipliers.
        brams, bram_kbit: block RAMs, and kilobits of one.
        sprams: single-port RAMs of 256 kbit, as iCE40UP5K has.
    """

    luts: int
    ffs: int
    dsps: int
    brams: int
    bram_kbit: int
    sprams: int = 0

    def __post_init__(self) -> None:
        for name, least in (("luts", 1), ("ffs", 1), ("dsps", 0), ("brams", 1), ("bram_kbit", 1), ("sprams", 0)):
            if (value := getattr(self, name)) < least:
                raise HwgenError(f"{name}: {value} is less than {least}; see the part's data sheet")
        if self.bram_kbit not in BLOCK_RAMS:
            raise HwgenError(f"bram_kbit: {self.bram_kbit} is not one of {', '.join(map(str, BLOCK_RAMS))}")
