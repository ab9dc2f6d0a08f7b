"""Frames: what is sent is read back, what is damaged never passes, and the reader finds its way again."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.host.protocol import Frame, FrameReader, Identity, answer, crc, request
from hwgen.wire import ESCAPE, MAX_TOKENS, REPLY_SYNC, REQUEST_SYNC, Kind

SPECIAL = (REPLY_SYNC, REQUEST_SYNC, ESCAPE)
syncs = st.sampled_from([REPLY_SYNC, REQUEST_SYNC])
payloads = st.binary(max_size=40) | st.lists(st.sampled_from(SPECIAL), max_size=20).map(bytes)
frames = st.builds(Frame, st.integers(0, 255), st.integers(0, 255), payloads)


def read(line: bytes, sync: int = REPLY_SYNC) -> list[Frame]:
    return FrameReader(sync).feed(line)


@given(st.lists(frames, max_size=5), syncs, st.integers(1, 7))
def test_frames_are_read_back_however_they_are_split(sent: list[Frame], sync: int, size: int) -> None:
    line = b"".join(frame.encode(sync) for frame in sent)
    assert line.count(sync) == len(sent)
    reader = FrameReader(sync)
    assert [frame for i in range(0, len(line), size) for frame in reader.feed(line[i : i + size])] == sent


@given(frames, st.data())
def test_a_damaged_byte_never_passes(sent: Frame, data: st.DataObject) -> None:
    """Up to eight wrong bits in a row are always found, unless they are in the length or make or break an escape."""
    line = bytearray(sent.encode(REPLY_SYNC))
    places = [i for i in range(1, len(line)) if i == 1 or i > 8]
    plain = [i for i in places if line[i] not in SPECIAL and line[i - 1] != ESCAPE]
    if not plain:
        return
    place = data.draw(st.sampled_from(plain))
    line[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[place] and byte not in SPECIAL))
    assert read(bytes(line) + bytes(300)) == []


def test_any_damage_hardly_ever_passes() -> None:
    """Lost, doubled and changed bytes of every kind; the CRC lets 1 in 65,536 pass, and none of these."""
    source = random.Random(0)
    for _ in range(5000):
        payload = bytes(source.choice([*SPECIAL, source.randrange(256)]) for _ in range(source.randrange(12)))
        sent = Frame(source.randrange(8), source.randrange(256), payload)
        line = bytearray(sent.encode(REPLY_SYNC))
        place = source.randrange(len(line))
        line[place : place + 1] = source.choice([b"", line[place : place + 1] * 2, bytes([source.randrange(256)])])
        assert [frame for frame in read(bytes(line)) if frame != sent] == []


@given(st.binary(max_size=30), st.binary(max_size=30), frames, st.integers(0, 40))
def test_the_next_good_frame_is_found(noise: bytes, other: bytes, good: Frame, kept: int) -> None:
    """Behind any noise, and behind a frame cut anywhere."""
    assert read(noise + good.encode(REPLY_SYNC))[-1] == good
    assert read(Frame(0, 0, other).encode(REPLY_SYNC)[:kept] + good.encode(REPLY_SYNC))[-1] == good


def test_the_frames_of_the_specification() -> None:
    assert crc(b"123456789") == 0x29B1
    assert request(Kind.CLASSIFY, 1, [2, 300]).hex(" ") == "a5 00 01 04 00 02 00 2c 01 31 3c"
    assert request(Kind.CLASSIFY, 2, [0xA5, 0x7D]).hex(" ") == "a5 00 02 04 00 7d 85 00 7d 5d 00 7f 4a"
    assert request(Kind.IDENTIFY, 3).hex(" ") == "a5 01 03 00 00 ab 24"
    assert Frame(0, 1, bytes.fromhex("0100 9cffffff 05000000")).encode(REPLY_SYNC).hex(" ") == (
        "5a 00 01 0a 00 01 00 9c ff ff ff 05 00 00 00 58 a8"
    )
    assert Frame(1, 2).encode(REPLY_SYNC).hex(" ") == "5a 01 02 00 00 9c 14"


def test_payloads() -> None:
    assert answer(bytes.fromhex("0100 9cffffff 05000000"), 2) == (1, [-100, 5])
    for wrong in (b"", b"\1", bytes(5), bytes(6), bytes(8)):
        with pytest.raises(HwgenError, match=f"{len(wrong)} bytes"):
            answer(wrong, 2)
    identity = Identity(1, b"a model!", 65536, 150, 512)
    assert Identity.decode(identity.encode()) == identity
    for wrong in (b"", b"\2" + identity.encode()[1:], identity.encode()[:-1]):
        with pytest.raises(HwgenError, match="version"):
            Identity.decode(wrong)


def test_what_does_not_fit_a_frame_is_refused() -> None:
    assert len(read(request(Kind.CLASSIFY, 0, [1] * MAX_TOKENS), REQUEST_SYNC)[0].payload) == 2 * MAX_TOKENS
    with pytest.raises(HwgenError, match="32768 tokens"):
        request(Kind.CLASSIFY, 0, [1] * (MAX_TOKENS + 1))
    for token in (-1, 65536):
        with pytest.raises(HwgenError, match=f"token {token}"):
            request(Kind.CLASSIFY, 0, [token])
