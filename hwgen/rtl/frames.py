"""What request and reply frames are made of; `docs/protocol.md` is the specification."""

from amaranth.lib import data, enum
from amaranth.lib.crc import Processor, catalog

VERSION = 1
REQUEST_SYNC, REPLY_SYNC = 0xA5, 0x5A


class Kind(enum.IntEnum):
    """What a request asks for."""

    CLASSIFY = 0
    IDENTIFY = 1


class Status(enum.IntEnum, shape=3):  # type: ignore[call-arg]
    """What became of a request."""

    OK = 0
    BAD_CRC = 1
    BAD_KIND = 2
    BAD_LENGTH = 3
    BAD_TOKEN = 4
    TIMEOUT = 5


class Order(data.Struct):
    """One request's outcome, on its way to the reply.

    Attributes:
        has_result: the core was given a sentence for it, so one result belongs to it, wanted or not.
    """

    sequence: 8  # type: ignore[valid-type]
    identify: 1  # type: ignore[valid-type]
    has_result: 1  # type: ignore[valid-type]
    status: Status


def crc() -> Processor:
    """CRC-16/CCITT-FALSE over bytes: polynomial 0x1021, initial value 0xFFFF."""
    return catalog.CRC16_IBM_3740(data_width=8).create()
