"""The host's side of the serial port."""

from __future__ import annotations

import errno
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol, Self

from hwgen.errors import HwgenError
from hwgen.host.protocol import Frame, FrameReader, Identity, answer, is_answer, is_transient, request, status_name
from hwgen.wire import Kind, Status

ATTEMPTS = 4
PATIENCE = 0.5
"""Seconds without a byte after which a request counts as lost, beside the time its own bytes take."""
DEADLINE = 3.0
"""Seconds after which a request counts as lost whatever has come but an answer, beside twice its bytes' time."""
CHUNK = 4096
"""Bytes written at a time, no more than an operating system holds for a line; `DEADLINE` is for each."""
RATES = range(50, 20_000_001)
"""Bits per second that a port may be asked for."""
GARBAGE_LIMIT = 1 << 14
"""Bytes without a frame among them after which nobody speaks the protocol there."""
MAX_PENDING = 128
"""Half the sequence numbers, so that a late answer is never taken for another request's."""
SILENCE = "no answer; is it the right port and rate, and is the board flashed?"
STRANGERS = "answers come, but none to this program; is another one using the board?"
DRIBBLE = "bytes come, but no answer in time; is it the right port and rate?"
DEAF = "board: the port takes no bytes; is it the right one, and is the board's bridge alive?"

NO_TABLE = "the board finds no embedding table of its model in its flash, or a damaged one; run hwgen flash"


