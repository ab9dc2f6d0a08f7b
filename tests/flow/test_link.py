"""What a serial line carries is what the protocol's frames take on it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.flow.link import Link, reply_bytes, request_bytes, tokens_of
from hwgen.host.protocol import request
from hwgen.wire import Kind


def test_bytes_are_those_of_the_frames_that_a_host_sends() -> None:
    """On average over sentences of all tokens alike, within a tenth of a byte."""
    random = np.random.default_rng(0)
    for tokens in (0, 1, 20):
        frames = [
            len(request(Kind.CLASSIFY, sequence % 256, random.integers(0, 8192, tokens).tolist()))
            for sequence in range(4096)
        ]
        assert request_bytes(tokens) == pytest.approx(np.mean(frames), abs=0.1)


@given(st.integers(1, 300), st.integers(9_600, 12_000_000))
def test_the_longer_of_request_and_reply_decides(classes: int, baud: int) -> None:
    link, even = Link(baud), tokens_of(classes)
    assert link.sentences_per_second(even, classes) == pytest.approx(baud / 10 / request_bytes(even), rel=0.05)
    assert link.sentences_per_second(1, classes) == baud / 10 / max(reply_bytes(classes), request_bytes(1))
    assert link.most_sentences_per_second(even, classes) >= link.sentences_per_second(even, classes)
    assert link.tokens_per_second == baud / 20
