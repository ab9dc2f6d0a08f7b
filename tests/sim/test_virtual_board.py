"""The real host client against the whole top level, UART bit by bit."""

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import Graph
from hwgen.host import protocol
from hwgen.host.client import Client
from hwgen.host.protocol import Kind, Status
from hwgen.rtl.core import Core, Plan
from hwgen.rtl.shell import Shell
from hwgen.sim.virtual_board import VirtualBoard
from tests.random_graph import random_graph

DIGEST = b"a model!"


@pytest.fixture(params=[Plan.spatial(2), Plan.folded(6)], ids=lambda plan: plan.name)
def board(request: pytest.FixtureRequest) -> tuple[Graph, VirtualBoard, Client]:
    graph = random_graph(np.random.default_rng(0), filters=2)
    shell = Shell(Core(graph, request.param), digest=DIGEST, clocks_per_bit=4, idle_timeout=1000)
    virtual = VirtualBoard(shell)
    return graph, virtual, Client(virtual, patience=0.2)


def expected(graph: Graph, sentences: list[list[int]]) -> list[tuple[int, list[int]]]:
    scores = golden.scores(graph, Sentences.of(sentences))
    return [(int(label), row.tolist()) for label, row in zip(golden.classes(scores), scores, strict=True)]


def test_identity(board: tuple[Graph, VirtualBoard, Client]) -> None:
    graph, _, client = board
    assert client.identify() == protocol.Identity(1, DIGEST, graph.vocabulary, graph.classes)
    client.check(DIGEST)
    with pytest.raises(HwgenError, match=f"{DIGEST.hex()}.*{bytes(8).hex()}"):
        client.check(bytes(8))


def test_sentences_short_empty_and_long(board: tuple[Graph, VirtualBoard, Client]) -> None:
    graph, _, client = board
    sentences = [[1, 2, 3], [], [4], np.random.default_rng(0).integers(0, graph.vocabulary, 300).tolist()]
    assert [client.classify(sentence) for sentence in sentences] == expected(graph, sentences)


def test_requests_ahead_of_their_replies(board: tuple[Graph, VirtualBoard, Client]) -> None:
    graph, _, client = board
    random = np.random.default_rng(1)
    sentences = [random.integers(0, graph.vocabulary, length).tolist() for length in random.integers(0, 6, 60)]
    assert list(client.classify_all(sentences)) == expected(graph, sentences)


def test_bad_frames_are_answered_and_forgotten(board: tuple[Graph, VirtualBoard, Client]) -> None:
    graph, virtual, client = board
    good = protocol.request(Kind.CLASSIFY, 1, [5, 6])
    reader = protocol.ReplyReader()
    for frame, status in (
        (good[:-1] + bytes([good[-1] ^ 0x80]), Status.BAD_CRC),
        (protocol.request(Kind.CLASSIFY, 1, [5, graph.vocabulary]), Status.BAD_TOKEN),
        (good[:8], Status.TIMEOUT),
    ):
        virtual.write(frame)
        virtual.run(500)
        (reply,) = reader.feed(virtual.read(64))
        assert (reply.status, reply.payload) == (status, b"")
        assert client.classify([5, 6]) == expected(graph, [[5, 6]])[0]


def test_a_damaged_line_is_tried_again(board: tuple[Graph, VirtualBoard, Client]) -> None:
    """The first request loses a bit on its way; the client repeats it."""
    graph, virtual, client = board
    write, damaged = virtual.write, []

    def once_damaged(data: bytes) -> int:
        if not damaged:
            damaged.append(data)
            data = data[:5] + bytes([data[5] ^ 1]) + data[6:]
        return write(data)

    virtual.write = once_damaged  # type: ignore[method-assign]
    assert client.classify([3, 4]) == expected(graph, [[3, 4]])[0]


def test_a_dead_board_is_one_clear_line() -> None:
    class Dead:
        def read(self, size: int) -> bytes:
            return b""

        def write(self, data: bytes) -> None:
            pass

    with pytest.raises(HwgenError, match="no answer"):
        Client(Dead(), patience=0.01).classify([1])


def test_a_core_slower_than_the_line_is_refused() -> None:
    graph = random_graph(np.random.default_rng(0), sparsity=0.0)
    with pytest.raises(HwgenError, match="more lanes"):
        Shell(Core(graph, Plan.folded(1)), digest=DIGEST, clocks_per_bit=4, idle_timeout=1000)


def test_an_unplugged_line_is_one_clear_line() -> None:
    class Unplugged:
        def read(self, size: int) -> bytes:
            raise OSError("device disappeared")

        def write(self, data: bytes) -> None:
            pass

    with pytest.raises(HwgenError, match="the line is gone"):
        Client(Unplugged()).classify([1])
