"""What comes out of a build, whichever tools made it."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.flow.timing import CriticalPath
from hwgen.flow.utilisation import Utilisation

NAME = "top"
"""Of the design, and so of the tools' files."""


@dataclass(frozen=True)
class Built:
    """What came out.

    Attributes:
        utilisation: of the routed design; after synthesis where there was no place and route.
        fmax: of the routed design in Hz, None where there was no place and route.
        bitstream: its file name in the folder, None where there was no tool to make it.
        seconds: of each step.
        peak_megabytes: memory of the largest tool process.
        note: what is left to the user, if anything.
        critical_path: of the routed design.
        seed: of the placer, that made it.
        image: name of the file that holds all that must be in the board's flash, bitstream included; None where that
            is the bitstream alone.
        netlist: what the netlist takes, where the resource model foretells that: nextpnr's count for Gowin has tables
            that it puts before flip-flops. None where `utilisation` is what it foretells.
    """

    utilisation: Utilisation
    fmax: float | None
    bitstream: str | None
    seconds: dict[str, float]
    peak_megabytes: int
    note: str = ""
    critical_path: CriticalPath | None = None
    seed: int | None = None
    image: str | None = None
    netlist: Utilisation | None = None
