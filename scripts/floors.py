"""Builds every board by default, some for speed, and writes what a build costs: docs/results/floors.md.

Each build is a process of its own, whose time is that of all processes below it; compiled simulations that an earlier
run has left are not used, the tools' one-time preparation is made before.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import common

from hwgen import tools
from hwgen.files import write_whole
from hwgen.flow import board as boards

BITS = 5
FASTEST = ("ulx3s", "orangecrab", "icebreaker")
"""Boards that are built for speed, too."""
PAGE = "report.html"


def main() -> int:
    """Build, and write the page; of boards that are asked for, the other rows stay as they were."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--board", action="append", help="default: every listed one")
    parser.add_argument("--aim", choices=("default", "fastest"), help="default: both")
    parser.add_argument("--work", type=Path, default=Path("build/floors"), help="folder of the builds")
    arguments = parser.parse_args()
    return common.guarded(lambda: run(arguments))


def run(arguments: argparse.Namespace) -> None:
    """Build what is asked for."""
    kept = arguments.work / "floors.json"
    rows = json.loads(kept.read_text()) if kept.is_file() else {}
    arguments.work.mkdir(parents=True, exist_ok=True)
    prepare()
    for name in arguments.board or boards.names():
        for aim in ("default", "fastest"):
            if (aim == "default" or name in FASTEST) and arguments.aim in (None, aim):
                rows[f"{name} {aim}"] = row(name, aim, arguments.work)
                write_whole(kept, json.dumps(rows, indent=1))
    write_whole(common.RESULTS / "floors.md", page(rows.values()))


def prepare() -> None:
    """Let the tools make what they make once."""
    for tool in ("yosys", "nextpnr-ecp5", "nextpnr-ice40", "nextpnr-himbaechel-gowin"):
        subprocess.run([tools.require(tool, "to build"), "--version"], capture_output=True, check=False)


def row(name: str, aim: str, work: Path) -> dict[str, Any]:
    """One build, with what it cost."""
    common.console.print(f"{name}, {aim}", highlight=False)
    folder = work / f"{name}-{aim}"
    command = [sys.executable, "-m", "hwgen.cli", "build", "--bits", str(BITS), "--board", name, "-o", str(folder)]
    with tempfile.TemporaryDirectory(prefix="hwgen-floors-") as cache:
        # Tools that are prepared stay so; programs that this very build would compile are not there.
        environment = os.environ | {"XDG_CACHE_HOME": cache, "YOWASP_CACHE_DIR": tools_cache()}
        start = time.monotonic()
        process = subprocess.Popen(command + (["--fastest"] if aim == "fastest" else []), env=environment)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - start
    result = {
        "board": name,
        "aim": aim,
        "cpu": used.ru_utime + used.ru_stime,
        "wall": seconds,
        "peak": used.ru_maxrss / 1024,
        "report": None,
        "page": 0,
    }
    if process.returncode == 0:
        result["report"] = json.loads((folder / "report.json").read_text())
        result["page"] = (folder / PAGE).stat().st_size if (folder / PAGE).is_file() else 0
    common.console.print(f"  {result['cpu']:.0f} CPU s, {seconds:.0f} s, {result['peak']:.0f} MB", highlight=False)
    return result


def tools_cache() -> str:
    """Where YoWASP's tools keep what they have compiled."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "YoWASP"
    return os.environ.get("YOWASP_CACHE_DIR", str(default))


def page(rows: Iterable[dict[str, Any]]) -> str:
    """The table as Markdown."""
    lines = [
        "# What a build costs",
        "",
        f"One line per `hwgen build --bits {BITS} --board BOARD`, with `--fastest` where it says so. CPU seconds are",
        "those of all its processes, golden check and compilation included, after the tools' one-time preparation;",
        "peak is the memory of the largest process. Sentences have 20 tokens; the link's are what the serial line",
        "carries of them, the circuit's are at the clock that the board runs at.",
        "",
        "| board | aim | model | engine | CPU s | wall s | peak MB | LUT | clock MHz | Fmax MHz |"
        " sentences/s, link | circuit | report.html kB |",
        "|---|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for each in rows:
        cost = f"{each['cpu']:.0f} | {each['wall']:.0f} | {each['peak']:.0f}"
        if (report := each["report"]) is None:
            lines.append(f"| {each['board']} | {each['aim']} | | failed | {cost} | | | | | | |")
            continue
        fmax = f"{report['fmax'] / 1e6:.1f}" if report["fmax"] else "not routed"
        lines.append(
            f"| {each['board']} | {each['aim']} | {report['model']} | {report['engine']} | {cost} |"
            f" {report['luts'][0]:g} | {report['clock'] / 1e6:g} | {fmax} |"
            f" {report['sentences_per_second_over_link']:,} | {report['sentences_per_second_at_board_clock']:,} |"
            f" {each['page'] / 1000:.0f} |"
        )
    return "\n".join([*lines, "", "Regenerate: `python scripts/floors.py`.", ""])


if __name__ == "__main__":
    raise SystemExit(main())
