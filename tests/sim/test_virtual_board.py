"""The real client against the whole top level in simulation, its line played bit by bit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import Graph
from hwgen.graph.tensor import TensorType
from hwgen.host.client import Client
from hwgen.host.protocol import Frame, FrameReader, request
from hwgen.rtl.core import Core
from hwgen.rtl.line.baud import Baud
from hwgen.rtl.plan import Plan
from hwgen.rtl.shell import RECEIVE_BUFFER, Shell
from hwgen.rtl.streams import result_stream, token_stream
from hwgen.sim.pseudo_terminal import port
from hwgen.sim.virtual_board import EXACT, CompiledLine, PysimLine, VirtualBoard
from hwgen.wire import MAX_TOKENS, Kind, Status
from tests.random_graph import random_graph

DIGEST = bytes.fromhex("5a7d a500 0102 7d5a")
VOCABULARY, CLASSES, BITS = 300, 3, 20
IDLE_BITS = 200
BIT = 8
BAUD = Baud(Fraction(BIT * 1_000_000), 1_000_000)


class SumCore(wiring.Component):
    """Scores are the sum of the tokens, their number, and minus the last one.

    A token takes `interval` cycles, a sentence `pause` more after its last token, the first one `first_pause`.
    """

    stored = None

    def __init__(self, pause: int = 0, first_pause: int = 0, interval: int = 1) -> None:
        self.graph = SimpleNamespace(vocabulary=VOCABULARY, classes=CLASSES)
        limit = 1 << BITS - 1
        self.scores = TensorType(np.full(CLASSES, -limit), np.full(CLASSES, limit - 1), per_token=False)
        self.pause, self.first_pause, self.interval = pause, first_pause, interval
        self.tokens_per_cycle = 1 / interval
        super().__init__({"tokens": In(token_stream(VOCABULARY)), "results": Out(result_stream(self.scores))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        token, scores = self.tokens.payload, self.results.payload.scores
        wait, rest = Signal(range(max(self.pause, self.first_pause) + 2)), Signal(range(self.interval))
        pause = Signal.like(wait, init=self.first_pause + 1)
        m.d.comb += [
            self.tokens.ready.eq(~self.results.valid & (wait == 0) & (rest == 0)),
            self.results.payload.label.eq(scores[0] < scores[1]),
        ]
        with m.If(self.results.valid & self.results.ready):
            m.d.sync += self.results.valid.eq(0)
        with m.If(wait != 0):
            m.d.sync += [wait.eq(wait - 1), self.results.valid.eq(wait == 1)]
        with m.If(rest != 0):
            m.d.sync += rest.eq(rest - 1)
        with m.If(self.tokens.valid & self.tokens.ready):
            m.d.sync += [
                rest.eq(self.interval - 1),
                scores[0].eq(Mux(token.first, 0, scores[0]) + token.token),
                scores[1].eq(Mux(token.first, 0, scores[1]) + 1),
                scores[2].eq(-token.token),
            ]
            with m.If(token.last):
                m.d.sync += [wait.eq(pause), pause.eq(self.pause + 1)]
        return m


def expected(tokens: Sequence[int]) -> tuple[int, list[int]]:
    tokens = list(tokens) or [0]
    return int(sum(tokens) < len(tokens)), [sum(tokens), len(tokens), -tokens[-1]]


def board(core: object | None = None, baud: Baud = BAUD, pace: Fraction = EXACT) -> VirtualBoard:
    idle = round(IDLE_BITS * baud.clocks)
    shell = Shell(core or SumCore(), digest=DIGEST, baud=baud, idle_timeout=idle)  # type: ignore[arg-type]
    return VirtualBoard(CompiledLine(shell, pace=pace))


def talk(line: VirtualBoard) -> Client:
    """A client whose clock is the simulation's."""
    return Client(line, line.now)


def replies(line: VirtualBoard, sent: bytes) -> list[Frame]:
    """What the board says to `sent`, until it is silent."""
    reader, found = FrameReader(), []
    line.write(sent)
    while received := line.read(64):
        found += reader.feed(received)
    return found


def codes(line: VirtualBoard, sent: bytes) -> list[tuple[int, int]]:
    return [(reply.sequence, reply.code) for reply in replies(line, sent)]


