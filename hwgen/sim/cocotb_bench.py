"""The cocotb test that feeds a core under Icarus; `icarus.py` starts it.

Both streams pause at random. The bench also holds the core to the stream's contract: a result that was offered stays,
unchanged, until it is taken.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from random import Random
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly

PATIENCE = 100_000
"""Cycles without a result before the core counts as stuck."""


@cocotb.test()
async def feed(dut: Any) -> None:
    """Everything in ``HWGEN_GIVEN`` (see `results.encode`) goes in; the answers are written to ``HWGEN_ANSWER``."""
    words = Path(os.environ["HWGEN_GIVEN"]).read_bytes()
    stall, seed, count, *tokens = struct.unpack(f"<{len(words) // 4}I", words)
    assert count == len(tokens)
    width = len(dut.tokens__payload)
    first_mark, last_mark = width - 2, width - 1
    expected = sum(token >> last_mark & 1 for token in tokens)
    random = Random(seed)
    records: list[bytes] = []
    inside: list[tuple[int, int]] = []
    offering, sent, first = False, 0, 0
    held: int | None = None

    dut.tokens__valid.value = 0
    dut.results__ready.value = 0
    dut.rst.value = 1
    Clock(dut.clk, 10, unit="ns").start()
    await FallingEdge(dut.clk)
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    cycle = last_answer = 0
    while len(records) < expected:
        assert cycle - last_answer < PATIENCE, f"stuck: no result for {PATIENCE} cycles"
        # Set between the edges, read before the next one: what stands then is what the rising edge acts on.
        offering = offering or (sent < len(tokens) and random.randrange(256) >= stall)
        ready = random.randrange(256) >= stall
        dut.tokens__valid.value = offering
        if offering:
            dut.tokens__payload.value = tokens[sent]
        dut.results__ready.value = ready
        await ReadOnly()
        if offering and int(dut.tokens__ready.value):
            token = tokens[sent]
            first = cycle if token >> first_mark & 1 else first
            if token >> last_mark & 1:
                inside.append((first, cycle))
            sent, offering = sent + 1, False
        valid = int(dut.results__valid.value)
        if held is not None:
            assert valid and int(dut.results__payload.value) == held, "an offered result changed before it was taken"
        held = int(dut.results__payload.value) if valid and not ready else None
        if valid and ready:
            payload = int(dut.results__payload.value)
            size = -(-len(dut.results__payload) // 32) * 4
            records.append(struct.pack("<3I", *inside.pop(0), cycle) + payload.to_bytes(size, "little"))
            last_answer = cycle
        cycle += 1
        await FallingEdge(dut.clk)
    Path(os.environ["HWGEN_ANSWER"]).write_bytes(b"".join(records))
