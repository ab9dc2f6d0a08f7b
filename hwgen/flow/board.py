"""Boards, each described by one TOML file; `docs/boards.md` explains the fields."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from hwgen import documents, tables
from hwgen.chips.families import FAMILIES
from hwgen.errors import HwgenError
from hwgen.rtl.packing import SHAPES

RATES = range(300, 12_000_001)
"""Bits per second, up to what the fastest USB bridges carry."""
_WORD = re.compile(r"[A-Za-z0-9_]+")
_VALUE = re.compile(r"[A-Za-z0-9_.+-]+")
_PART = re.compile(r"[A-Za-z0-9_.+/-]*")
CLOCKS = range(1_000_000, 1_000_000_001)
"""Hz of an oscillator."""


def _check_pin(field: str, pin: str) -> None:
    """Pins go into the tools' constraint files, where anything else would mean something."""
    if not _WORD.fullmatch(pin):
        raise HwgenError(f"{field}: {tables.shown(pin)} is not the name of a pin; one such as A9 or 35 is")


def _check_attributes(attributes: dict[str, str]) -> None:
    """Attributes go the same way as pins."""
    for name, value in attributes.items():
        if not (_WORD.fullmatch(name) and _VALUE.fullmatch(value)):
            raise HwgenError(
                f'attributes: {tables.shown({name: value})} is not an IO attribute; one such as IO_TYPE = "LVCMOS33" is'
            )


@dataclass(frozen=True)
class Budget:
    """What the part offers, in its vendor's units: look-up tables, flip-flops, multipliers, block RAMs; and single-port
    RAMs of 256 kbit, as iCE40UP5K has."""

    luts: int
    ffs: int
    dsps: int
    brams: int
    bram_kbit: int
    sprams: int = 0

    def __post_init__(self) -> None:
        for name, least in (("luts", 1), ("ffs", 1), ("dsps", 0), ("brams", 1), ("bram_kbit", 1), ("sprams", 0)):
            if (value := getattr(self, name)) < least:
                raise HwgenError(f"{name}: {value} is less than {least}; see the part's data sheet")
        if self.bram_kbit not in SHAPES:
            raise HwgenError(f"bram_kbit: {self.bram_kbit} is not one of {', '.join(map(str, SHAPES))}")


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
                _check_pin(name, pin)
        _check_attributes(self.attributes)


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
class Pins:
    """A board that amaranth-boards does not know: part and pins.

    Attributes:
        family: one of `FAMILIES`.
        device, package, speed: as Amaranth's platform of the family spells them (`device` is the part for Gowin, and
            `package` its device family).
        clock: pin of the clock.
        frequency: of the clock, in Hz.
        leds: pins, lit when high (or low, with `leds_invert`).
        attributes: of every pin here.
    """

    family: str
    device: str
    package: str
    clock: str
    frequency: int
    speed: str = ""
    leds: tuple[str, ...] = ()
    leds_invert: bool = False
    attributes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise HwgenError(f"family: {self.family!r} is not one of {', '.join(FAMILIES)}")
        for name in ("device", "package", "speed"):
            if not _PART.fullmatch(part := getattr(self, name)):
                raise HwgenError(f"{name}: {tables.shown(part)} is no part's; see how the examples spell it")
        if self.frequency not in CLOCKS:
            raise HwgenError(f"frequency: {self.frequency} Hz is no board's; give the clock's rate in Hz")
        _check_pin("clock", self.clock)
        for place, led in enumerate(self.leds):
            _check_pin(f"leds[{place}]", led)
        _check_attributes(self.attributes)


@dataclass(frozen=True)
class Board:
    """One board.

    Attributes:
        name: of its file.
        title: for people.
        budget: what the part offers.
        platform: ``module:Class`` of an Amaranth platform; or else `pins`.
        synthesis: extra options of yosys's synthesis command.
        leds: ``[resource, number]`` of the LEDs to use, a part as ``"rgb_led.g"``; every resource "led" when empty.
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
    leds: tuple[tuple[str, int], ...] = ()
    program: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.platform is None) == (self.pins is None):
            raise HwgenError('give either platform = "module:Class" or a [pins] table')
        if not all(_VALUE.fullmatch(option) for option in self.synthesis.split()):
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
    """Every listed board."""
    return sorted(path.stem for path in boards_folder().glob("*.toml"))


def load(name: str) -> Board:
    """A listed board by name or alias, or a user's own by the path of its file.

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
    raise HwgenError(f"board {name}: not a file, and not one of {', '.join(names())}")


def _read(path: Path) -> Board:
    values = documents.read_toml(path)
    try:
        if "name" in values:
            raise HwgenError("name: a board is named by its file; remove the field")
        for field_ in ("default_size", "size_by_bits"):
            if field_ in values:
                raise HwgenError(f"{field_}: the most accurate shipped model that fits is taken; remove the field")
        values.setdefault("uart", {})
        return tables.build(Board, {"name": path.stem, **values})
    except HwgenError as error:
        raise HwgenError(f"{path}: {error}") from None