@pytest.fixture
def line() -> Iterator[VirtualBoard]:
    made = board()
    yield made
    made.close()


GOOD = request(Kind.CLASSIFY, 9, [7, 8])


def is_good(frame: Frame) -> bool:
    return (frame.sequence, frame.code, frame.payload[2:6]) == (9, Status.OK, (15).to_bytes(4, "little"))


def test_identify(line: VirtualBoard) -> None:
    client = talk(line)
    found = client.identify()
    assert (found.digest, found.vocabulary, found.classes) == (DIGEST, VOCABULARY, CLASSES)
    assert found.window == RECEIVE_BUFFER
    client.check(DIGEST)
    with pytest.raises(HwgenError, match=f"{DIGEST.hex()}.*{'00' * 8}"):
        client.check(bytes(8))


def test_sentences_of_every_length(line: VirtualBoard) -> None:
    """Empty, one token, longer than the board's buffer; bytes that must be escaped."""
    client = talk(line)
    for tokens in ([], [0], [299], [1, 2, 3], [0xA5, 0x5A, 0x7D] * 3, list(range(300))):
        assert client.classify(tokens) == expected(tokens)


@pytest.mark.parametrize("pause", [0, 3000])
def test_many_in_flight(pause: int) -> None:
    """Answers slower than requests: the board's buffer holds what the client sends ahead."""
    random = np.random.default_rng(1)
    sentences = [random.integers(0, VOCABULARY, n).tolist() for n in random.integers(0, 12, 60)]
    assert list(talk(board(SumCore(pause))).classify_all(sentences)) == [expected(each) for each in sentences]


