"""The board's top level: pins around a shell."""

from __future__ import annotations

from typing import Any

from amaranth.build import ResourceError
from amaranth.hdl import Module, Signal
from amaranth.lib import io, wiring

from hwgen.flow.board import Board
from hwgen.flow.platform import UART_NUMBER


class BoardTop(wiring.Component):
    """Connects a shell's `rx`, `tx`, `activity` and `label` to the board.

    The first LED shows activity, the others the class in binary, lowest bit first. The clock is the board's own and
    the power-on reset Amaranth's. It has no ports: its pins come from the platform.
    """

    def __init__(self, shell: wiring.Component, board: Board) -> None:
        self.shell, self.board = shell, board
        super().__init__({})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.shell = shell = self.shell
        number = UART_NUMBER if self.board.uart.rx else 0
        uart = platform.request("uart", number, dir="-")
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.d.comb += [shell.rx.eq(rx.i), tx.o.eq(shell.tx)]
        lights = [shell.activity, *(shell.label[i] for i in range(len(shell.label)))]
        for place, pin in enumerate(_leds(platform, self.board)):
            light = Signal(name=f"light_{place}")
            m.submodules[f"led_{place}"] = buffer = io.Buffer("o", pin)
            m.d.comb += [light.eq(lights[place] if place < len(lights) else 0), buffer.o.eq(light)]
        return m


def _leds(platform: Any, board: Board) -> list[Any]:
    """The ports of the board's LEDs: those its file names, or every plain one."""
    if board.leds:
        return [platform.request(name, number, dir="-") for name, number in board.leds]
    found: list[Any] = []
    while True:
        try:
            found.append(platform.request("led", len(found), dir="-"))
        except ResourceError:
            return found
