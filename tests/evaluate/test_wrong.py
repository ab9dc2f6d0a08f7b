"""A list of wrong rows is read as it was written, whatever stands in the texts."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwgen.evaluate import wrong
from hwgen.evaluate.evaluation import Wrong

TEXT = st.text(st.sampled_from("ab,\t\"'\r\n\0é"), max_size=8)


@pytest.mark.parametrize(("suffix", "separator"), [(".csv", ","), (".tsv", "\t")])
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXT, TEXT), max_size=4))
def test_every_field_is_read_as_it_was_written(
    suffix: str, separator: str, rows: list[tuple[str, str]], tmp_path: Path
) -> None:
    path = tmp_path / f"wrong{suffix}"
    assert wrong.write(path, [Wrong(label, "other", 1.5, text) for label, text in rows]) == len(rows)
    with path.open(encoding="utf-8", newline="") as file:
        header, *read = csv.reader(file, delimiter=separator)
    assert header == ["label", "answer", "margin", "text"]
    assert read == [[label, "other", "1.5", text] for label, text in rows]
