"""Rows in pieces: all of them, in order, none too big that could be smaller."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hwgen.cuts import PIECE, cuts


@given(st.lists(st.integers(1, 50)), st.integers(1, 200))
def test_pieces_hold_every_row_and_no_more_than_they_may(lengths: list[int], most: int) -> None:
    pieces = [lengths[piece] for piece in cuts(lengths, most)]
    assert [length for piece in pieces for length in piece] == lengths
    for piece in pieces:
        assert len(piece) == 1 or len(piece) * max(piece) <= most
    for piece, after in pairwise(pieces):
        assert (len(piece) + 1) * max(*piece, after[0]) > most


def test_sentences_of_usual_lengths_are_one_piece() -> None:
    assert list(cuts([267] * 512)) == [slice(0, 512)] and PIECE > 512 * 267
