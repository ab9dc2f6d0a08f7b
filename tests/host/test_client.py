"""The client against a board of a few lines of Python that can be told to misbehave."""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from hwgen.errors import HwgenError
from hwgen.host.client import ATTEMPTS, DEADLINE, Client
from hwgen.host.protocol import Frame, FrameReader, Identity, answer, request
from hwgen.wire import REPLY_SYNC, REQUEST_SYNC, Kind, Status

WINDOW = 64


class Board:
    """Answers in order, with the number of tokens; `lose` names the requests (by count) whose answers are lost."""

    baudrate, timeout = 1_000_000, 0.1

    def __init__(self, *, lose: tuple[int, ...] = (), fail: dict[int, Status] | None = None, classes: int = 2) -> None:
        self._reader, self._out = FrameReader(REQUEST_SYNC), bytearray()
        self._lose, self._fail, self._classes = lose, fail or {}, classes
        self.count = self.unread = self.most_unread = self.silences = 0
        self.late: list[bytes] = []

    @property
    def in_waiting(self) -> int:
        return len(self._out)

    def write(self, data: bytes) -> int:
        self.unread += len(data)
        self.most_unread = max(self.most_unread, self.unread)
        for frame in self._reader.feed(data):
            self._out += b"" if self.count in self._lose else self.reply(frame)
            self.count += 1
        return len(data)

    def reply(self, frame: Frame) -> bytes:
        if status := self._fail.get(self.count):
            return Frame(status, frame.sequence).encode(REPLY_SYNC)
        if frame.code == Kind.IDENTIFY:
            payload = Identity(1, b"a model!", 300, self._classes, WINDOW).encode()
        else:
            payload = bytes(2) + len(frame.payload).to_bytes(4, "little") * self._classes
        return Frame(Status.OK, frame.sequence, payload).encode(REPLY_SYNC)

    def read(self, size: int) -> bytes:
        taken = bytes(self._out[:size])
        del self._out[:size]
        self.silences += not taken
        if not self._out:
            self.unread = 0
        return taken


