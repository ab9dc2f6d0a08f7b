"""Frames: what is sent is read back, what is damaged never passes, and the reader finds its way again."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.host import protocol
from hwgen.host.protocol import Kind, Reply, ReplyReader, Status

replies = st.builds(Reply, st.sampled_from(Status), st.integers(0, 255), st.binary(max_size=40))


def frame(reply: Reply) -> bytes:
    body = struct.pack("<BBH", reply.status, reply.sequence, len(reply.payload)) + reply.payload
    return bytes([protocol.REPLY_SYNC]) + body + struct.pack("<H", protocol.crc(body))


@given(st.lists(replies, max_size=5), st.integers(1, 7))
def test_replies_are_read_back_however_they_are_cut(sent: list[Reply], size: int) -> None:
    line = b"".join(map(frame, sent))
    reader = ReplyReader()
    found = [reply for i in range(0, len(line), size) for reply in reader.feed(line[i : i + size])]
    assert found == sent


@given(replies, st.data())
def test_a_damaged_bit_never_passes(sent: Reply, data: st.DataObject) -> None:
    line = bytearray(frame(sent))
    bit = data.draw(st.integers(0, 8 * len(line) - 1))
    line[bit // 8] ^= 1 << bit % 8
    # A CRC-16 finds every single-bit error; a shorter look-alike inside must not be taken either.
    assert sent not in ReplyReader().feed(bytes(line) + bytes(300))


@given(st.binary(max_size=20).filter(lambda noise: protocol.REPLY_SYNC not in noise), replies)
def test_noise_before_a_reply_is_passed_over(noise: bytes, sent: Reply) -> None:
    assert ReplyReader().feed(noise + frame(sent)) == [sent]


def test_a_request_is_what_the_specification_says() -> None:
    expected = bytes([0xA5, 0, 9, 4, 0, 1, 0, 0x34, 0x12])
    assert protocol.request(Kind.CLASSIFY, 9, [1, 0x1234])[:-2] == expected
    assert protocol.crc(b"123456789") == 0x29B1


def test_a_sentence_too_long_for_a_frame_is_refused() -> None:
    with pytest.raises(HwgenError, match="32768 tokens"):
        protocol.request(Kind.CLASSIFY, 0, [1] * 32768)
