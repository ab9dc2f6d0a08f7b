"""Boards, each described by one TOML file; `docs/boards.md` explains the fields."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from hwgen import documents, tables
from hwgen.chips.budget import Budget
from hwgen.errors import HwgenError
from hwgen.flow import catalogue
from hwgen.flow.pins import Pins, check_attributes, check_pin, pinned_class

RATES = range(300, 12_000_001)
"""Bits per second, up to what the fastest USB bridges carry."""
PLAIN = "_plain"
"""Behind the name of one of amaranth-boards' boards where the file of that name describes another."""
_OPTION = re.compile(r"[A-Za-z0-9_.+-]+")


@dataclass(frozen=True)
class Uart:
    """The serial port.

    Attributes:
        baud: bits per second.
        bridge: what stands between it and the host's USB, for people.
        rx, tx: pins, for a board whose platform has no UART resource (or where another is wanted).
        attributes: of these pins, such as their IO standard.
    """

    baud: int = 1_000_000
    bridge: str = ""
    rx: str | None = None
    tx: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.baud not in RATES:
            raise HwgenError(f"baud: {self.baud} is not a rate; try 115_200 or 1_000_000")
        if (self.rx is None) != (self.tx is None):
            raise HwgenError("rx, tx: give both rx and tx, or neither to use the platform's")
        for name, pin in (("rx", self.rx), ("tx", self.tx)):
            if pin is not None:
                check_pin(name, pin)
        check_attributes(self.attributes)


@dataclass(frozen=True)
class Flash:
    """The SPI flash that the part is configured from.

    Attributes:
        offset: where an embedding table may lie, behind the bitstream; in bytes.
        size: of the flash, in bytes.
        resource: of the platform, with parts ``cs``, ``clk``, ``copi`` and ``cipo``.
    """

    offset: int
    size: int
    resource: str = "spi_flash_1x"

    def __post_init__(self) -> None:
        if not 0 < self.size <= 1 << 24:
            raise HwgenError(f"size: {self.size} is outside 1..16777216, what three bytes address")
        if not 0 < self.offset < self.size:
            raise HwgenError(f"offset: {self.offset} is not inside a flash of {self.size} bytes")


@dataclass(frozen=True)
class Board:
    """One board.

    Attributes:
        name: of its file.
        title: for people.
        budget: what the part offers.
        platform: ``module:Class`` of an Amaranth platform; or else `pins`.
        pins: of a board that has none.
        synthesis: extra options of yosys's synthesis command.
        leds: ``[resource, number]`` of the LEDs to use, a part as ``"rgb_led.g"``; every resource "led" when None.
        program: the command that loads a bitstream; ``{bitstream}`` stands for its path. Where there is a `flash`, it
            must write that, from its first byte on.
        flash: for an embedding table that block RAM does not hold.
        aliases: other names it is known by.
    """

    name: str
    title: str
    budget: Budget
    uart: Uart
    platform: str | None = None
    pins: Pins | None = None
    flash: Flash | None = None
    synthesis: str = ""
    leds: tuple[tuple[str, int], ...] | None = None
    program: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def platform_class(self) -> type[Any]:
        """The class of its Amaranth platform.

        Raises:
            HwgenError: when there is no such.
        """
        if self.pins is not None:
            return pinned_class(self.pins)
        return catalogue.spelled_class(str(self.platform))

    def __post_init__(self) -> None:
        if (self.platform is None) == (self.pins is None):
            raise HwgenError('give either platform = "module:Class" or a [pins] table')
        if not all(_OPTION.fullmatch(option) for option in self.synthesis.split()):
            raise HwgenError(f"synthesis: {tables.shown(self.synthesis)} is no list of options; one such as -dsp is")
        if self.program and not any("{bitstream}" in part for part in self.program):
            raise HwgenError(f'program: {list(self.program)} has no "{{bitstream}}", which stands for the file to load')
        if self.pins is not None and not (self.uart.rx and self.uart.tx):
            raise HwgenError("uart: a board with [pins] needs uart.rx and uart.tx")


def boards_folder() -> Path:
    """The folder `boards/`: inside the installed package, or at the top of a checkout."""
    installed = Path(str(resources.files("hwgen"))) / "boards"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[2] / "boards"


def names() -> list[str]:
    """Every board that has a file."""
    return sorted(path.stem for path in boards_folder().glob("*.toml"))


def load(name: str) -> Board:
    """A board by name or alias, one of amaranth-boards', or a user's own by the path of its file.

    Raises:
        HwgenError: naming the file, the field, the value and the way out.
    """
    path = boards_folder() / f"{name}.toml"
    if documents.is_file(path):
        return _read(path)
    if documents.is_file(name):
        return _read(Path(name))
    for listed in map(_read, sorted(boards_folder().glob("*.toml"))):
        if name in listed.aliases:
            return listed
    base = name.removesuffix(PLAIN)
    if (platform := catalogue.find(base if base in names() else name)) is not None:
        return _complete({"name": name, "platform": platform})
    raise HwgenError(f"board {name}: not a file, and not one that `hwgen boards` lists, such as {', '.join(names())}")


def every() -> list[str]:
    """Every board, with those that amaranth-boards alone describes."""
    filed = names()
    described = {_read(path).platform for path in boards_folder().glob("*.toml")}
    others = [name for name, spelled in catalogue.boards().items() if spelled not in described]
    return sorted([*filed, *(name + PLAIN if name in filed else name for name in others)])


def _complete(values: dict[str, Any]) -> Board:
    """A board of what its file says."""
    if "platform" not in values and "pins" not in values and (listed := catalogue.find(values["name"])):
        values = values | {"platform": listed}
    if isinstance(platform := values.get("platform"), str):
        values = _with_defaults(values, catalogue.spelled_class(platform))
    elif isinstance(pins := values.get("pins"), dict) and "budget" not in values:
        values = catalogue.of_part(pinned_class(tables.build(Pins, pins, "pins."))) | values
    return tables.build(Board, {"uart": {}} | values)


def _with_defaults(values: dict[str, Any], kind: type[Any]) -> dict[str, Any]:
    if "budget" in values and "uart" in values:
        return values
    fields = catalogue.defaults(kind)
    uart = values.get("uart", {})
    if isinstance(uart, dict) and "rx" not in uart and "tx" not in uart:
        values = values | {"uart": fields["uart"] | uart}
    return fields | values


def _read(path: Path) -> Board:
    """The board of a file; what that does not say is as `catalogue.defaults` has it."""
    values = documents.read_toml(path)
    try:
        if "name" in values:
            raise HwgenError("name: a board is named by its file; remove the field")
        for field_ in ("default_size", "size_by_bits"):
            if field_ in values:
                raise HwgenError(f"{field_}: the most accurate shipped model that fits is taken; remove the field")
        return _complete({"name": path.stem} | values)
    except HwgenError as error:
        raise HwgenError(f"{path}: {error}") from None
