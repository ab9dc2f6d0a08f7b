"""Boards, each described by one TOML file; `docs/boards.md` explains the fields."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from hwgen.errors import HwgenError

SIZES = ("full", "small")
FAMILIES = ("ecp5", "ice40", "gowin", "xilinx")


@dataclass(frozen=True)
class Budget:
    """What the part offers, in its vendor's units: look-up tables, flip-flops, multipliers, block RAMs."""

    luts: int
    ffs: int
    dsps: int
    brams: int
    bram_kbit: int


@dataclass(frozen=True)
class Uart:
    """The serial port.

    Attributes:
        baud: bits per second.
        rx, tx: pins, for a board whose platform has no UART resource (or where another is wanted).
        attributes: of these pins, such as their IO standard.
    """

    baud: int = 1_000_000
    rx: str | None = None
    tx: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)


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


@dataclass(frozen=True)
class Board:
    """One board.

    Attributes:
        name: of its file.
        title: for people.
        budget: what the part offers.
        default_size: of the shipped model it builds without `--model`.
        platform: ``module:Class`` of an Amaranth platform; or else `pins`.
        size_by_bits: exceptions to `default_size`, by bit width.
        synthesis: extra options of yosys's synthesis command.
        leds: ``[resource, number]`` of the LEDs to use; all resources called "led" when empty.
        program: the command that loads a bitstream; ``{bitstream}`` stands for its path.
    """

    name: str
    title: str
    budget: Budget
    default_size: str
    uart: Uart
    platform: str | None = None
    pins: Pins | None = None
    size_by_bits: dict[str, str] = field(default_factory=dict)
    synthesis: str = ""
    leds: tuple[tuple[str, int], ...] = ()
    program: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.platform is None) == (self.pins is None):
            raise HwgenError('give either platform = "module:Class" or a [pins] table')
        for size in (self.default_size, *self.size_by_bits.values()):
            if size not in SIZES:
                raise HwgenError(f"default_size: {size!r} is not one of {', '.join(SIZES)}")
        if self.pins is not None and self.pins.family not in FAMILIES:
            raise HwgenError(f"pins.family: {self.pins.family!r} is not one of {', '.join(FAMILIES)}")
        if self.pins is not None and not (self.uart.rx and self.uart.tx):
            raise HwgenError("uart: a board with [pins] needs uart.rx and uart.tx")

    def size(self, bits: int) -> str:
        """Size of the shipped model this board builds by default."""
        return self.size_by_bits.get(str(bits), self.default_size)


def boards_folder() -> Path:
    """The folder `boards/`: inside the installed package, or at the top of a checkout."""
    installed = Path(str(resources.files("hwgen"))) / "boards"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[2] / "boards"


def names() -> list[str]:
    """Every listed board."""
    return sorted(path.stem for path in boards_folder().glob("*.toml"))


def load(name: str) -> Board:
    """A listed board by name, or a user's own by the path of its file.

    Raises:
        HwgenError: naming the file, the field, the value and the way out.
    """
    path = boards_folder() / f"{name}.toml"
    if not path.is_file():
        path = Path(name)
        if not path.is_file():
            raise HwgenError(f"board {name}: not a file, and not one of {', '.join(names())}")
    try:
        given = tomllib.loads(path.read_text())
        tables = {"budget": Budget, "uart": Uart, "pins": Pins}
        values = {key: _table(tables[key], key, value) if key in tables else value for key, value in given.items()}
        values.setdefault("uart", Uart())
        if "leds" in values:
            values["leds"] = tuple((str(name), int(number)) for name, number in values["leds"])
        return _table(Board, "board", {"name": path.stem, **values})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HwgenError(f"{path}: not TOML: {error}") from None
    except HwgenError as error:
        raise HwgenError(f"{path}: {error}") from None


def _table(kind: type, where: str, values: Any) -> Any:
    """`kind` from a TOML table, every field present, known and of its type."""
    if not isinstance(values, dict):
        raise HwgenError(f"{where}: a table is needed, found {values!r}")
    known = {each.name: each for each in fields(kind)}
    if unknown := sorted(set(values) - set(known)):
        raise HwgenError(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(known)}")
    wanted: dict[str, type] = {"int": int, "str": str, "bool": bool, "str | None": str}
    for name, value in values.items():
        expected = wanted.get(str(known[name].type))
        if expected is not None and (not isinstance(value, expected) or (isinstance(value, int) and value < 0)):
            raise HwgenError(f"{where}.{name}: {value!r} is not a valid {expected.__name__}")
    try:
        return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})
    except TypeError as error:
        missing = str(error).split(": ")[-1]
        raise HwgenError(f"{where}: missing {missing}") from None
