"""What the serial line between host and board carries."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.wire import ESCAPE, REPLY_SYNC, REQUEST_SYNC

BITS_PER_BYTE = 10
"""Start bit, eight data bits, stop bit."""
BYTES_PER_TOKEN = 2
BYTES_PER_SCORE = 4
BYTES_PER_CLASS = 2
FRAME_BYTES = 7
"""Sync, code, sequence, two of length, two of CRC."""
_DOUBLED = len({ESCAPE, REQUEST_SYNC}) / 256
"""Share of evenly spread bytes that byte stuffing makes two of."""
assert len({ESCAPE, REQUEST_SYNC}) == len({ESCAPE, REPLY_SYNC})


@dataclass(frozen=True)
class Link:
    """A serial line, full duplex: requests come in while replies go out.

    Attributes:
        baud: bits per second.
    """

    baud: int

    @property
    def bytes_per_second(self) -> float:
        """In either direction."""
        return self.baud / BITS_PER_BYTE

    @property
    def tokens_per_second(self) -> float:
        """The most that a sentence without end brings."""
        return self.bytes_per_second / BYTES_PER_TOKEN

    def sentences_per_second(self, tokens: int, classes: int) -> float:
        """Requests of `tokens` tokens each, and their replies, back to back, with the stuffing to be expected."""
        return self.bytes_per_second / max(request_bytes(tokens), reply_bytes(classes))

    def most_sentences_per_second(self, tokens: int, classes: int) -> float:
        """As `sentences_per_second`, where no byte happens to need stuffing."""
        return self.bytes_per_second / max(FRAME_BYTES + BYTES_PER_TOKEN * tokens, _plain_reply(classes))


def request_bytes(tokens: int) -> float:
    """Bytes on the line of one classify request, with the stuffing to be expected.

    Sequence, CRC and the low bytes of the tokens are taken to be evenly spread; the other bytes seldom need stuffing.
    """
    return FRAME_BYTES + BYTES_PER_TOKEN * tokens + _DOUBLED * (3 + tokens)


def reply_bytes(classes: int) -> float:
    """Bytes on the line of one good reply, with the stuffing to be expected.

    Sequence, CRC and the two low bytes of every score are taken to be evenly spread.
    """
    return _plain_reply(classes) + _DOUBLED * (3 + 2 * classes)


def tokens_of(reply: int) -> int:
    """Tokens of the shortest request that takes longer on the line than a reply to `reply` classes."""
    return max(-(-(_plain_reply(reply) - FRAME_BYTES) // BYTES_PER_TOKEN), 1)


def _plain_reply(classes: int) -> int:
    return FRAME_BYTES + BYTES_PER_CLASS + BYTES_PER_SCORE * classes
