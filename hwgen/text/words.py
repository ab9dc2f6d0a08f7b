"""The word tokeniser: bytes in, words out. `docs/tokeniser.md` is its specification."""

from __future__ import annotations

import re

# Contractions split as in the Penn treebank ("isn't" -> "is", "n't"; "it's" -> "it", "'s"), so that plain typing and
# pre-tokenised corpora give the same words. Bytes from 0x80 count as letters, so UTF-8 words stay whole.
_LETTER = rb"[a-z0-9\x80-\xff]"
_WORD = re.compile(
    rb"n't(?!" + _LETTER + rb")"
    rb"|'(?:s|m|d|re|ve|ll)(?!" + _LETTER + rb")"
    rb"|" + _LETTER + rb"+?(?=n't(?!" + _LETTER + rb"))"
    rb"|" + _LETTER + rb"+"
    rb"|[^\s\x00-\x20\x7f]"
)
_CURLY_APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}".encode()


def tokenise(text: str | bytes) -> list[bytes]:
    """Words of `text`, in order: lower case (ASCII letters only), punctuation marks on their own."""
    raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else bytes(text)
    return _WORD.findall(raw.lower().replace(_CURLY_APOSTROPHE, b"'"))
