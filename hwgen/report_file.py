"""`report.json` in the folder of a build, of which a reader takes the fields that it needs."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from hwgen import documents, tables
from hwgen.errors import HwgenError

T = TypeVar("T")

FILE = "report.json"


def read(kind: type[T], folder: Path) -> T:
    """The fields of the dataclass `kind`, of a build's report that may have others.

    Raises:
        HwgenError: naming the folder that has no report, or the file and what is wrong with it.
    """
    path = folder / FILE
    if not path.is_file():
        raise HwgenError(f"{folder}: no {FILE} there; give a folder that `hwgen build` wrote")
    try:
        return tables.known(kind, documents.read_json(path))
    except HwgenError as error:
        raise HwgenError(f"{path}: not written by `hwgen build` ({error}); build again") from None
