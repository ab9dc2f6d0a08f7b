"""Rows of TSV and CSV files: what ends a row, which column is which, and what is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.text.rows import LONGEST, check_labels, read

ODD = "\x85\x0b\x0c\x1c\x1d\x1e\u2028\u2029"
"""Characters at which Python, but no data file, ends a line."""


def rows(tmp_path: Path, content: str | bytes, name: str = "train.tsv") -> list[tuple[str, str]]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(path)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("name", "tab"), [("train.tsv", "\t"), ("train.csv", ",")])
def test_only_line_feed_and_carriage_return_end_a_row(tmp_path: Path, name: str, tab: str, end: str) -> None:
    lines = [f"label{tab}text", f"a{tab}one{ODD}two", "", f"b{tab}three"]
    assert rows(tmp_path, end.join(lines) + end, name) == [("a", f"one{ODD}two"), ("b", "three")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("label\ttext\na\tone\n", ("a", "one")),
        ("\ufeffText\tLABEL\none\ta\n", ("a", "one")),
        ("sentence\tlabel\none\ta\n", ("a", "one")),
        ("id\tintent\tquery\n7\ta\tone\ttwo\n", ("a", "one\ttwo")),
        ("id\ttext\tlabel\n7\tone\ta\n", ("a", "one")),
        ("query\ttext\tlabel\n7\tone\ta\n", ("a", "one")),
        ("a\tone\ttwo\n", ("a", "one\ttwo")),
    ],
)
def test_a_first_line_may_name_the_columns(tmp_path: Path, content: str, expected: tuple[str, str]) -> None:
    assert rows(tmp_path, content) == [expected]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train.tsv", "1\ta\tone\n2\tb\ttwo\n", r"train.tsv: 3 columns; expected label TAB text"),
        ("train.tsv", "label\ttext\nnone\n", r"train.tsv:2: expected label TAB text, not 1 fields"),
        ("train.tsv", "text\tlabel\na\tb\tc\n", r"train.tsv:2: expected 2 fields, as in the first line, not 3 fields"),
        ("train.tsv", f"a\tone\n{'long ' * 50}\ta\n", r"train.tsv:2: a label of 249 characters \('long long"),
        ("train.tsv", "a\tone\rb\ttwo\r\n\xe4\n", r"train.tsv:3: expected label TAB text"),
        ("train.tsv", b"a\tone\rb\ttwo\r\n\xe4\n", r"train.tsv:3: not UTF-8"),
        ("train.csv", b"label,text\ra,one\r\nb,\xe4\n", r"train.csv:3: not UTF-8"),
        ("train.csv", 'label,text\na,"one\n', r"train.csv:2: not CSV"),
        ("train.csv", "a,one\nb,two\n", r"train.csv:1: expected the header label,text"),
        ("train.csv", "label,text\n,one\n", r"train.csv:2: .* the label is empty"),
        ("train.tsv", "\n\n", r"train.tsv: no rows"),
        ("train.tsv", "label\ttext\n", r"train.tsv: no rows"),
    ],
)
def test_bad_rows_are_named_with_their_line(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    with pytest.raises(HwgenError, match=message) as caught:
        rows(tmp_path, content, name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "tab"), [("train.tsv", "\t"), ("train.csv", ",")])
def test_a_text_may_be_long_but_not_endless(tmp_path: Path, name: str, tab: str) -> None:
    text = "word " * 40_000  # beyond the csv module's own limit of a field
    assert rows(tmp_path, f"label{tab}text\na{tab}{text}\n", name) == [("a", text)]
    for longer in ("x" * (LONGEST + 1), "ä" * (LONGEST // 2 + 1)):
        with pytest.raises(HwgenError, match=f"{name}:3: a text of more than 1,048,576 bytes"):
            rows(tmp_path, f"label{tab}text\nb{tab}short\na{tab}{longer}\n", name)
    assert len(rows(tmp_path, f"label{tab}text\na{tab}{'ä' * (LONGEST // 2)}\n", name)) == 1


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.text(st.characters(exclude_categories=["Cs"]))), min_size=1))
def test_any_field_of_a_csv_file_comes_back(tmp_path_factory: pytest.TempPathFactory, table: list) -> None:
    quoted = ['{},"{}"'.format(label, text.replace('"', '""')) for label, text in table]
    content = "\r\n".join(["label,text", *quoted])
    assert rows(tmp_path_factory.mktemp("csv"), content, "train.csv") == table


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            [(f"text {i}", "ab"[i % 2]) for i in range(8)],
            r"8 different labels, but only 2 different texts \('a', 'b'\)",
        ),
        ([(f"text {i}", f"more {i}") for i in range(8)], r"8 different labels in 8 rows \('text 0'.* and 5 more\)"),
    ],
)
def test_labels_that_are_no_labels_are_asked_about(table: list[tuple[str, str]], message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        check_labels(Path("train.tsv"), table)
    check_labels(Path("train.tsv"), [(text, label) for label, text in table[:3]])
