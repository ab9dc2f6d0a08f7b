"""The rate of a board's line: as the user says, or as the build's report does. Nothing is negotiated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hwgen import report_file
from hwgen.errors import HwgenError

_RATE = "give --baud with the board's rate"
WAY_OUT = f"{_RATE}, or --build with the folder that `hwgen build` wrote"


def line_rate(baud: int | None, build: Path | None, model: str, folder: Path = Path("build")) -> int:
    """The rate to open a board's port at, in bits per second.

    Args:
        baud: what the user says it is, which goes before all else.
        build: the folder of the board's build; None for `build/BOARD-MODEL`, whichever board it is.
        model: name of the model.
        folder: where builds are by default.

    Raises:
        HwgenError: when there is no report, a report that hwgen did not write, or reports of different rates.
    """
    if baud is not None:
        return baud
    if build is not None:
        return _reported(build)
    reports = sorted(folder.glob(f"*-{_literal(model)}/{report_file.FILE}"))
    rates = {_reported(report.parent): report.parent for report in reports}
    if not rates:
        raise HwgenError(f"the line's rate: no build of {model} in {folder} says it; {WAY_OUT}")
    if len(rates) > 1:
        listing = ", ".join(f"{place} {rate}" for rate, place in rates.items())
        raise HwgenError(f"the line's rate: builds of {model} differ ({listing}); {WAY_OUT}")
    return next(iter(rates))


@dataclass(frozen=True)
class _Line:
    """What a report says of the line: all that the host needs of it, whatever version of hwgen wrote the rest."""

    baud: int

    def __post_init__(self) -> None:
        if self.baud < 1:
            raise HwgenError(f"baud: {self.baud} is no rate")


def _reported(build: Path) -> int:
    try:
        return report_file.read(_Line, build).baud
    except HwgenError as error:
        raise HwgenError(f"the line's rate: {error}, or {_RATE}") from None


def _literal(name: str) -> str:
    """A name in a pattern of file names."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
