"""Documents from outside that two readers could take differently are refused."""

from __future__ import annotations

import pytest

from hwgen.documents import parse_json
from hwgen.errors import HwgenError


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "c": 2, "a": 3}}]', r'{"a": 1, "\u0061": 2}'])
def test_a_key_that_stands_twice_is_named(text: str) -> None:
    with pytest.raises(HwgenError, match=r"^x: not JSON \(the key 'a' stands twice in a table\)$"):
        parse_json(text.encode(), "x")


def test_a_key_may_stand_in_several_tables() -> None:
    assert parse_json(b'{"a": {"a": [{"a": 1}, {"a": 2}]}}', "x") == {"a": {"a": [{"a": 1}, {"a": 2}]}}
