"""The rows that went wrong, as a file of their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.evaluate.evaluation import Wrong
from hwgen.files import Kind, require_writable, write_whole
from hwgen.text.rows import JUDGED

_SEPARATORS = {".tsv": "\t", ".csv": ","}

KIND = Kind("wrong-rows", "a list of wrong rows")


def require_target(path: Path) -> None:
    """Make sure before the work that `write` will take `path`.

    Raises:
        HwgenError: when the name says no format, something else is there, or it cannot be written.
    """
    _separator(path)
    require_writable(path, KIND)


def write(path: Path, rows: Iterable[Wrong]) -> int:
    """Write rows as TSV or CSV with a header, quoted where a field holds a quote, a separator or a line end.

    Returns:
        How many there are.

    Raises:
        HwgenError: when the name says no format, something else is there, or it cannot be written.
    """
    page = io.StringIO(newline="")
    table = csv.writer(page, delimiter=_separator(path), lineterminator="\n")
    quoted = csv.writer(page, delimiter=_separator(path), lineterminator="\n", quoting=csv.QUOTE_ALL)
    table.writerow(JUDGED)
    count = 0
    for row in rows:
        # Python's writer leaves a lone CR unquoted, which ends a row where it is read.
        (quoted if "\r" in row.label + row.text else table).writerow(
            (row.label, row.answer, f"{row.margin:g}", row.text)
        )
        count += 1
    write_whole(path, page.getvalue(), KIND)
    return count


def _separator(path: Path) -> str:
    if path.suffix.lower() not in _SEPARATORS:
        raise HwgenError(f"--wrong {path}: the name must end in .tsv or .csv, which says how it is written")
    return _SEPARATORS[path.suffix.lower()]