class Line(Protocol):
    """What the client needs of a serial port; pyserial's `Serial` has it."""

    @property
    def baudrate(self) -> int:
        """Bits per second."""
        ...

    @property
    def timeout(self) -> float | None:
        """Seconds after which `read` gives up."""
        ...

    @property
    def in_waiting(self) -> int:
        """Bytes that `read` returns at once."""
        ...

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer, or none, when they do not come within `timeout` seconds."""
        ...

    def write(self, data: bytes) -> object: ...

    def close(self) -> None: ...


@dataclass
class _Pending:
    """A request on its way.

    Attributes:
        place: among the answers.
        frame: its bytes.
        attempts: how often it was sent.
    """

    place: int
    frame: bytes
    attempts: int = 0


class Client:
    """Talks to one board.

    The line must be open, with a `timeout`; a read that gives nothing tells the client that the board is silent. In a
    `with` statement the client closes it.
    """

    def __init__(self, line: Line, now: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            now: seconds, by the clock that the line's time passes by.
        """
        self._line, self._now = line, now
        self._waited, self._problem = 0.0, SILENCE
        self._reader = FrameReader()
        self._frames: deque[Frame] = deque()
        # Not from zero: an answer still under way to an earlier program would be taken for ours.
        self._sequence = random.randrange(256)
        self._identity: Identity | None = None

    @classmethod
    def open(cls, port: str, baud: int) -> Client:
        """Open a serial port by its name (such as ``/dev/ttyUSB1``), for this program alone.

        Raises:
            HwgenError: when it cannot be opened, with the ports that are there, or not at that rate.
        """
        import serial

        if baud not in RATES:
            raise HwgenError(f"baud: {baud} is outside {RATES[0]}..{RATES[-1]}; give the rate of the board's file")
        try:
            patience = DEADLINE + 2 * CHUNK * 10 / baud
            line = serial.Serial(port, baud, timeout=PATIENCE, write_timeout=patience, exclusive=True)
            line.reset_input_buffer()
            with suppress(OSError, ValueError, AttributeError, NotImplementedError):
                # Where the driver can: bytes come within 1 ms, and not when a packet is full or 16 ms are over.
                line.set_low_latency_mode(True)
        except (OSError, ValueError) as error:
            raise HwgenError(f"port {port}: {_reason(error)}") from None
        return cls(line)

    def close(self) -> None:
        """Close the line."""
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def identify(self) -> Identity:
        """Ask the board who it is.

        Raises:
            HwgenError: when it does not answer, or speaks another version of the protocol.
        """
        if self._identity is None:
            (payload,) = self._exchange(Kind.IDENTIFY, [()], window=0)
            self._identity = Identity.decode(payload)
        return self._identity

    def check(self, digest: bytes) -> None:
        """Make sure that the board holds the model with `digest`.

        Raises:
            HwgenError: naming both when it holds another.
        """
        held = self.identify().digest
        if held != digest:
            raise HwgenError(
                f"the board holds model {held.hex()}, not {digest.hex()}: flash this model, or give the other --model"
            )

    def classify(self, tokens: Sequence[int]) -> tuple[int, list[int]]:
        """Class number and scores of one sentence.

        Raises:
            HwgenError: when the board does not answer, or refuses the sentence.
        """
        ((label, scores),) = self.classify_all([tokens])
        return label, scores

    def classify_all(self, sentences: Iterable[Sequence[int]]) -> Iterator[tuple[int, list[int]]]:
        """Like `classify` for many sentences, answers in their order.

        Requests are sent ahead of their replies as far as the board has room, so `sentences` is read ahead.
        """
        board = self.identify()
        payloads = self._exchange(Kind.CLASSIFY, sentences, window=board.window)
        return (answer(payload, board.classes) for payload in payloads)

    def _exchange(self, kind: Kind, payloads: Iterable[Sequence[int]], *, window: int) -> Iterator[bytes]:
        """Reply payloads in the order of `payloads`, with at most `window` bytes (or one request) unanswered."""
        source = enumerate(payloads)
        upcoming = next(source, None)
        pending: dict[int, _Pending] = {}  # in the order sent, which is the order the board answers in
        ready: dict[int, bytes] = {}
        due = 0
        self._start_waiting()
        while pending or upcoming is not None:
            while upcoming is not None and len(pending) < MAX_PENDING:
                place, tokens = upcoming
                sequence = self._next_sequence(pending)
                item = _Pending(place, request(kind, sequence, tokens))
                if pending and _size(pending) + len(item.frame) > window:
                    break
                self._send(pending, sequence, item)
                upcoming = next(source, None)
            reply = self._receive(_size(pending))
            if reply is None:
                for sequence in list(pending):
                    self._send_again(pending, sequence, self._problem)
                self._start_waiting()
                continue
            if reply.sequence not in pending or not _answers(kind, reply):
                # The answer to something given up before, or to an earlier program.
                self._problem = STRANGERS
                continue
            self._start_waiting()
            for sequence in list(pending):
                if sequence == reply.sequence:
                    break
                self._send_again(pending, sequence, "its answer was lost; is the line noisy?")
            if reply.code == Status.OK:
                ready[pending.pop(reply.sequence).place] = reply.payload
            elif is_transient(reply.code):
                problem = f"the line is noisy (the board reports {status_name(reply.code)})"
                self._send_again(pending, reply.sequence, problem)
            elif reply.code == Status.NO_TABLE:
                raise HwgenError(NO_TABLE)
            else:
                raise HwgenError(f"the board refuses the request: {status_name(reply.code)}")
            while due in ready:
                yield ready.pop(due)
                due += 1

    def _next_sequence(self, pending: dict[int, _Pending]) -> int:
        self._sequence = (self._sequence + 1) & 0xFF
        while self._sequence in pending:
            self._sequence = (self._sequence + 1) & 0xFF
        return self._sequence

    def _send_again(self, pending: dict[int, _Pending], sequence: int, problem: str) -> None:
        if pending[sequence].attempts == ATTEMPTS:
            raise HwgenError(f"board, after {ATTEMPTS} attempts: {problem}")
        self._send(pending, sequence, pending.pop(sequence))

    def _send(self, pending: dict[int, _Pending], sequence: int, item: _Pending) -> None:
        item.attempts += 1
        pending[sequence] = item
        with _port_errors():
            for start in range(0, len(item.frame), CHUNK):
                self._line.write(item.frame[start : start + CHUNK])

    def _receive(self, unanswered: int) -> Frame | None:
        """The next frame, or None when none has come for too long; `_problem` then says what has.

        Args:
            unanswered: bytes that may still have to leave; they take their time before the board can answer.
        """
        sending = unanswered * 10 / self._line.baudrate
        silences = 1 + int(sending / (self._line.timeout or PATIENCE))
        began, garbage = self._now(), 0
        with _port_errors():
            while not self._frames:
                if self._waited + self._now() - began > DEADLINE + 2 * sending:
                    return None
                received = self._line.read(max(self._line.in_waiting, 1))
                self._frames.extend(self._reader.feed(received))
                garbage += len(received)
                if received and self._problem == SILENCE:
                    self._problem = DRIBBLE
                silences -= not received
                if not silences:
                    return None
                if garbage > GARBAGE_LIMIT and not self._frames:
                    raise HwgenError(f"board: {garbage} bytes came, but no answer; is it the right port and rate?")
        self._waited += self._now() - began
        return self._frames.popleft() if self._waited <= DEADLINE + 2 * sending else None

    def _start_waiting(self) -> None:
        """A new attempt begins, or an answer has come."""
        self._waited, self._problem = 0.0, SILENCE


def _answers(kind: Kind, reply: Frame) -> bool:
    """Whether a reply can be one to a request of this kind."""
    if reply.code == Status.OK:
        return is_answer(reply.payload) == (kind == Kind.CLASSIFY)
    return kind == Kind.CLASSIFY or reply.code not in (Status.BAD_TOKEN, Status.NO_TABLE)


def _size(pending: dict[int, _Pending]) -> int:
    return sum(len(each.frame) for each in pending.values())


@contextmanager
def _port_errors() -> Iterator[None]:
    from serial import SerialTimeoutException

    try:
        yield
    except SerialTimeoutException:
        raise HwgenError(DEAF) from None
    except OSError as error:
        raise HwgenError(f"board: the port is gone ({error.strerror or error}); is it still connected?") from None


def _reason(error: OSError | ValueError) -> str:
    """Why a port cannot be opened, and what to do."""
    match getattr(error, "errno", None):
        case errno.ENOENT:
            from serial.tools.list_ports import comports

            ports = ", ".join(sorted(each.device for each in comports())) or "none"
            return f"no such port; is the board connected? Ports here: {ports}"
        case errno.EACCES:
            return "no permission; join the group that owns it (often dialout), then log in again"
        case errno.EAGAIN | errno.EBUSY:
            return "in use by another program"
        case _:
            return str(error)
