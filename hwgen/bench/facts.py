"""What a summary reads of a run, checked where it comes from a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hwgen import tables
from hwgen.bench.ledger import Run
from hwgen.errors import HwgenError
from hwgen.record import Stage


@dataclass(frozen=True)
class Facts:
    """The parts of a run, as `hwgen.bench.accuracy.row` writes them; whatever else is in it is left alone.

    Attributes:
        dev, test: accuracy, 0..1.
        stages: a row for each, the float network first and the model last.
        memory_bits: bits of each part.
        reduction: share of memory saved, among others against the `parent`.
        labels: names of the classes.
        confusion: ``(true class, answered class, count)`` on test.
    """

    set: str
    recipe: str
    settings: tuple[str, ...]
    bits: int
    dev: float
    test: float
    stages: tuple[Stage, ...]
    memory_bits: dict[str, int]
    reduction: dict[str, float]
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, int, int], ...]

    def __post_init__(self) -> None:
        if not self.stages:
            raise HwgenError("stages: there are none")
        if "parent" not in self.reduction:
            raise HwgenError("reduction.parent: missing")
        classes = range(len(self.labels))
        if bad := [cell for cell in self.confusion if not (cell[0] in classes and cell[1] in classes)]:
            raise HwgenError(f"confusion: {list(bad[0])} is outside {len(self.labels)} classes")


def checked(run: Run, path: Path) -> Run:
    """`run`, if it is one.

    Raises:
        HwgenError: naming the file, the run and what is wrong with it.
    """
    try:
        tables.known(Facts, run)
    except HwgenError as error:
        key = tables.shown(run["key"])
        raise HwgenError(f"{path}: run {key}: {error}; remove its line, or choose another -o") from None
    return run
