"""Texts from a stream of bytes, one a line, whatever the locale."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from hwgen.text.rows import LINE_END, LONGEST, MARK, check_length


def lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines of `stream` as they come, without their ends (LF, CR LF or CR); a byte order mark before the first is
    dropped.

    Raises:
        HwgenError: on a line longer than a text may be.
    """
    number, rest, mark = 0, b"", MARK
    while chunk := stream.readline(LONGEST):
        while chunk.endswith(b"\r") and (more := stream.readline(1)):
            chunk += more  # the line feed may lie behind the chunk
        *whole, rest = LINE_END.split(rest + chunk.removeprefix(mark))
        mark = b""
        for line in whole:
            number += 1
            check_length(line, f"standard input:{number}")
            yield line
        check_length(rest, f"standard input:{number + 1}")
    if rest:
        yield rest
