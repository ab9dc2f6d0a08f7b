"""A virtual board behind a port of this machine, for any program that opens serial ports."""

from __future__ import annotations

import os
import select
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

from hwgen.sim.virtual_board import VirtualBoard

AWAKE = 5000
"""Bit times the simulation goes on after the last byte: longer than any board's idle timeout in bits of a test."""
STEP = 100


@contextmanager
def port(board: VirtualBoard) -> Iterator[str]:
    """The name of a pseudo-terminal that `board` answers on until the context ends.

    Simulated time stands still while nobody writes.
    """
    master, slave = os.openpty()
    tty.setraw(slave)
    ended = threading.Event()

    def pump() -> None:
        awake = 0
        while not ended.is_set():
            if select.select([master], [], [], 0 if awake > 0 else 0.05)[0]:
                board.write(os.read(master, 4096))
                awake = AWAKE
            if awake > 0:
                board.run(STEP)
                awake -= STEP
            if board.in_waiting:
                os.write(master, board.read(board.in_waiting))
                awake = AWAKE

    thread = threading.Thread(target=pump, daemon=True)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        ended.set()
        thread.join()
        os.close(master)
        os.close(slave)
