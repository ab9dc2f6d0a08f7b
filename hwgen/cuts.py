"""Rows of unlike lengths in pieces that fit the memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

PIECE = 1 << 18
"""Tokens that are worked on at a time, padding included: far more than a batch of sentences has."""


def cuts(lengths: Sequence[int], most: int = PIECE) -> Iterator[slice]:
    """Consecutive pieces that have at most `most` tokens each when their rows are padded to the longest.

    A row that is longer than that is a piece of its own.
    """
    start, longest = 0, 0
    for place, length in enumerate(lengths):
        if place > start and (place + 1 - start) * max(longest, length) > most:
            yield slice(start, place)
            start, longest = place, 0
        longest = max(longest, length)
    if start < len(lengths):
        yield slice(start, len(lengths))
