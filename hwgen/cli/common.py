"""What the commands share: options, consoles, and how models are shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from hwgen import documents
from hwgen.cli.signals import nothing_begun
from hwgen.errors import HwgenError
from hwgen.flow.aim import Aim
from hwgen.flow.board import Board
from hwgen.graph.golden import Sentences
from hwgen.model import Model
from hwgen.rtl import plan as circuits
from hwgen.rtl.plan import AnyPlan, Members
from hwgen.text.shown import shown

LOG_WIDTH = 120
"""Columns of a pipe or a log, which have no width to keep to."""


class _Console(Console):
    """Shows the control characters in strings, and in the cells and titles of tables, as escapes."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str("\n".join(map(shown, text.split("\n"))), **options)


def console(*, stderr: bool = False) -> Console:
    """A console that prints strings, and the cells of tables, as they are; what has a style is a `rich.text.Text`.

    Names, paths and labels come from outside: none of them may be read as markup, or move the cursor.
    """
    plain = _Console(stderr=stderr, markup=False, emoji=False)
    return plain if plain.is_terminal else _Console(stderr=stderr, width=LOG_WIDTH, markup=False, emoji=False)


out, err = console(), console(stderr=True)


class Engine(StrEnum):
    """Which engine serves the layers."""

    spatial = "spatial"
    folded = "folded"


LAST_SEED = 0x7FFF_FFFF
"""The greatest seed that everything random takes, the tools' placers too."""

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
BitsOption = Annotated[int, typer.Option("--bits", min=1, max=8, help="Bits of weights and activations.")]
BoardOption = Annotated[str, typer.Option("--board", "-b", help="A listed board, or the path of a board file.")]
ModelOption = Annotated[
    str | None, typer.Option("--model", "-m", help="Model folder or shipped model; default the best shipped that fits.")
]
EngineOption = Annotated[
    Engine | None,
    typer.Option("--engine", help="Of every layer: weights as wires, or lanes that read a ROM; the fastest that fits."),
]
TargetOption = Annotated[
    float | None,
    typer.Option("--target", min=1, max=1e12, help="Sentences/s of the circuit: the cheapest that reaches them."),
]
LanesOption = Annotated[int | None, typer.Option("--lanes", min=1, help="Force a folded engine of so many lanes.")]
MembersOption = Annotated[
    Members | None,
    typer.Option("--members", help="Of an ensemble: on one engine, or an engine each; by default whichever suits."),
]

OnOption = Annotated[str, typer.Option("--on", help="golden, rtl (in simulation), or a serial port.")]
BaudOption = Annotated[
    int | None,
    typer.Option("--baud", min=300, max=12_000_000, help="Of the serial port; by default as the build's report says."),
]
BuiltOption = Annotated[
    Path | None, typer.Option("--build", help="What `hwgen build` wrote for the board; default build/BOARD-MODEL.")
]


def complain(problem: str) -> NoReturn:
    """Print one line, with line ends and control characters of the problem as escapes, and exit with code 2."""
    err.print(Text.assemble(("hwgen:", "bold red"), f" {shown(problem)}"), highlight=False, soft_wrap=True)
    sys.exit(2)


def print_line(line: str) -> None:
    """Print one line, with line ends and control characters in it, such as those of a path, as escapes."""
    out.print(shown(line), highlight=False, soft_wrap=True)


def require_training_extra() -> None:
    """Make sure, without the seconds that importing them takes, that the libraries to train with are installed.

    Raises:
        HwgenError: naming the first that is not.
    """
    for name in ("torch", "brevitas", "sklearn"):
        if find_spec(name) is None:
            raise _not_installed(name)


@contextmanager
def training_extra() -> Iterator[None]:
    """One line instead of an import error where torch or Brevitas are not installed."""
    try:
        with nothing_begun():
            yield
    except ModuleNotFoundError as missing:
        raise _not_installed(missing.name) from None


def _not_installed(name: str | None) -> HwgenError:
    return HwgenError(f"{name}: not installed, needed to train; pip install 'hwgen[train]'")


def model_of(model: str) -> tuple[str, Model]:
    """A model by folder or by shipped name; with its name."""
    folder = folder_of(model)
    return folder.resolve().name, Model.load(folder)


def model_for_board(model: str | None, board: Board, bits: int, aim: Aim) -> tuple[str, Model]:
    """The model that is asked for, or the most accurate shipped one that fits a board; with its name."""
    from hwgen.flow.choose import model_for
    from hwgen.shipped import shipped_models

    if model is not None:
        return model_of(model)
    name = model_for(board, bits, aim)
    return name, Model.load(shipped_models()[name])


def folder_of(model: str) -> Path:
    """The folder of a model, by its path or by its shipped name."""
    from hwgen import shipped

    if documents.is_folder(model):
        return Path(model)
    known = shipped.shipped_models()
    if model not in known:
        raise HwgenError(f"model {model}: not a folder, and not one of the shipped: {', '.join(known)}")
    return known[model]


def plan_of(model: Model, engine: str | None, lanes: int | None, members: Members | None) -> AnyPlan:
    """Of a circuit for no board in particular: spatial, unless it is asked to be folded, or for lanes, or has so many
    weights that wiring them takes minutes.

    Raises:
        HwgenError: when lanes are asked for where there are none.
    """
    if lanes is not None and engine == Engine.spatial:
        raise HwgenError("--lanes belongs to a folded circuit; leave it out, or do not ask for a spatial one")
    wired = engine == Engine.spatial or (engine is None and circuits.soon_wired(model.graph))
    if lanes is not None or not wired:
        return circuits.folded(model.graph, lanes, members=members)
    return circuits.spatial(model.graph, members=members)


def test_sentences(model: Model, data: str) -> Sentences:
    """The test texts of a file, a folder or a public set; nothing else of it has to be there."""
    from hwgen.text.parts import part

    return model.encode(part(data).texts)


def warn(lines: Iterable[str], word: str = "warning") -> None:
    """Say on the standard error what is odd, or with another `word` what is worth knowing, a line each."""
    for line in lines:
        err.print(Text.assemble((f"{word}:", "yellow"), f" {shown(line)}"), highlight=False, soft_wrap=True)


def print_json(value: Any, indent: int | None = 1) -> None:
    print(json.dumps(value, indent=indent))