def test_the_window_is_kept() -> None:
    """While the first sentence holds everything up, the board keeps the whole window and the frame before it."""
    frames = [request(Kind.CLASSIFY, i, [1]) for i in range(1 + RECEIVE_BUFFER // 9)]
    assert RECEIVE_BUFFER < sum(map(len, frames)) <= RECEIVE_BUFFER + 9
    line = board(SumCore(first_pause=12 * len(frames) * 9 * BIT))
    line.timeout = 0.02
    assert codes(line, b"".join(frames)) == [(i, Status.OK) for i in range(len(frames))]


def test_bad_frames_are_answered_and_the_next_good_one_works(line: VirtualBoard) -> None:
    flipped = bytearray(GOOD)
    flipped[5] ^= 1
    assert codes(line, bytes(flipped) + GOOD) == [(9, Status.BAD_CRC), (9, Status.OK)]
    kind = Frame(2, 3, bytes(4)).encode(0xA5)
    assert codes(line, kind + GOOD) == [(3, Status.BAD_KIND), (9, Status.OK)]
    odd = Frame(Kind.CLASSIFY, 4, bytes(3)).encode(0xA5)
    assert codes(line, odd + GOOD) == [(4, Status.BAD_LENGTH), (9, Status.OK)]
    fat = Frame(Kind.IDENTIFY, 5, bytes(2)).encode(0xA5)
    assert codes(line, fat + GOOD) == [(5, Status.BAD_LENGTH), (9, Status.OK)]


@pytest.mark.parametrize("unknown", [300, 301, 0x8000, 0xFFFF])
def test_token_outside_the_vocabulary(line: VirtualBoard, unknown: int) -> None:
    first, second, third = replies(line, request(Kind.CLASSIFY, 1, [5, unknown, 6]) + GOOD + GOOD)
    assert (first.code, first.payload) == (Status.BAD_TOKEN, b"")
    assert is_good(second) and is_good(third)
    with pytest.raises(HwgenError, match="BAD_TOKEN"):
        talk(line).classify([unknown])


@pytest.mark.parametrize("kept", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
def test_cut_frames(line: VirtualBoard, kept: int) -> None:
    """A frame cut anywhere, by the next frame or by silence; the frames behind it are untouched."""
    broken = request(Kind.CLASSIFY, 200, [3, 4])[:kept]
    found = replies(line, broken + GOOD)
    assert is_good(found[-1])
    told = [(frame.sequence, frame.code) for frame in found[:-1]]
    assert told == ([] if kept == 1 else [(200 if kept > 2 else 0, Status.CUT)])
    told = codes(line, broken)
    assert told == ([] if kept == 1 else [(200 if kept > 2 else 0, Status.TIMEOUT)])
    first, second = replies(line, GOOD + GOOD)
    assert is_good(first) and is_good(second)


def test_length_that_lies(line: VirtualBoard) -> None:
    """A damaged length swallows nothing of the next frame."""
    for position in (3, 4):
        damaged = bytearray(GOOD)
        damaged[position] ^= 0x40
        found = replies(line, bytes(damaged) + GOOD + GOOD)
        assert found[0].code in (Status.CUT, Status.BAD_CRC)
        assert [is_good(frame) for frame in found[1:]] == [True, True]


def test_garbage_between_frames(line: VirtualBoard) -> None:
    garbage = bytes(set(range(256)) - {0xA5})
    assert codes(line, garbage + GOOD + garbage + GOOD) == [(9, Status.OK)] * 2
    assert codes(line, b"\xa5\xa5" + GOOD) == [(9, Status.OK)]


def test_an_escape_byte_alone_is_no_byte_of_a_frame(line: VirtualBoard) -> None:
    """So nothing is answered, whether silence or a sync byte follows; the next frame is untouched."""
    assert codes(line, b"\xa5\x7d") == []
    assert codes(line, GOOD) == [(9, Status.OK)]
    assert codes(line, b"\xa5\x7d" + GOOD) == [(9, Status.OK)]
    assert codes(line, b"\xa5\x00\x7d" + GOOD) == [(0, Status.CUT), (9, Status.OK)]


def test_answers_to_an_earlier_program_are_passed_over(line: VirtualBoard) -> None:
    """Also those that bear our sequence number."""
    line.write(b"".join(request(Kind.CLASSIFY, sequence, [7]) for sequence in range(40)))
    client = talk(line)
    client._sequence = 9
    assert client.identify().digest == DIGEST
    assert client.classify([7, 8]) == expected([7, 8])


RATES = {
    "8.33 clocks a bit": Baud(Fraction(25_000_000), 3_000_000),
    "8 clocks a bit": Baud(Fraction(24_000_000), 3_000_000),
    "217 clocks a bit": Baud(Fraction(25_000_000), 115_200),
}
PACES = [Fraction(98, 100), Fraction(1), Fraction(102, 100)]


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("rate", RATES)
def test_a_host_two_per_cent_off(rate: str, pace: Fraction) -> None:
    """Frames back to back in both directions, every byte value in them; nothing is sent twice."""
    line = board(baud=RATES[rate], pace=pace)
    random = np.random.default_rng(0)
    sentences = [random.integers(0, VOCABULARY, n).tolist() for n in (255, *random.integers(0, 60, 40), 0, 0, 1)]
    sent = [request(Kind.CLASSIFY, 0, tokens) for tokens in sentences]
    assert list(talk(line).classify_all(sentences)) == [expected(each) for each in sentences]
    spent, least = line.bits, 10 * sum(map(len, sent))
    assert least < spent < 1.15 * least
    line.close()


@pytest.mark.parametrize("pace", [PACES[0], PACES[-1]], ids=str)
def test_both_simulators_play_such_a_host_alike(pace: Fraction) -> None:
    shell = Shell(SumCore(), digest=DIGEST, baud=RATES["8.33 clocks a bit"], idle_timeout=2000)  # type: ignore[arg-type]
    frames = b"".join(request(Kind.CLASSIFY, sequence, [sequence, 165, 125, 90]) for sequence in range(7))
    said = []
    for kind in (PysimLine, CompiledLine):
        line = kind(shell, pace=pace)
        said.append([line.run(frames, 200), *(line.run(b"", 100) for _ in range(20))])
        line.close()
    assert said[0] == said[1] and len(b"".join(said[0])) > 7 * 20


def test_a_core_that_needs_every_cycle_keeps_up_with_a_fast_host() -> None:
    """A lone request as long as they come, from a host 2 % faster; a core a cycle slower is refused."""
    baud = RATES["8.33 clocks a bit"]
    line = board(SumCore(interval=baud.cycles_per_token), baud, PACES[-1])
    tokens = [1] * MAX_TOKENS
    assert talk(line).classify(tokens) == expected(tokens)
    assert line.bits < 1.01 * 20 * MAX_TOKENS, "sent again"
    line.close()
    with pytest.raises(HwgenError, match=r"the UART brings one every 163"):
        board(SumCore(interval=baud.cycles_per_token + 1), baud)


class NoisyLine:
    """Passes on to a board, and spoils, doubles or loses bytes on the way, in both directions."""

    def __init__(self, line: VirtualBoard, chance: float, seed: int) -> None:
        self._line, self._chance, self._random = line, chance, np.random.default_rng(seed)
        self.baudrate, self.timeout = line.baudrate, line.timeout

    in_waiting = 1

    def _spoil(self, data: bytes) -> bytes:
        out = bytearray()
        for byte in data:
            if self._random.random() >= self._chance:
                out.append(byte)
            else:
                out += self._random.choice([b"", bytes([byte, byte]), bytes([byte ^ 1 << self._random.integers(8)])])
        return bytes(out)

    def write(self, data: bytes) -> int:
        return self._line.write(self._spoil(data))

    def read(self, size: int) -> bytes:
        return self._spoil(self._line.read(size))


@pytest.mark.parametrize("seed", [0, 1])
def test_noise_on_the_line(seed: int) -> None:
    """The client asks again until every answer is right."""
    random = np.random.default_rng(seed)
    sentences = [random.integers(0, VOCABULARY, 5).tolist() for _ in range(40)]
    line = board()
    client = Client(NoisyLine(line, 0.003, seed), line.now)
    assert list(client.classify_all(sentences)) == [expected(each) for each in sentences]


def tiny(seed: int) -> tuple[Graph, list[list[int]], list[tuple[int, list[int]]]]:
    """A random graph, sentences, and their golden answers."""
    random = np.random.default_rng(seed)
    graph = random_graph(random, vocabulary=50, rank=4, filters=2)
    sentences = [random.integers(0, 50, n).tolist() for n in (0, 1, 2, 9, 5, 0, 3)]
    scores = golden.scores(graph, Sentences.of(sentences))
    return graph, sentences, [(int(row.argmax()), row.tolist()) for row in scores]


@pytest.mark.parametrize("kind", [PysimLine, CompiledLine])
@pytest.mark.parametrize("plan", [Plan.spatial(), Plan.folded(2)], ids=lambda plan: plan.name)
def test_core_against_golden(plan: Plan, kind: type[PysimLine | CompiledLine]) -> None:
    graph, sentences, answers = tiny(3)
    simulation = kind(Shell(Core(graph, plan), digest=DIGEST, baud=BAUD, idle_timeout=IDLE_BITS * BIT))
    line = VirtualBoard(simulation)
    assert list(talk(line).classify_all(sentences)) == answers
    # Both play the line alike: a frame cut by silence, one damaged, and a good one.
    line.run(IDLE_BITS)
    assert codes(line, GOOD[:8]) == [(9, Status.TIMEOUT)]
    assert codes(line, GOOD[:-1] + bytes([GOOD[-1] ^ 1]) + GOOD) == [(9, Status.BAD_CRC), (9, Status.OK)]
    line.close()


def test_through_a_port_of_this_machine() -> None:
    graph, sentences, answers = tiny(4)
    shell = Shell(Core(graph, Plan.spatial()), digest=DIGEST, baud=BAUD, idle_timeout=IDLE_BITS * BIT)
    with port(VirtualBoard(CompiledLine(shell))) as name:
        with Client.open(name, 1_000_000) as client:
            client.check(DIGEST)
            assert list(client.classify_all(sentences)) == answers
        with Client.open(name, 1_000_000) as client, pytest.raises(HwgenError, match="in use by another program"):
            Client.open(name, 1_000_000)


@pytest.mark.parametrize(("field", "value"), [("vocabulary", 65_537), ("classes", 16_384)])
def test_what_a_frame_cannot_hold_is_refused(field: str, value: int) -> None:
    core = SumCore()
    setattr(core.graph, field, value)
    with pytest.raises(HwgenError, match=f"{field}: {value}"):
        Shell(core, digest=DIGEST, baud=BAUD, idle_timeout=1000)  # type: ignore[arg-type]


def test_a_core_slower_than_the_line_is_refused() -> None:
    graph = random_graph(np.random.default_rng(0), sparsity=0.0)
    with pytest.raises(HwgenError, match="more lanes"):
        Shell(Core(graph, Plan.folded(1)), digest=DIGEST, baud=BAUD, idle_timeout=1000)
