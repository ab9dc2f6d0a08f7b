"""Request and reply frames as bytes; `docs/protocol.md` is the specification."""

from __future__ import annotations

import binascii
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from hwgen.errors import HwgenError
from hwgen.wire import DIGEST_BYTES, ESCAPE, ESCAPE_FLIP, MAX_TOKENS, REPLY_SYNC, REQUEST_SYNC, VERSION, Kind, Status

HEADER = struct.Struct("<BBH")
CRC = struct.Struct(">H")
IDENTITY = struct.Struct(f"<B{DIGEST_BYTES}sIHH")


@dataclass(frozen=True)
class Frame:
    """What stands between sync byte and CRC.

    Attributes:
        code: the kind of a request, the status of a reply.
        sequence: the number that pairs a reply with its request, 0..255.
    """

    code: int
    sequence: int
    payload: bytes = b""

    def encode(self, sync: int) -> bytes:
        """The frame as it goes over the line."""
        body = HEADER.pack(self.code, self.sequence, len(self.payload)) + self.payload
        return bytes([sync]) + _stuff(body + CRC.pack(crc(body)), sync)


@dataclass(frozen=True)
class Identity:
    """Who a board says it is.

    Attributes:
        version: of the protocol.
        digest: of the model.
        vocabulary, classes: of the model.
        window: bytes of unanswered requests it has room for.
    """

    version: int
    digest: bytes
    vocabulary: int
    classes: int
    window: int

    def encode(self) -> bytes:
        """The payload of an identify reply."""
        return IDENTITY.pack(self.version, self.digest, self.vocabulary, self.classes, self.window)

    @classmethod
    def decode(cls, payload: bytes) -> Identity:
        """From the payload of an identify reply.

        Raises:
            HwgenError: when the board speaks another version of the protocol.
        """
        if payload[:1] != bytes([VERSION]) or len(payload) != IDENTITY.size:
            version = payload[0] if payload else "none"
            raise HwgenError(
                f"the board speaks protocol version {version}, this hwgen {VERSION}; build and flash it again"
            )
        return cls(*IDENTITY.unpack(payload))


def crc(body: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, initial value 0xFFFF."""
    return binascii.crc_hqx(body, 0xFFFF)


def request(kind: Kind, sequence: int, tokens: Sequence[int] = ()) -> bytes:
    """One request frame.

    Raises:
        HwgenError: on more tokens than a frame can count, or a token of more than 16 bits.
    """
    if len(tokens) > MAX_TOKENS:
        raise HwgenError(f"sentence: {len(tokens)} tokens do not fit one frame; at most {MAX_TOKENS}")
    if bad := [token for token in tokens if not 0 <= token <= 0xFFFF]:
        raise HwgenError(f"sentence: token {bad[0]} is outside 0..65535")
    return Frame(kind, sequence, struct.pack(f"<{len(tokens)}H", *tokens)).encode(REQUEST_SYNC)


def answer(payload: bytes, classes: int) -> tuple[int, list[int]]:
    """Class number and scores from the payload of a classify reply.

    Raises:
        HwgenError: when it has not a score for each class, or the class is not the first of those that score most.
    """
    if not is_answer(payload) or len(payload) // 4 != classes:
        raise HwgenError(f"board: an answer of {len(payload)} bytes to a model of {classes} classes; flash it again")
    label, *scores = struct.unpack(f"<H{classes}i", payload)
    if label != scores.index(max(scores)):
        raise HwgenError(f"board: class {label} does not score most in {scores}; is its clock too fast?")
    return label, scores


def is_answer(payload: bytes) -> bool:
    """Whether it can be the payload of a classify reply, for some number of classes; who a board is never looks so."""
    return len(payload) > 2 and len(payload) % 4 == 2


class FrameReader:
    """Finds frames in a stream of bytes, passing over what is none."""

    def __init__(self, sync: int = REPLY_SYNC) -> None:
        self._sync = sync
        self._body: bytearray | None = None
        self._escaped = False

    def feed(self, received: bytes) -> list[Frame]:
        """Add bytes; returns the frames with a right CRC that are now complete."""
        frames = []
        for byte in received:
            if byte == self._sync:
                self._body, self._escaped = bytearray(), False
            elif self._body is None:
                continue
            elif byte == ESCAPE and not self._escaped:
                self._escaped = True
            else:
                self._body.append(byte ^ (ESCAPE_FLIP if self._escaped else 0))
                self._escaped = False
                if frame := self._complete():
                    frames.append(frame)
        return frames

    def _complete(self) -> Frame | None:
        body = self._body
        if body is None or len(body) < HEADER.size:
            return None
        code, sequence, length = HEADER.unpack_from(body)
        if len(body) < HEADER.size + length + CRC.size:
            return None
        self._body = None
        if crc(bytes(body)) != 0:  # over a frame and its CRC
            return None
        return Frame(code, sequence, bytes(body[HEADER.size : -CRC.size]))


def status_name(code: int) -> str:
    """Name of a reply's status, also of one this version does not know."""
    return Status(code).name if code in Status.__members__.values() else f"status {code}"


def is_transient(code: int) -> bool:
    """Whether the same request may well succeed next time."""
    return code in Status.__members__.values() and Status(code).transient


def _stuff(body: bytes, sync: int) -> bytes:
    special = re.compile(b"[" + re.escape(bytes([sync, ESCAPE])) + b"]")
    return special.sub(lambda match: bytes([ESCAPE, match[0][0] ^ ESCAPE_FLIP]), body)
