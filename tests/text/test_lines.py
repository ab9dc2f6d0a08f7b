"""Lines of a stream: bytes as they are, whatever ends a line."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.text import lines as module
from hwgen.text.lines import lines
from hwgen.text.rows import LONGEST


def test_a_mark_is_dropped_and_bytes_stay() -> None:
    assert list(lines(io.BytesIO(b"\xef\xbb\xbfone\r\n\xef\xbb\xbftwo\xff\x85\rthree\n\nlast"))) == [
        b"one",
        b"\xef\xbb\xbftwo\xff\x85",
        b"three",
        b"",
        b"last",
    ]


@settings(deadline=None)
@given(
    content=st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\x0c"]), max_size=40).map(b"".join), size=st.integers(1, 9)
)
def test_chunks_do_not_show(content: bytes, size: int) -> None:
    expected = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LONGEST", size)
        assert list(lines(io.BytesIO(content))) == (expected if expected[-1] else expected[:-1])


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(HwgenError, match="standard input:2: a text of more than 1,048,576 bytes"):
        list(lines(io.BytesIO(b"one\n" + b"x" * (3 * LONGEST))))
