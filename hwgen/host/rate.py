"""The rate of a board's line: as the user says, or as the build's report does. Nothing is negotiated."""

from __future__ import annotations

from pathlib import Path

from hwgen import documents
from hwgen.errors import HwgenError

REPORT = "report.json"
WAY_OUT = "give --baud with the board's rate, or --build with the folder that `hwgen build` wrote"


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
        return _reported(build / REPORT)
    reports = sorted(folder.glob(f"*-{_literal(model)}/{REPORT}"))
    rates = {_reported(report): report.parent for report in reports}
    if not rates:
        raise HwgenError(f"the line's rate: no build of {model} in {folder} says it; {WAY_OUT}")
    if len(rates) > 1:
        told = ", ".join(f"{place} {rate}" for rate, place in rates.items())
        raise HwgenError(f"the line's rate: builds of {model} differ ({told}); {WAY_OUT}")
    return next(iter(rates))


def _reported(report: Path) -> int:
    if not report.is_file():
        raise HwgenError(f"{report}: not there, so the line's rate is unknown; {WAY_OUT}")
    try:
        baud = documents.read_json(report)["baud"]
    except (HwgenError, KeyError, TypeError):
        baud = None
    if not isinstance(baud, int) or isinstance(baud, bool) or baud < 1:
        raise HwgenError(f"{report}: does not say the line's rate; build again, or {WAY_OUT}")
    return baud


def _literal(name: str) -> str:
    """A name in a pattern of file names."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
