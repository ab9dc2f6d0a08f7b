"""The board's top level: pins around a shell."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from amaranth.build import ResourceError
from amaranth.hdl import Module, Signal
from amaranth.lib import io, wiring

from hwgen.errors import HwgenError
from hwgen.flow.board import Board
from hwgen.flow.clocks import ClockPlan
from hwgen.flow.platform import UART_NUMBER


class BoardTop(wiring.Component):
    """Connects a shell's `rx`, `tx`, `activity`, `label` and, where it has one, `flash` to the board.

    The first LED shows activity, the others the class in binary, lowest bit first. Without a PLL, clock and power-on
    reset are Amaranth's; with one, the design waits until it has locked. It has no ports: its pins come from the
    platform.
    """

    def __init__(self, shell: wiring.Component, board: Board, clock: ClockPlan) -> None:
        self.shell, self.board, self.clock = shell, board, clock
        super().__init__({})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        if self.clock.pll:
            self.clock.pll.clocking(m, platform)
        m.submodules.shell = shell = self.shell
        number = UART_NUMBER if self.board.uart.rx else 0
        uart = platform.request("uart", number, dir="-")
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.d.comb += [shell.rx.eq(rx.i), tx.o.eq(shell.tx)]
        if "flash" in shell.signature.members:
            self._add_flash(m, platform)
        lights = [shell.activity, *(shell.label[i] for i in range(len(shell.label)))]
        for place, pin in enumerate(_leds(platform, self.board)):
            light = Signal(name=f"light_{place}")
            m.submodules[f"led_{place}"] = buffer = io.Buffer("o", pin)
            m.d.comb += [light.eq(lights[place] if place < len(lights) else 0), buffer.o.eq(light)]
        return m

    def _add_flash(self, m: Module, platform: Any) -> None:
        if self.board.flash is None:
            raise HwgenError(f"board {self.board.name}: its file names no flash; add a [flash] table")
        port, pins = platform.request(self.board.flash.resource, 0, dir="-"), self.shell.flash
        for name in ("cs", "clk", "copi"):
            m.submodules[f"flash_{name}"] = buffer = io.Buffer("o", getattr(port, name))
            m.d.comb += buffer.o.eq(getattr(pins, name))
        m.submodules.flash_cipo = cipo = io.Buffer("i", port.cipo)
        m.d.comb += pins.cipo.eq(cipo.i)
        for name in ("wp", "hold"):  # released; boards without them keep them high
            if idle := getattr(port, name, None):
                m.submodules[f"flash_{name}"] = io.Buffer("o", idle)


def _leds(platform: Any, board: Board) -> list[Any]:
    """The ports of the board's LEDs: those its file names, or every plain one."""
    names = tuple(_plain_leds(platform)) if board.leds is None else board.leds
    resources = dict.fromkeys((name.partition(".")[0], number) for name, number in names)
    groups = {key: platform.request(*key, dir="-") for key in resources}
    ports = []
    for name, number in names:
        resource, *parts = name.split(".")
        port = groups[resource, number]
        for part in parts:
            port = getattr(port, part, None)
        if not isinstance(port, io.PortLike) or len(port) != 1:
            raise HwgenError(
                f'board {board.name}: leds: {name!r} is not one pin; a part of a resource is named as "rgb_led.g"'
            )
        ports.append(port)
    return ports


def _plain_leds(platform: Any) -> Iterator[tuple[str, int]]:
    """Every resource called "led"."""
    for number in count():
        try:
            platform.lookup("led", number)
        except ResourceError:
            return
        yield "led", number