def lengths(client: Client, sentences: list[list[int]]) -> list[int]:
    return [scores[0] // 2 for _, scores in client.classify_all(sentences)]


SENTENCES = [[1] * (i % 7) for i in range(300)]


def test_answers_in_order_and_window_kept() -> None:
    board = Board()
    assert lengths(Client(board), SENTENCES) == [len(each) for each in SENTENCES]
    assert WINDOW // 2 < board.most_unread <= WINDOW
    assert board.silences == 0
    long = [[1], [2] * 500, [3]]
    assert lengths(Client(board), long) == [1, 500, 1]


def test_nothing_to_do() -> None:
    assert list(Client(Board()).classify_all([])) == []


@pytest.mark.parametrize("lost", [(0,), (1,), (5, 6, 7), (300,), (40, 41, 90, 200, 299)])
def test_lost_answers_are_asked_for_again(lost: tuple[int, ...]) -> None:
    board = Board(lose=lost)
    assert lengths(Client(board), SENTENCES) == [len(each) for each in SENTENCES]
    assert board.silences <= 2, "a later answer tells at once that an earlier one was lost"


@pytest.mark.parametrize("status", [Status.BAD_CRC, Status.TIMEOUT, Status.CUT])
def test_a_noisy_line_is_tried_again_but_not_for_ever(status: Status) -> None:
    assert lengths(Client(Board(fail=dict.fromkeys([0, 3, 4, 9], status))), SENTENCES[:20]) == [
        len(each) for each in SENTENCES[:20]
    ]
    board = Board(fail=dict.fromkeys(range(1, 100), status))
    with pytest.raises(HwgenError, match=f"{ATTEMPTS} attempts.*{status.name}"):
        Client(board).classify([1])
    assert board.count == 1 + ATTEMPTS


@pytest.mark.parametrize("status", [Status.BAD_KIND, Status.BAD_LENGTH, Status.BAD_TOKEN, 99])
def test_a_refused_request_is_not_tried_again(status: int) -> None:
    board = Board(fail={1: status})  # type: ignore[dict-item]
    with pytest.raises(HwgenError, match=r"refuses.*(BAD_|status 99)"):
        Client(board).classify([1])
    assert board.count == 2


def test_a_board_without_its_table_is_told_in_one_line() -> None:
    board = Board(fail={1: Status.NO_TABLE})
    with pytest.raises(HwgenError, match=r"^the board finds no embedding table.*run hwgen flash$"):
        Client(board).classify([1])
    assert board.count == 2


def test_answers_to_others_are_passed_over() -> None:
    """Duplicates, and replies still on their way to an earlier program."""
    board = Board()
    reply = board.reply
    board.reply = lambda frame: reply(Frame(frame.code, frame.sequence ^ 128, b"123")) + 2 * reply(frame)  # type: ignore[method-assign]
    assert lengths(Client(board), SENTENCES[:20]) == [len(each) for each in SENTENCES[:20]]


def test_sequence_numbers_wrap() -> None:
    client = Client(Board())
    assert [len(client.classify([1] * (i % 3))[1]) for i in range(600)] == [2] * 600


class Silent(Board):
    def write(self, data: bytes) -> int:
        return len(data)


class Chatter(Board):
    def read(self, size: int) -> bytes:
        return b"$GPGGA,Z" * 8


class Unplugged(Board):
    def write(self, data: bytes) -> int:
        raise OSError(5, "Input/output error")


class PulledOut(Board):
    def read(self, size: int) -> bytes:
        raise OSError("device disappeared")


@pytest.mark.parametrize(
    ("board", "line"),
    [(Silent, "no answer"), (Chatter, "rate"), (Unplugged, "port is gone"), (PulledOut, "port is gone")],
)
def test_what_is_no_board_is_one_clear_line(board: type[Board], line: str) -> None:
    with pytest.raises(HwgenError, match=line):
        Client(board()).identify()


def test_a_long_request_has_the_time_it_takes_on_the_line() -> None:
    """At 1 Mbaud, 30,000 tokens take 0.6 s: silence of 0.1 s must not count as lost."""
    board, quiet = Board(), [b""] * 6
    client = Client(board)
    client.identify()
    read = board.read
    board.read = lambda size: quiet.pop() if quiet else read(size)  # type: ignore[method-assign]
    assert client.classify([1] * 30_000)[1] == [60_000] * 2
    assert board.count == 2


def test_digest() -> None:
    client = Client(Board())
    client.check(b"a model!")
    with pytest.raises(HwgenError, match=rf"{b'a model!'.hex()}.*{b'no model'.hex()}"):
        client.check(b"no model")


def test_ports_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match=r"port .*none: no such port.*Ports here"):
        Client.open(str(tmp_path / "none"), 115_200)
    (tmp_path / "file").write_text("")
    with pytest.raises(HwgenError, match=r"port .*file"):
        Client.open(str(tmp_path / "file"), 115_200)


@pytest.fixture
def terminal() -> Iterator[tuple[int, str]]:
    master, slave = os.openpty()
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


def test_a_port_in_use(terminal: tuple[int, str]) -> None:
    with Path(terminal[1]).open("rb+", buffering=0) as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(HwgenError, match="in use by another program"):
            Client.open(terminal[1], 115_200)


def test_a_real_port(terminal: tuple[int, str]) -> None:
    """Through the operating system and pyserial; what was left there from before is dropped."""
    master, name = terminal
    client = Client.open(name, 1_000_000)
    client._sequence = 6
    reply = Frame(Status.OK, 7, Identity(1, b"a model!", 300, 2, 512).encode()).encode(REPLY_SYNC)
    os.write(master, reply)
    assert client.identify().window == 512
    assert os.read(master, 64) == request(Kind.IDENTIFY, 7)
    assert answer(bytes(6), 1) == (0, [0])


