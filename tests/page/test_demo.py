"""The demo's page answers this computer's browser, and nobody else."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from hwgen.classify import Answer, classifier
from hwgen.errors import HwgenError
from hwgen.flow.pace import foretold_cycles
from hwgen.graph.golden import Sentences
from hwgen.page.demo import Demo
from hwgen.page.server import MOST_BYTES, TOKEN, Server
from hwgen.rtl.core import Core
from hwgen.rtl.plan import spatial
from hwgen.sim import pysim
from tests.page.builds import model_of
from tests.page.reading import Page
from tests.random_graph import random_ensemble, random_graph, random_hypervector_graph

RANDOM = np.random.default_rng(4)
NASTY = '<script>alert("x")</script>'
MODEL = model_of(random_graph(RANDOM, classes=2), (NASTY, "[/red]"))
GRAPHS = [MODEL.graph, random_hypervector_graph(RANDOM), random_ensemble(RANDOM, "convolution")]


@pytest.fixture
def server() -> Iterator[Server]:
    with classifier(MODEL, "golden") as ask, Server(Demo(MODEL, "tiny", "golden", ask), 0) as made:
        Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


def send(server: Server, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str, Any]:
    line = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    line.putrequest(method, path, skip_host="Host" in named)
    if body is not None and "Content-Length" not in named:
        named["Content-Length"] = str(len(body))
    for name, value in named.items():
        line.putheader(name, value)
    line.endheaders(body)
    reply = line.getresponse()
    return reply.status, reply.read().decode(), reply.headers


def ask(server: Server, text: str, **changed: str) -> tuple[int, Any]:
    headers = {"Content_Type": "application/json", TOKEN.replace("-", "_"): server.token} | changed
    status, body, _ = send(server, "POST", "/classify", json.dumps({"text": text}).encode(), **headers)
    return status, json.loads(body)


def test_the_page_is_well_formed_and_runs_its_own_script_alone(server: Server) -> None:
    status, html, headers = send(server, "GET", "/")
    shown = Page(html)
    assert status == 200 and not shown.problems and not shown.outside()
    (nonce,) = {attributes["nonce"] for tag, attributes in shown.tags if tag in ("script", "style")}
    rules = headers["Content-Security-Policy"]
    assert f"script-src 'nonce-{nonce}'" in rules and "default-src 'none'" in rules
    assert nonce not in send(server, "GET", "/")[1]
    assert "Access-Control-Allow-Origin" not in headers


def test_a_sentence_is_answered(server: Server) -> None:
    status, told = ask(server, "a film never boring")
    with classifier(MODEL, "golden") as golden:
        expected = golden("a film never boring")
    assert status == 200 and told["class"] == expected.label and told["scores"] == list(expected.scores)
    assert told["margin"] == expected.margin
    assert "".join(each["text"] for each in told["stretches"]).split() == ["a", "film", "never", "boring"]
    assert {each["class"] for each in told["ranking"]} == set(MODEL.labels)


@pytest.mark.parametrize("text", ["", "   ", "\0", "é ☃ 𝄞", "w1 " * 2000, NASTY])
def test_any_text_is_answered(server: Server, text: str) -> None:
    assert ask(server, text)[0] == 200


def test_a_text_that_is_not_unicode_is_refused(server: Server) -> None:
    status, told = ask(server, "\ud800")
    assert status == 400 and "Unicode" in told["error"]


@pytest.mark.parametrize("host", ["example.org", "127.0.0.1", "127.0.0.1:1", ""])
def test_another_name_for_the_server_is_refused(server: Server, host: str) -> None:
    assert send(server, "GET", "/", Host=host)[0] == 421
    assert ask(server, "w1", Host=host)[0] == 421


@pytest.mark.parametrize(
    ("status", "changed"),
    [
        (403, {"X_Hwgen_Token": "guessed"}),
        (403, {"X_Hwgen_Token": ""}),
        (415, {"Content_Type": "text/plain"}),
        (415, {"Content_Type": "application/x-www-form-urlencoded"}),
        (413, {"Content_Length": str(MOST_BYTES + 1)}),
        (413, {"Content_Length": "9" * 5000}),
        (411, {"Content_Length": "-1"}),
        (411, {"Content_Length": "x"}),
    ],
)
def test_a_question_from_elsewhere_is_refused(server: Server, status: int, changed: dict[str, str]) -> None:
    assert ask(server, "w1", **changed)[0] == status


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'"x"', b"{}", b'{"text": 5}', b"[" * 50_000, b"\xff\xfe\x00", b"1" * 9000]
)
def test_a_malformed_question_is_refused(server: Server, body: bytes) -> None:
    headers = {"Content_Type": "application/json", "X_Hwgen_Token": server.token}
    status, told, _ = send(server, "POST", "/classify", body, **headers)
    assert status == 400 and "error" in json.loads(told)
    assert ask(server, "w1")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/x", 404, None),
        ("GET", "/../etc", 404, None),
        *((method, "/", 405, "GET, HEAD") for method in ("PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE")),
        *((method, "/classify", 405, "POST") for method in ("GET", "HEAD", "OPTIONS")),
    ],
)
def test_there_is_nothing_else(server: Server, method: str, path: str, status: int, allowed: str | None) -> None:
    told, _, headers = send(server, method, path)
    assert told == status and headers["Allow"] == allowed


def test_head_is_get_without_the_page(server: Server) -> None:
    status, body, headers = send(server, "HEAD", "/")
    assert status == 200 and not body and int(headers["Content-Length"]) > 1000


def test_only_this_computer_is_served(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"
    with pytest.raises(HwgenError, match=f"--port {server.server_port}: .* in use"):
        Server(server.page, server.server_port)


def test_questions_wait_for_each_other() -> None:
    running = 0

    def slow(text: str | bytes) -> Answer:
        nonlocal running
        running += 1
        time.sleep(0.02)
        assert running == 1
        running -= 1
        return Answer("a", "b", 1.0, (1, 0), ())

    demo = Demo(MODEL, "tiny", "/dev/ttyUSB9", slow)
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(demo.answer, ["w1"] * 8))
    assert {each["cycles"] for each in told} == {"the board does not count its cycles"}


def test_what_goes_wrong_is_told(server: Server) -> None:
    def lost(text: str | bytes) -> Answer:
        raise HwgenError("board: the port is gone <b>")

    server.page = Demo(MODEL, "tiny", "/dev/ttyUSB9", lost)
    assert ask(server, "w1") == (503, {"error": "board: the port is gone <b>"})


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: type(graph).__name__)
@pytest.mark.parametrize("tokens", [1, 6])
def test_foretold_cycles_are_those_of_the_simulation(graph: Any, tokens: int) -> None:
    core = Core(graph, spatial(graph))
    results = pysim.run(core, Sentences.of([[97 % graph.vocabulary] * tokens]))
    assert results.left[0] - results.first[0] == foretold_cycles(core, tokens)


def test_the_command_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    MODEL.save(tmp_path / "tiny")
    command = [sys.executable, "-m", "hwgen.cli", "demo", str(tmp_path / "tiny")]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True, env=environment) as running:
        assert running.stdout and running.stderr
        line = running.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        assert address, running.stderr.read()
        connection = http.client.HTTPConnection("127.0.0.1", int(address[1]), timeout=5)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == 130 and not running.stderr.read()
