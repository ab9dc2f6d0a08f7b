"""Words to token numbers: known words have one each, unknown words share hashed buckets."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from hwgen.errors import HwgenError
from hwgen.text.words import tokenise

MOST_BUCKETS = 1 << 20
_NO_WORD = re.compile(rb"[\x00-\x20\x7f]")
"""What `tokenise` never puts into a word."""


@dataclass(frozen=True)
class Vocabulary:
    """Token 0 is padding, tokens ``1..buckets`` are unknown words by hash, then come the known words.

    Attributes:
        words: known words, most frequent first; as `tokenise` gives them, without white space and control characters.
        buckets: how many tokens unknown words share (1..2**20); the bucket is the word's CRC-32 modulo `buckets`.
    """

    TOKEN: ClassVar[str] = "token"
    USUAL: ClassVar[int] = 20
    """Tokens of a usual sentence, which speeds are quoted for: the mean of SST-2's."""
    words: tuple[str, ...]
    buckets: int
    _tokens: dict[bytes, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 1 <= self.buckets <= MOST_BUCKETS:
            raise HwgenError(f"vocabulary: buckets is {self.buckets}, unknown words need 1..{MOST_BUCKETS}")
        first = 1 + self.buckets
        try:
            tokens = {word.encode("utf-8", "surrogateescape"): first + i for i, word in enumerate(self.words)}
        except UnicodeEncodeError:
            raise HwgenError("vocabulary: a word holds half a surrogate pair, which no text does") from None
        if wrong := next((word for word in tokens if _NO_WORD.search(word)), None):
            raise HwgenError(f"vocabulary: the word {wrong!r} holds white space or a control character")
        if b"" in tokens:
            raise HwgenError("vocabulary: a word is empty")
        if len(tokens) != len(self.words):
            raise HwgenError("vocabulary: a word stands twice")
        object.__setattr__(self, "_tokens", tokens)

    @classmethod
    def of(cls, texts: Iterable[str | bytes], size: int, buckets: int) -> Vocabulary:
        """The most frequent words of `texts` (ties in byte order), so that the whole has `size` tokens."""
        counts = Counter(word for text in texts for word in tokenise(text))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))[: max(size - 1 - buckets, 0)]
        return cls(tuple(word.decode("utf-8", "surrogateescape") for word in ranked), buckets)

    def __len__(self) -> int:
        return 1 + self.buckets + len(self.words)

    def encode(self, text: str | bytes) -> list[int]:
        """Tokens of `text`; an empty list when it holds no word."""
        return [self._tokens.get(word) or 1 + zlib.crc32(word) % self.buckets for word in tokenise(text)]

    def phrase(self, text: str | bytes, start: int, end: int) -> str:
        """The words that tokens ``start..end`` of `text` stand for."""
        return b" ".join(tokenise(text)[start:end]).decode("utf-8", "replace")

    def __contains__(self, word: bytes) -> bool:
        return word in self._tokens