class Ticking(Board):
    """A board whose every read takes its time, by its own clock."""

    seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def read(self, size: int) -> bytes:
        self.seconds += 0.4
        return super().read(1)


class Strangers(Ticking):
    """Good frames for ever, to nobody here."""

    def reply(self, frame: Frame) -> bytes:
        return b""

    def read(self, size: int) -> bytes:
        self.seconds += 0.001
        self._out += Frame(Status.OK, 0, b"123").encode(REPLY_SYNC)
        return Board.read(self, size)


class Dribble(Ticking):
    """A byte every 0.4 seconds."""

    def reply(self, frame: Frame) -> bytes:
        return b"\x5a" * 1000


@pytest.mark.parametrize(("kind", "line"), [(Strangers, "none to this program"), (Dribble, "no answer in time")])
def test_a_board_that_never_answers_is_given_up(kind: type[Ticking], line: str) -> None:
    board = kind()
    client = Client(board, board.now)
    client._sequence = 6
    with pytest.raises(HwgenError, match=f"^board, after {ATTEMPTS} attempts: .*{line}"):
        client.identify()
    assert board.seconds < ATTEMPTS * (DEADLINE + 1)


def test_what_the_program_does_between_answers_is_no_waiting() -> None:
    board = Ticking()
    board.read = lambda size: Board.read(board, size)  # type: ignore[method-assign]
    client, heard = Client(board, board.now), 0
    for _ in client.classify_all(SENTENCES):
        board.seconds += 2 * DEADLINE
        heard += 1
    assert (heard, board.count) == (len(SENTENCES), len(SENTENCES) + 1)


@pytest.mark.parametrize(
    ("payload", "line"),
    [
        (struct.pack("<Hii", 1, 5, 5), "class 1 does not score most"),
        (struct.pack("<Hii", 2, 5, 7), "class 2 does not score most"),
        (struct.pack("<Hiii", 0, 5, 4, 3), "14 bytes to a model of 2 classes"),
        (struct.pack("<Hi", 0, 5), "6 bytes to a model of 2 classes"),
    ],
)
def test_an_answer_is_held_against_itself(payload: bytes, line: str) -> None:
    board = Board()
    client = Client(board)
    client.identify()
    board.reply = lambda frame: Frame(Status.OK, frame.sequence, payload).encode(REPLY_SYNC)  # type: ignore[method-assign]
    with pytest.raises(HwgenError, match=line):
        client.classify([1])


@pytest.mark.parametrize("stale", [b"\x02" + bytes(9), b"\x01" + bytes(13), None])
def test_answers_to_an_earlier_program_are_passed_over(stale: bytes | None) -> None:
    """Even those whose sequence number is ours: a classify reply tells nobody who the board is, nor does a status."""
    board = Board()
    reply = board.reply
    other = Frame(Status.OK, 7, stale) if stale else Frame(Status.BAD_TOKEN, 7)
    board.reply = lambda frame: other.encode(REPLY_SYNC) + reply(frame)  # type: ignore[method-assign]
    client = Client(board)
    client._sequence = 6
    assert client.identify().digest == b"a model!"
    board.reply = lambda frame: reply(Frame(Kind.IDENTIFY, 8)) + reply(frame)  # type: ignore[method-assign]
    assert client.classify([1, 2])[1] == [4, 4]
    assert board.count == 2


def test_a_port_that_takes_no_bytes(terminal: tuple[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwgen.host.client.DEADLINE", 0.05)
    with Client.open(terminal[1], 12_000_000) as client, pytest.raises(HwgenError, match="takes no bytes"):
        client._identity = Identity(1, b"a model!", 300, 2, 512)
        client.classify([1] * 30_000)


@pytest.mark.parametrize("baud", [0, -1, 49, 20_000_001, 99999999999999999999])
def test_a_rate_no_port_can_have(baud: int, terminal: tuple[int, str]) -> None:
    with pytest.raises(HwgenError, match=f"baud: {baud} is outside"):
        Client.open(terminal[1], baud)
