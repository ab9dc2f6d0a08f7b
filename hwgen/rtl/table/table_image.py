"""The embedding table as it lies in a board's flash; `docs/flash.md` is the specification."""

from __future__ import annotations

import struct
import zlib

from amaranth.lib.crc import Processor, catalog

from hwgen.graph.nodes import Embedding
from hwgen.rtl.table.embedding import packed_rows, row_bits

MAGIC = b"hwg1"
CRC = struct.Struct("<I")
WORD_BYTES = 2


def header(node: Embedding, digest: bytes) -> bytes:
    """What stands before the table: mark, bytes of the table, and digest of the model."""
    return MAGIC + struct.pack("<I", table_bytes(node)) + digest


def table_bytes(node: Embedding) -> int:
    """Of the table alone."""
    return node.vocabulary * _row_bytes(node)


def table_image(node: Embedding, digest: bytes) -> bytes:
    """Header, table and CRC."""
    size = _row_bytes(node)
    body = header(node, digest) + b"".join(row.to_bytes(size, "little") for row in packed_rows(node))
    return body + CRC.pack(zlib.crc32(body))


def crc() -> Processor:
    """CRC-32 as in zlib, over bytes."""
    return catalog.CRC32_ISO_HDLC(data_width=8).create()


def _row_bytes(node: Embedding) -> int:
    """Of a row, which takes whole 16-bit words."""
    return -(-row_bits(node) // (8 * WORD_BYTES)) * WORD_BYTES
