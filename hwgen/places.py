"""The places where a model can be asked: the golden model, its circuit in simulation, a board at a serial port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hwgen.errors import HwgenError
from hwgen.host.rate import line_rate
from hwgen.model import Model
from hwgen.progress import Progress
from hwgen.text.shown import shown

if TYPE_CHECKING:
    from hwgen.host.client import Client
    from hwgen.sim.cxxrtl import CompiledCore

GOLDEN, RTL = "golden", "rtl"
BAUD = 1_000_000
"""The rate of a board whose file does not say another, in bits per second."""


def place(on: str) -> str:
    """`GOLDEN` or `RTL`, whatever the case they are written in, or the name of a serial port.

    Raises:
        HwgenError: when it can be none of them, with the ports that are there.
    """
    if on.lower() in (GOLDEN, RTL):
        return on.lower()
    if "/" in on or "\\" in on or on.upper().startswith("COM") or Path(on).is_char_device():
        return on
    from serial.tools.list_ports import comports

    ports = ", ".join(sorted(each.device for each in comports())) or "none"
    raise HwgenError(f"--on {on}: neither golden, rtl nor a serial port such as /dev/ttyUSB1; ports here: {ports}")


def port_rate(on: str, baud: int | None, build: Path | None, name: str) -> int:
    """The rate of the serial port that `on` is, in bits per second; `BAUD`, unused, where it is none.

    Args:
        baud, build: what the user says: the rate, or the folder of the board's build, whose report says it.
        name: of the model.

    Raises:
        HwgenError: as `place` and `hwgen.host.rate.line_rate`.
    """
    return BAUD if place(on) in (GOLDEN, RTL) else line_rate(baud, build, name)


def circuit(model: Model, progress: Progress) -> CompiledCore:
    """The spatial circuit of a model, compiled.

    Raises:
        HwgenError: when the C++ compiler or yosys is missing or fails.
    """
    from hwgen.rtl.core import Core
    from hwgen.rtl.plan import spatial
    from hwgen.sim.cxxrtl import compile_core

    return compile_core(Core(model.graph, spatial(model.graph)), say=progress)


@contextmanager
def board(model: Model, port: str, baud: int) -> Iterator[Client]:
    """The board at a port, which holds the model.

    Raises:
        HwgenError: when it cannot be reached or holds another model.
    """
    from hwgen.host.client import Client

    with Client.open(port, baud) as client:
        client.check(model.digest)
        yield client


Reply = tuple[int, list[int]]
"""The class, and every class's score."""


def difference(where: str, text: str | bytes, reply: Reply, expected: Reply, advice: str = "") -> HwgenError:
    """What is to be said of a reply that is not the golden model's.

    Args:
        where: the row or the place it came from.
        advice: what may be the cause.
    """
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    what = f"scores {reply[1]} are not the golden model's {expected[1]}"
    if reply[1] == expected[1]:
        what = f"class {reply[0]} is not the golden model's {expected[0]}, though the scores are"
    return HwgenError(f"{where}: '{shown(words, 60)}': {what}{advice}")


TOO_FAST = "; is the board's clock too fast?"
"""A likely cause, where a board's reply differs."""
