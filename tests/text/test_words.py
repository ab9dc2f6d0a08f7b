"""The tokeniser and the vocabulary: examples of docs/tokeniser.md, and properties."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.text.vocabulary import Vocabulary
from hwgen.text.words import tokenise

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tokeniser.md"


def examples() -> list[tuple[str, list[str]]]:
    """Rows `| text | word word |` of the page's table of examples."""
    table = PAGE.read_text(encoding="utf-8").split("## Examples")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(.*?)` \| (.*?) \|$", table, re.MULTILINE)
    return [(text, re.findall(r"`(.+?)`", words)) for text, words in rows]


@pytest.mark.parametrize(("text", "words"), examples())
def test_examples_of_the_specification(text: str, words: list[str]) -> None:
    assert [word.decode() for word in tokenise(text)] == words


def test_the_specification_has_examples() -> None:
    assert len(examples()) >= 10


def by_the_page(raw: bytes) -> list[bytes]:
    """Rules 1 to 3 of the page, byte by byte, as a C program would do it."""

    def letter(at: int) -> bool:
        return at < len(text) and (chr(text[at]) in "abcdefghijklmnopqrstuvwxyz0123456789" or text[at] >= 0x80)

    text = bytes(byte + 32 if 0x41 <= byte <= 0x5A else byte for byte in raw).replace(b"\xe2\x80\x99", b"'")
    words, at = [], 0
    while at < len(text):
        marks = (b"n't", b"'s", b"'m", b"'d", b"'re", b"'ve", b"'ll")
        mark = [m for m in marks if text.startswith(m, at) and not letter(at + len(m))]
        end = at
        if mark:
            end += len(mark[0])
        elif letter(at):
            while letter(end):
                end += 1
            if end - at >= 2 and text[end - 1 : end + 2] == b"n't" and not letter(end + 2):
                end -= 1
        elif text[at] > 0x20 and text[at] != 0x7F:
            end += 1
        else:
            at += 1
            continue
        words.append(text[at:end])
        at = end
    return words


@given(st.one_of(st.binary(max_size=60), st.text("nt'sreNvldmTabz1 .-\u2019é\x7f\t", max_size=40).map(str.encode)))
def test_implementation_follows_the_page(raw: bytes) -> None:
    assert tokenise(raw) == by_the_page(raw)


def test_token_vector_of_the_page() -> None:
    assert Vocabulary(("good", "film"), 2).encode("a good film") == [2, 3, 4]


@given(st.binary(max_size=60))
def test_words_hold_no_blank_and_no_upper_case(raw: bytes) -> None:
    for word in tokenise(raw):
        assert word and word == word.lower()
        assert not any(byte <= 0x20 or byte == 0x7F for byte in word)


@given(st.text(max_size=60))
def test_tokenising_the_words_again_changes_nothing(text: str) -> None:
    words = tokenise(text)
    assert tokenise(b" ".join(words)) == words


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_blank_separates(left: bytes, right: bytes) -> None:
    # No word reaches across a blank.
    assert tokenise(left + b" " + right) == tokenise(left) + tokenise(right)


@given(st.lists(st.text(max_size=20), max_size=10), st.integers(3, 30), st.integers(1, 8))
def test_tokens_are_in_range_and_never_padding(texts: list[str], size: int, buckets: int) -> None:
    vocabulary = Vocabulary.of(texts, size, buckets)
    assert len(vocabulary) <= max(size, 1 + buckets)
    for text in [*texts, "unseen words here"]:
        tokens = vocabulary.encode(text)
        assert len(tokens) == len(tokenise(text))
        assert all(1 <= token < len(vocabulary) for token in tokens)


def test_order_is_by_frequency_then_bytes_and_unknown_words_hash() -> None:
    vocabulary = Vocabulary.of(["b b b a a c c d"], size=6, buckets=2)
    assert vocabulary.words == ("b", "a", "c")
    assert vocabulary.encode("b a c") == [3, 4, 5]
    assert vocabulary.encode("d zebra") == [1 + zlib.crc32(b"d") % 2, 1 + zlib.crc32(b"zebra") % 2]
    assert vocabulary.encode(" \t\n") == []


def test_bad_vocabularies() -> None:
    with pytest.raises(HwgenError, match="buckets is 0"):
        Vocabulary((), 0)
    with pytest.raises(HwgenError, match="twice"):
        Vocabulary(("a", "a"), 1)
