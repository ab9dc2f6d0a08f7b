"""The host's side of the serial port."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from hwgen.errors import HwgenError
from hwgen.host.protocol import Identity, Kind, Reply, ReplyReader, Status, answer, identity, request

WINDOW = 512
"""Bytes of unanswered requests the board has room for; one request may be longer when it is alone."""
RETRIES = 3


class Line(Protocol):
    """What the client needs of a serial port; pyserial's `Serial` has it."""

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer, or none, when they do not come in time."""
        ...

    def write(self, data: bytes) -> object: ...


class Client:
    """Talks to one board.

    Args:
        line: an open port whose `read` gives up after a short while.
        patience: seconds without a byte after which the board counts as gone.
    """

    def __init__(self, line: Line, *, patience: float = 2.0) -> None:
        self._line, self._patience = line, patience
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()
        self._sequence = 0

    @classmethod
    def open(cls, port: str, baud: int) -> Client:
        """Open a serial port.

        Raises:
            HwgenError: when it cannot be opened.
        """
        import serial

        try:
            return cls(serial.Serial(port, baud, timeout=0.05, exclusive=True))
        except (serial.SerialException, ValueError) as error:
            raise HwgenError(f"port {port}: {error}; is the board connected, and may you open it?") from None

    def identify(self) -> Identity:
        """Ask the board who it is.

        Raises:
            HwgenError: when it does not answer.
        """
        return identity(self._exchange(Kind.IDENTIFY, ()))

    def check(self, digest: bytes) -> None:
        """Make sure that the board holds the model with `digest`.

        Raises:
            HwgenError: naming both when it holds another.
        """
        found = self.identify().digest
        if found != digest:
            raise HwgenError(
                f"the board holds model {found.hex()}, not {digest.hex()}: flash this model, or give the other --model"
            )

    def classify(self, tokens: Sequence[int]) -> tuple[int, list[int]]:
        """Class number and scores of one sentence.

        Raises:
            HwgenError: when the board does not answer, or refuses the sentence.
        """
        return answer(self._exchange(Kind.CLASSIFY, tokens))

    def classify_all(self, sentences: Iterable[Sequence[int]]) -> Iterator[tuple[int, list[int]]]:
        """Like `classify` for many sentences, with requests sent ahead of their replies as far as the board allows."""
        waiting: deque[tuple[int, int, Sequence[int]]] = deque()
        source = iter(sentences)
        upcoming = next(source, None)
        while waiting or upcoming is not None:
            while upcoming is not None:
                size = len(request(Kind.CLASSIFY, 0, upcoming))
                if waiting and sum(each for _, each, _ in waiting) + size > WINDOW:
                    break
                waiting.append((self._send(Kind.CLASSIFY, upcoming), size, upcoming))
                upcoming = next(source, None)
            sequence, _, tokens = waiting.popleft()
            reply = self._receive()
            if reply is not None and reply.status == Status.OK and reply.sequence == sequence:
                yield answer(reply.payload)
            else:
                # Something was lost on the way: ask again for everything that is out, one by one.
                self._drain()
                yield self.classify(tokens)
                for _, _, later in waiting:
                    yield self.classify(later)
                waiting.clear()

    def _exchange(self, kind: Kind, tokens: Sequence[int]) -> bytes:
        problem = "no answer; is it the right port and rate, and is the board flashed?"
        for _ in range(RETRIES):
            sequence = self._send(kind, tokens)
            while (reply := self._receive()) is not None:
                if reply.status in (Status.BAD_CRC, Status.TIMEOUT):
                    problem = f"the line is noisy (the board reports {reply.status.name})"
                    break
                if reply.sequence != sequence:
                    continue  # an answer to something given up before
                if reply.status != Status.OK:
                    raise HwgenError(f"the board refuses the request: {reply.status.name}")
                return reply.payload
            self._drain()
        raise HwgenError(f"board: {problem}")

    def _send(self, kind: Kind, tokens: Sequence[int]) -> int:
        self._sequence = (self._sequence + 1) & 0xFF
        frame = request(kind, self._sequence, tokens)
        try:
            self._line.write(frame)
        except OSError as error:
            raise HwgenError(f"board: the line is gone ({error}); is it still connected?") from None
        return self._sequence

    def _receive(self) -> Reply | None:
        """The next reply, or None when nothing has come for too long."""
        deadline = time.monotonic() + self._patience
        while not self._replies:
            try:
                received = self._line.read(64)
            except OSError as error:
                raise HwgenError(f"board: the line is gone ({error}); is it still connected?") from None
            if received:
                deadline = time.monotonic() + self._patience
                self._replies.extend(self._reader.feed(received))
            elif time.monotonic() > deadline:
                return None
        return self._replies.popleft()

    def _drain(self) -> None:
        """Forget everything that is still coming."""
        while self._line.read(64):
            pass
        self._replies.clear()
        self._reader = ReplyReader()
