"""Request and reply frames as bytes; `docs/protocol.md` is the specification."""

from __future__ import annotations

import binascii
import enum
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from hwgen.errors import HwgenError

REQUEST_SYNC, REPLY_SYNC = 0xA5, 0x5A
MAX_TOKENS = 0xFFFF // 2
HEADER_BYTES, CRC_BYTES = 5, 2


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


@dataclass(frozen=True)
class Reply:
    """One reply frame whose CRC was right."""

    status: Status
    sequence: int
    payload: bytes


@dataclass(frozen=True)
class Identity:
    """Who a board says it is."""

    version: int
    digest: bytes
    vocabulary: int
    classes: int


def crc(body: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, initial value 0xFFFF."""
    return binascii.crc_hqx(body, 0xFFFF)


def request(kind: Kind, sequence: int, tokens: Sequence[int] = ()) -> bytes:
    """One request frame.

    Raises:
        HwgenError: on more tokens than a frame can count.
    """
    if len(tokens) > MAX_TOKENS:
        raise HwgenError(f"sentence: {len(tokens)} tokens do not fit one frame; at most {MAX_TOKENS}")
    payload = struct.pack(f"<{len(tokens)}H", *tokens)
    body = struct.pack("<BBH", kind, sequence & 0xFF, len(payload)) + payload
    return bytes([REQUEST_SYNC]) + body + struct.pack("<H", crc(body))


def answer(payload: bytes) -> tuple[int, list[int]]:
    """Class number and scores from the payload of a classify reply."""
    label, *scores = struct.unpack(f"<H{(len(payload) - 2) // 4}i", payload)
    return label, scores


def identity(payload: bytes) -> Identity:
    """From the payload of an identify reply.

    Raises:
        HwgenError: when it is not as long as this version's.
    """
    if len(payload) != struct.calcsize("<B8sIH"):
        raise HwgenError(f"board: it speaks another version of the protocol ({payload[:1].hex() or 'none'})")
    version, digest, vocabulary, classes = struct.unpack("<B8sIH", payload)
    return Identity(version, digest, vocabulary, classes)


class ReplyReader:
    """Finds replies in a stream of bytes, passing over what is none."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, received: bytes) -> list[Reply]:
        """Add bytes; returns the replies that are now complete.

        A frame with a wrong CRC or status is dropped from its sync byte on, and the search goes on behind it.
        """
        self._buffer += received
        replies: list[Reply] = []
        while (start := self._buffer.find(REPLY_SYNC)) >= 0:
            del self._buffer[:start]
            if len(self._buffer) < HEADER_BYTES:
                return replies
            status, sequence, length = struct.unpack_from("<BBH", self._buffer, 1)
            end = HEADER_BYTES + length
            if status in Status.__members__.values() and len(self._buffer) < end + CRC_BYTES:
                return replies
            body = bytes(self._buffer[1:end])
            if status not in Status.__members__.values() or crc(body) != struct.unpack_from("<H", self._buffer, end)[0]:
                del self._buffer[:1]
                continue
            replies.append(Reply(Status(status), sequence, body[HEADER_BYTES - 1 :]))
            del self._buffer[: end + CRC_BYTES]
        self._buffer.clear()
        return replies
