"""Builds that stand in a work folder, taken as they are while nothing that decides them has changed."""

from __future__ import annotations

import hashlib
import json
import platform
from pathlib import Path
from typing import Any

from common import console

import hwgen
from hwgen import tools
from hwgen.files import write_whole
from hwgen.flow import board as boards
from hwgen.flow.board import Board
from hwgen.flow.choose import model_for
from hwgen.flow.design import PACKAGES, build_design
from hwgen.model import Model
from hwgen.shipped import shipped_models

KEY = "built-from"
"""Ending of the file beside a build's folder that holds the hash of what it was built from."""


def folder(name: str, bits: int, work: Path) -> Path:
    """Folder where `hwgen build` puts a board's shipped model."""
    return work / f"{name}-{model_for(boards.load(name), bits)}"


def is_built(name: str, bits: int, work: Path) -> bool:
    """Whether the work folder holds what these sources, tools, model and board give."""
    board = boards.load(name)
    return stands(folder(name, bits, work), Model.load(shipped_models()[model_for(board, bits)]), board)


def build(name: str, bits: int, work: Path) -> None:
    """Build one board's shipped model, unless the same build is there."""
    if is_built(name, bits, work):
        console.print(f"{name}: already built")
        return
    console.print(f"{name}: building")
    board = boards.load(name)
    chosen = model_for(board, bits)
    model, target = Model.load(shipped_models()[chosen]), folder(name, bits, work)
    built = build_design(model, chosen, board, target, say=lambda line: console.print(f"  {line}"))
    mark(target, model, board)
    console.print(built.table(target))


def stands(folder: Path, model: Model, board: Board) -> bool:
    """Whether `folder` holds a build of this model for this board, by these sources and tools."""
    key = _key(folder)
    return folder.is_dir() and key.is_file() and key.read_text() == built_from(model, board)


def mark(folder: Path, model: Model, board: Board) -> None:
    """Write down what the build in `folder` was built from."""
    write_whole(_key(folder), built_from(model, board))


def _key(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.{KEY}")


def report(folder: Path) -> dict[str, Any]:
    """Contents of the report of the build in `folder`."""
    contents: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return contents


def built_from(model: Model, board: Board) -> str:
    """Hash of all that decides what a build gives: model, board, the package with its data files, and tools."""
    package = Path(hwgen.__file__).parent
    digest = hashlib.sha256(model.digest)
    for path in sorted(package.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(f"{path.relative_to(package)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    versions = [f"{name} {tools.package_version(name)}" for name in PACKAGES]
    digest.update("\0".join([repr(board), platform.python_version(), *versions]).encode())
    return digest.hexdigest()
