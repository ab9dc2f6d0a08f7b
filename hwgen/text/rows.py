"""Labelled rows from one file: label TAB text, or CSV with a header. `docs/data.md` is the specification."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.text.hub import Row
from hwgen.text.shown import listed, shown

FORMATS = {".tsv": "expected label TAB text", ".csv": "expected the header label,text and rows of as many fields"}
"""What a file looks like, by the ending of its name."""
LONGEST = 1 << 20
"""Bytes of one text."""
LONGEST_LABEL = 200
"""Characters of one label."""
LABEL_NAMES = frozenset({"label", "labels", "class", "category", "intent", "target", "sentiment"})
TEXT_NAMES = frozenset({"text", "sentence", "utterance", "query", "question", "document", "review", "phrase"})
"""Names of columns, whatever their case, by which a header is known."""

JUDGED = ("label", "answer", "margin", "text")
"""Columns of the rows that `hwgen evaluate` writes, in TSV with quotes as in CSV."""
LINE_END = re.compile(rb"\r\n|\r|\n")
MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class _Columns:
    """Where label and text stand among `count` columns."""

    label: int
    text: int
    count: int


def read(path: Path) -> list[Row]:
    """(label, text) rows of a TSV file, or of a CSV file where the name ends in ``.csv``.

    Raises:
        HwgenError: when it cannot be read, is not UTF-8, has no rows, or a row is not as it should be; file and line
            are named.
    """
    try:
        content = path.read_bytes().removeprefix(MARK)
    except OSError as error:
        raise HwgenError(f"{path}: cannot be read ({error.strerror})") from None
    rows: list[Row] = []
    is_csv = path.suffix.lower() == ".csv"
    for number, label, text in _parsed(path, content, is_csv):
        label = label.strip()
        if not label:
            raise HwgenError(f"{path}:{number}: {FORMATS['.csv' if is_csv else '.tsv']}, but the label is empty")
        if len(label) > LONGEST_LABEL:
            raise HwgenError(
                f"{path}:{number}: a label of {len(label):,} characters ('{shown(label, 30)}'), at most "
                f"{LONGEST_LABEL} are taken; {FORMATS['.csv' if is_csv else '.tsv']}"
            )
        check_length(text, f"{path}:{number}")
        rows.append((label, text))
    if not rows:
        raise HwgenError(f"{path}: no rows")
    return rows


def _parsed(path: Path, content: bytes, is_csv: bool) -> Iterator[tuple[int, str, str]]:
    if is_csv:
        return _csv(path, content, ",")
    if content.startswith("\t".join(JUDGED).encode() + b"\n"):
        return _csv(path, content, "\t")
    return _tsv(path, content)


def check_length(text: str | bytes, where: str) -> None:
    """Refuse a text of more than `LONGEST` bytes."""
    if len(text) * 4 <= LONGEST:
        return
    if len(text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text) > LONGEST:
        raise HwgenError(f"{where}: a text of more than {LONGEST:,} bytes; cut it into pieces")


def check_labels(path: Path, rows: Sequence[Row]) -> None:
    """Refuse a file to learn from whose labels are hardly labels.

    Raises:
        HwgenError: when text and label seem to have changed places, or nearly every row has a label of its own.
    """
    labels, texts = Counter(label for label, _ in rows), Counter(text for _, text in rows)
    if len(rows) < 4 or len(labels) < 2:
        return
    if 2 * len(texts) <= len(rows) < 2 * len(labels):
        raise HwgenError(
            f"{path}: {len(labels):,} different labels, but only {len(texts):,} different texts "
            f"({listed(list(texts))}); do label and text stand the wrong way round? The label comes first, or a first "
            "line names the columns"
        )
    if 10 * len(labels) > 9 * len(rows):
        raise HwgenError(
            f"{path}: {len(labels):,} different labels in {len(rows):,} rows ({listed(list(labels))}); are these "
            "labels? The label comes first, or a first line names the columns"
        )


def _header(names: Sequence[str]) -> _Columns | None:
    """The columns that a first row names, if it is a header: one for the label, one for the text."""
    known = [name.strip().lower() for name in names]
    label, text = _place(known, "label", LABEL_NAMES), _place(known, "text", TEXT_NAMES)
    return None if label is None or text is None else _Columns(label, text, len(known))


def _place(names: Sequence[str], best: str, known: frozenset[str]) -> int | None:
    """Where the column `best` stands, or else the only one whose name is `known`."""
    places = [place for place, name in enumerate(names) if name == best or (name in known and best not in names)]
    return places[0] if len(places) == 1 else None


def _decoded(path: Path, number: int, line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise HwgenError(f"{path}:{number}: not UTF-8; convert the file to UTF-8") from None


def _tsv(path: Path, content: bytes) -> Iterator[tuple[int, str, str]]:
    """Line number, label and text of every row."""
    lines = [(number, _decoded(path, number, line)) for number, line in enumerate(LINE_END.split(content), 1) if line]
    columns = _header(lines[0][1].split("\t")) if lines else None
    if columns is None:
        counts = {line.count("\t") for _, line in lines}
        if len(lines) > 1 and len(counts) == 1 and min(counts) > 1:
            raise HwgenError(
                f"{path}: {min(counts) + 1} columns; {FORMATS['.tsv']}, or name the columns in a first line, "
                "with label and text among them"
            )
        columns = _Columns(0, 1, 2)
    else:
        del lines[0]
    # A text that comes last may hold tabs.
    most = columns.count - 1 if columns.text == columns.count - 1 else -1
    for number, line in lines:
        fields = line.split("\t", most)
        if len(fields) != columns.count:
            raise HwgenError(f"{path}:{number}: {_expected(columns)}, not {len(fields)} fields")
        yield number, fields[columns.label], fields[columns.text]


def _expected(columns: _Columns) -> str:
    return FORMATS[".tsv"] if columns == _Columns(0, 1, 2) else f"expected {columns.count} fields, as in the first line"


def _csv(path: Path, content: bytes, separator: str) -> Iterator[tuple[int, str, str]]:
    """Number of the last line, label and text of every row."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise HwgenError(
            f"{path}:{len(LINE_END.findall(content[: error.start])) + 1}: not UTF-8; convert the file to UTF-8"
        ) from None
    csv.field_size_limit(max(len(text), 1))  # `check_length` says it better
    # Lines end as the module finds them: at CR, LF or both, and nowhere else.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        columns = _header(next(reader, []))
        if columns is None:
            raise HwgenError(f"{path}:1: {FORMATS['.csv']}")
        for row in reader:
            if not row:
                continue
            if len(row) != columns.count:
                raise HwgenError(f"{path}:{reader.line_num}: expected {columns.count} fields, not {len(row)}")
            yield reader.line_num, row[columns.label], row[columns.text]
    except csv.Error as error:
        raise HwgenError(f"{path}:{reader.line_num}: not CSV ({error})") from None
