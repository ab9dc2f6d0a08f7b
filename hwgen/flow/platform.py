"""Amaranth platforms for boards, with what today's open tools need set right."""

from __future__ import annotations

import importlib
import os
from typing import Any

from amaranth.build import Attrs, Clock, Pins, PinsN, Platform, Resource, ResourceError
from amaranth.build.run import BuildPlan
from amaranth.lib import wiring
from amaranth.vendor import GowinPlatform, LatticeECP5Platform, LatticeICE40Platform, XilinxPlatform
from amaranth_boards.resources import UARTResource
from jinja2 import UndefinedError

from hwgen import tools
from hwgen.errors import HwgenError
from hwgen.flow.board import Board
from hwgen.garbage import uncollected
from hwgen.rtl.packing import KILOBITS

UART_NUMBER = 7
"""Resource number of a UART that a board file adds, beside any that the platform has."""

SLOWEST = {"ecp5": "6", "xilinx": "1"}
"""Speed grade of a part whose board file does not say one: what holds for it holds for the others."""

_HIMBAECHEL = r"""
    {{invoke_tool("nextpnr-himbaechel-gowin")}}
        {{quiet("--quiet")}}
        {{get_override("nextpnr_opts")|options}}
        --log {{name}}.tim
        --device {{platform.part}}
        --vopt family={{platform._chipdb_device}}
        --vopt cst={{name}}.cst
        --json {{name}}.syn.json
        --write {{name}}.pnr.json
"""


def family(platform: Platform) -> str:
    """The synthesis family: "ecp5", "ice40", "gowin" or "xilinx"."""
    kinds = {
        LatticeECP5Platform: "ecp5",
        LatticeICE40Platform: "ice40",
        GowinPlatform: "gowin",
        XilinxPlatform: "xilinx",
    }
    for kind, name in kinds.items():
        if isinstance(platform, kind):
            return name
    raise HwgenError(f"platform {type(platform).__name__}: hwgen supports {', '.join(kinds.values())}")


def part(platform: Platform) -> str:
    """The part as its vendor names it."""
    if isinstance(platform, GowinPlatform):
        return str(platform.part)
    return f"{platform.device}-{platform.package}".lower()


def make(board: Board, *, toolchain: str | None = None) -> Any:
    """A fresh platform for `board`.

    Args:
        toolchain: of Xilinx parts, "Vivado" (default) or "Xray" (openXC7).

    Raises:
        HwgenError: when the board's platform class cannot be found or is of an unsupported family, or its block RAMs
            are not of the size that the board's file says.
    """
    tools.use()
    # Some platforms insist on their programmer even when nothing is programmed.
    os.environ.setdefault("OPENFPGALOADER", tools.find("openFPGALoader") or "true")
    kind = _platform_class(board) if board.platform is not None else _class_from_pins(board)
    if issubclass(kind, GowinPlatform):
        kind = type(kind.__name__, (_Himbaechel, kind), {})
    if issubclass(kind, XilinxPlatform) and not str(kind.device).lower().startswith("xc7"):
        raise HwgenError(f"board {board.name}: {kind.device} is not a 7-series part (xc7...), as hwgen's flow needs")
    try:
        if issubclass(kind, XilinxPlatform):
            kind = type(kind.__name__, (_OpenXC7 if toolchain == "Xray" else _Vivado, kind), {})
            platform = kind(toolchain=toolchain or "Vivado")
        elif issubclass(kind, LatticeECP5Platform):
            platform = kind(toolchain="Trellis")
        elif issubclass(kind, GowinPlatform):
            platform = kind(toolchain="Apicula")
        else:
            platform = kind()
        blocks = KILOBITS[family(platform)]
    except ValueError as error:
        raise HwgenError(f"board {board.name}: {error}; see device, package and speed in [pins]") from None
    if board.budget.bram_kbit != blocks:
        raise HwgenError(f"board {board.name}: bram_kbit: {part(platform)} has block RAMs of {blocks} kbit")
    if board.uart.rx and board.uart.tx:
        attributes = Attrs(**board.uart.attributes)
        platform.add_resources([UARTResource(UART_NUMBER, rx=board.uart.rx, tx=board.uart.tx, attrs=attributes)])
    return platform


@uncollected()
def plan(platform: Any, board: Board, top: wiring.Component, name: str, **options: str) -> BuildPlan:
    """Amaranth's build plan, its files and commands; nothing is run.

    Args:
        platform: of `make`, not used before.
        options: overrides in Amaranth's templates.

    Raises:
        HwgenError: when `top` asks for what the board has not, a pin is used twice, or the tools do not know the part.
    """
    try:
        return platform.build(top, name, do_build=False, emit_src=False, **options)
    except ResourceError as error:
        raise HwgenError(f"board {board.name}: {error}; see uart, flash, leds and pins in its file") from None
    except UndefinedError:
        raise HwgenError(
            f"board {board.name}: the tools do not know {part(platform)}; see device, package and speed in [pins]"
        ) from None


class _Vivado:
    """Gives yosys its own language beside the Verilog: of a large table it reads that in a second, not in half a
    minute.
    """

    @property
    def file_templates(self) -> dict[str, str]:
        return {**self._vivado_file_templates, "{{name}}.il": "{{emit_rtlil()}}"}  # type: ignore[attr-defined]


class _OpenXC7:
    """Lets yosys use block RAM, which Amaranth's template forbids; the table would become look-up tables.

    nextpnr-xilinx sets up these block RAMs rightly since August 2026 only: see `docs/boards.md`.
    """

    @property
    def command_templates(self) -> list[str]:
        synthesise, *others = self._xray_command_templates  # type: ignore[attr-defined]
        return [synthesise.replace("-nobram", '{{get_override("synth_opts")|options}}'), *others]


class _Himbaechel:
    """Calls nextpnr the way it is shipped today; Amaranth's template is for its predecessor."""

    @property
    def required_tools(self) -> list[str]:
        return ["yosys", "nextpnr-himbaechel-gowin", "gowin_pack"]

    @property
    def command_templates(self) -> list[str]:
        synthesise, _, pack = self._apicula_command_templates  # type: ignore[attr-defined]
        return [synthesise, _HIMBAECHEL, pack]


def _platform_class(board: Board) -> Any:
    module_name, _, class_name = str(board.platform).partition(":")
    try:
        kind = getattr(importlib.import_module(module_name), class_name)
        if not (isinstance(kind, type) and issubclass(kind, Platform)):
            raise TypeError("not a class of Amaranth platform")
        return kind
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise HwgenError(f"board {board.name}: platform {board.platform!r} not found ({error})") from None


def _class_from_pins(board: Board) -> Any:
    pins = board.pins
    assert pins is not None
    bases = {
        "ecp5": LatticeECP5Platform,
        "ice40": LatticeICE40Platform,
        "gowin": GowinPlatform,
        "xilinx": XilinxPlatform,
    }
    attributes = Attrs(**pins.attributes)
    led = PinsN if pins.leds_invert else Pins
    resources = [
        Resource("clk", 0, Pins(pins.clock, dir="i"), Clock(pins.frequency), attributes),
        *(Resource("led", i, led(pin, dir="o"), attributes) for i, pin in enumerate(pins.leds)),
    ]
    body: dict[str, Any] = {"default_clk": "clk", "resources": resources, "connectors": []}
    if pins.family == "gowin":
        body |= {"part": pins.device, "family": pins.package}
    else:
        body |= {"device": pins.device, "package": pins.package, "speed": pins.speed or SLOWEST.get(pins.family, "")}
    return type("UserBoard", (bases[pins.family],), body)
