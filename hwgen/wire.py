"""The numbers of the serial protocol, shared by circuit and host; `docs/protocol.md` is its specification."""

from __future__ import annotations

import enum

VERSION = 1
REQUEST_SYNC, REPLY_SYNC = 0xA5, 0x5A
ESCAPE, ESCAPE_FLIP = 0x7D, 0x20
"""Inside a frame, its sync byte and the escape byte go as the escape byte and themselves with bit 5 flipped."""
DIGEST_BYTES = 8
MAX_TOKENS = 0xFFFF // 2
MAX_VOCABULARY = 1 << 16
MAX_CLASSES = (0xFFFF - 2) // 4
"""What tokens of two bytes, and a length of two bytes, have room for."""


class Kind(enum.IntEnum):
    """What a request asks for."""

    CLASSIFY = 0
    IDENTIFY = 1


class Status(enum.IntEnum):
    """What became of a request."""

    OK = 0
    BAD_CRC = 1
    BAD_KIND = 2
    BAD_LENGTH = 3
    BAD_TOKEN = 4
    TIMEOUT = 5
    CUT = 6
    NO_TABLE = 7

    @property
    def transient(self) -> bool:
        """The line's fault, not the request's: the same request may well succeed next time."""
        return self in (Status.BAD_CRC, Status.TIMEOUT, Status.CUT)
