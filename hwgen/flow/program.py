"""Loads a bitstream, and what goes with it, into a board."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.flow.board import Board


def flash(board: Board, folder: Path) -> str:
    """Run the board's programmer on what `hwgen build` left in `folder`: the bitstream, or the whole flash image.

    Returns:
        the command that was run.

    Raises:
        HwgenError: when the bitstream, the programmer or the board is missing.
    """
    report = folder / "report.json"
    if not report.is_file():
        raise HwgenError(f"{folder}: no report.json there; run `hwgen build --board {board.name} -o {folder}` first")
    try:
        built = json.loads(report.read_text(encoding="utf-8"))
        built["board"], built["bitstream"], built["note"]
    except (ValueError, KeyError, TypeError):
        raise HwgenError(f"{report}: not written by `hwgen build`; build again") from None
    if built["board"] != board.name:
        raise HwgenError(f"{folder}: built for {built['board']}, not {board.name}; build again or give --board")
    if built["bitstream"] is None:
        raise HwgenError(f"{folder}: holds no bitstream: {built['note']}")
    if not board.program:
        raise HwgenError(f'board {board.name}: its file names no program; add program = ["TOOL", "{{bitstream}}"]')
    bitstream = folder / (built.get("image") or built["bitstream"])
    if not bitstream.is_file():
        raise HwgenError(f"{bitstream}: missing; run `hwgen build --board {board.name} -o {folder}` again")
    command = [part.replace("{bitstream}", str(bitstream)) for part in board.program]
    if shutil.which(command[0]) is None:
        raise HwgenError(f"{command[0]}: not found; install it (Debian: apt-get install {_package(command[0])})")
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        said = (done.stderr + done.stdout).strip().splitlines() or ["no message"]
        raise HwgenError(f"{command[0]}: {said[-1]}; is the board connected, and may you open it (udev rules)?")
    return " ".join(command)


def _package(tool: str) -> str:
    return {"openFPGALoader": "openfpgaloader", "iceprog": "fpga-icestorm"}.get(tool, tool)
