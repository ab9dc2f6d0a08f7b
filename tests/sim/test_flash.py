"""A whole board that boots from flash, and what it tells the host when there is no table."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.host.client import Client
from hwgen.host.protocol import FrameReader, request
from hwgen.model import Model
from hwgen.rtl.core import Core
from hwgen.rtl.line.baud import Baud
from hwgen.rtl.plan import Plan, Spram
from hwgen.rtl.shell import Shell
from hwgen.rtl.table.flash_reader import FlashPlace
from hwgen.rtl.table.table_image import table_image
from hwgen.rtl.table.table_loader import ATTEMPTS
from hwgen.shipped import shipped_models
from hwgen.sim import icarus, pysim
from hwgen.sim.cxxrtl import compile_core
from hwgen.sim.flash import SimulatedFlash, flashed
from hwgen.sim.verify import first_mismatch
from hwgen.sim.virtual_board import CompiledLine, PysimLine, VirtualBoard
from hwgen.wire import Kind, Status
from tests.data import sst2_test
from tests.random_graph import random_graph, random_sentences

DIGEST, BIT, PLACE = b"digest00", 8, FlashPlace(1 << 12, 10)
BAUD = Baud(Fraction(BIT), 1)
GRAPH = random_graph(np.random.default_rng(5), vocabulary=50, rank=8, filters=2)
SENTENCES = [np.random.default_rng(n).integers(0, 50, n).tolist() for n in (0, 1, 2, 9, 5, 0, 3)]
SCORES = golden.scores(GRAPH, Sentences.of(SENTENCES))
ANSWERS = [(int(row.argmax()), row.tolist()) for row in SCORES]
IMAGE = table_image(GRAPH.embedding, DIGEST)


def in_spram(plan: Plan) -> Plan:
    return replace(plan, embedding=Spram())


def shell() -> Shell:
    core = Core(GRAPH, in_spram(Plan.folded(2)))
    return Shell(core, digest=DIGEST, baud=BAUD, idle_timeout=200 * BIT, flash=PLACE)


def flash(contents: bytes, bad_reads: int = 0) -> SimulatedFlash:
    return SimulatedFlash(contents, PLACE.offset, wake=PLACE.pause, bad_reads=bad_reads)


@pytest.mark.parametrize("kind", [PysimLine, CompiledLine])
def test_requests_wait_for_the_table(kind: type[PysimLine | CompiledLine]) -> None:
    """They come before the table is whole, and are answered rightly."""
    line = VirtualBoard(kind(shell()), timeout_bits=4_000)
    assert list(Client(line).classify_all(SENTENCES)) == ANSWERS
    line.close()


def test_a_table_read_wrongly_at_first() -> None:
    client = Client(VirtualBoard(PysimLine(shell(), flash(IMAGE, ATTEMPTS - 1)), timeout_bits=8_000))
    assert list(client.classify_all(SENTENCES)) == ANSWERS


DAMAGED = IMAGE[:90] + bytes([IMAGE[90] ^ 0x10]) + IMAGE[91:]
NO_TABLE = {
    "empty": flash(b""),
    "damaged": flash(DAMAGED),
    "other model": flash(table_image(GRAPH.embedding, DIGEST[::-1])),
    "never read rightly": flash(IMAGE, ATTEMPTS),
}


@pytest.mark.parametrize("what", NO_TABLE)
def test_the_host_is_told_that_there_is_no_table(what: str) -> None:
    line = VirtualBoard(PysimLine(shell(), NO_TABLE[what]), timeout_bits=8_000)
    client = Client(line)
    client.check(DIGEST)
    for sentence in ([], [1], [1, 2, 3]):
        with pytest.raises(HwgenError, match=r"^the board finds no embedding table .* run hwgen flash$"):
            client.classify(sentence)


@pytest.mark.parametrize("early", [True, False])
def test_every_kind_of_request_without_a_table(early: bool) -> None:
    """Asked before the board has given up, and after: one answer each, none of them a guess."""
    line = VirtualBoard(PysimLine(shell(), flash(DAMAGED)), timeout_bits=8_000)
    if not early:
        line.run(8_000)
    good = [request(Kind.CLASSIFY, number, tokens) for number, tokens in enumerate(([4], [1, 2], [], [5] * 20))]
    bad = good[1][:-1] + bytes([good[1][-1] ^ 1])
    line.write(b"".join([*good, bad, request(Kind.IDENTIFY, 9), request(Kind.CLASSIFY, 8, [50])]))
    reader, replies = FrameReader(), []
    while received := line.read(64):
        replies += reader.feed(received)
    none = [(number, Status.NO_TABLE) for number in range(4)]
    others = [(1, Status.BAD_CRC), (9, Status.OK), (8, Status.BAD_TOKEN)]
    assert [(reply.sequence, reply.code) for reply in replies] == [*none, *others]
    assert all(not reply.payload for reply in replies if reply.code != Status.OK)


def test_a_shell_must_know_where_the_table_is() -> None:
    with pytest.raises(HwgenError, match="say where in a flash"):
        Shell(Core(GRAPH, in_spram(Plan.folded(2))), digest=DIGEST, baud=BAUD, idle_timeout=200)
    plain = Shell(Core(GRAPH, Plan.folded(2)), digest=DIGEST, baud=BAUD, idle_timeout=200, flash=PLACE)
    assert plain.table is None and flashed(plain) is plain


@pytest.mark.parametrize("plan", [Plan.spatial(2), Plan.folded(5)], ids=lambda plan: plan.name)
@pytest.mark.parametrize(("rank", "reads"), [(4, 1), (14, 2)])
def test_cores_in_every_simulator(plan: Plan, rank: int, reads: int) -> None:
    """Both engines take a token each time a row has been read."""
    graph = random_graph(np.random.default_rng(rank), vocabulary=30, rank=rank, filters=2)
    sentences = random_sentences(np.random.default_rng(1), graph, 30)
    expected = golden.scores(graph, sentences)
    core = Core(graph, in_spram(plan))
    assert core.stored is not None and core.stored.interval == reads
    results = pysim.run(core, sentences, stall=0.3)
    assert not results.mismatches(expected).size
    wrong = replace(results, scores=results.scores + 1)
    assert first_mismatch(Core(graph, in_spram(plan)), sentences, wrong) is not None
    assert not icarus.run(Core(graph, in_spram(plan)), sentences, stall=0.3).mismatches(expected).size
    compiled = compile_core(Core(graph, in_spram(plan)))
    assert not compiled.run(sentences, stall=0.3).mismatches(expected).size
    if plan.never_stalls:
        results = compiled.run(Sentences.of([[1] * 50] * 10))
        assert set(np.diff(results.last)) == {50 * reads}


def test_the_whole_test_set_from_flash() -> None:
    """8,192 words at rank 16, as iCEBreaker holds them: every score of every SST-2 test sentence."""
    model = Model.load(shipped_models()["sst2-full-5bit"])
    sentences = model.encode(sst2_test())
    core = Core(model.graph, in_spram(Plan.folded(32, 2)))
    results = compile_core(core).run(sentences)
    assert not results.mismatches(golden.scores(model.graph, sentences)).size
    assert results.first[0] > 16 * 8192 * 10, "the table takes its time"
