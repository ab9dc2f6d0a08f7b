"""From `git clone` to a bitstream, with nothing in any cache: seconds and packages; docs/results/install.md.

    python3 scripts/install.py [--repository PATH-OR-URL] [--board ulx3s]

Needs git, make and Python alone, so that it runs on the barest machine. Nothing that is installed or cached there is
used, but for the system's own packages: virtual environment, pip's cache, tools' caches and home are new folders.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "results" / "install.md"
SIZES = """
import json
from importlib import metadata
packages = metadata.distributions()
print(json.dumps([[p.metadata["Name"], p.version, sum(f.size or 0 for f in p.files or ())] for p in packages]))
"""
"""Prints name, version and bytes of every installed package."""


class Step(NamedTuple):
    """A command of the way, with its seconds by the clock and those of all processors together."""

    command: str
    seconds: float
    processors: float


class Package(NamedTuple):
    """An installed package and its bytes on disk."""

    name: str
    version: str
    size: int


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repository", default=str(ROOT), help="what is cloned; default this one")
    parser.add_argument("--board", default="ulx3s")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the figures go")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hwgen-install-") as name:
        try:
            text = measure(Path(name), arguments.repository, arguments.board)
        except subprocess.CalledProcessError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    part = arguments.page.with_name(f".part-{arguments.page.name}")
    part.write_text(text, encoding="utf-8")
    part.replace(arguments.page)
    return 0


def measure(folder: Path, repository: str, board: str) -> str:
    """Clone, install and build in `folder`; returns the page."""
    home, checkout = folder / "home", folder / "hwgen"
    home.mkdir()
    moved = {"HOME": home, "XDG_CACHE_HOME": home / "cache", "PIP_CACHE_DIR": home / "pip", "TMPDIR": folder}
    environment = os.environ | {name: str(path) for name, path in moved.items()}
    steps, load = [], os.getloadavg()
    for command, where in (
        (f"git clone --quiet {repository} hwgen", folder),
        ("make .venv/base", checkout),
        (f"make build BOARD={board}", checkout),
    ):
        print(f"$ {command}", flush=True)
        begin, worked = time.monotonic(), processor_seconds()
        subprocess.run(command.split(), cwd=where, env=environment, stdin=subprocess.DEVNULL, check=True)
        seconds = time.monotonic() - begin
        steps.append(Step(command.replace(repository, "URL"), seconds, processor_seconds() - worked))
        print(f"{seconds:.1f} s, processors {steps[-1].processors:.1f} s", flush=True)
    python = checkout / ".venv" / "bin" / "python"
    listed = json.loads(subprocess.run([python, "-c", SIZES], capture_output=True, text=True, check=True).stdout)
    (report,) = (checkout / "build").glob("*/report.json")
    packages = sorted((Package(*each) for each in listed), key=lambda package: -package.size)
    return page(steps, load[0], packages, used(home), json.loads(report.read_text(encoding="utf-8")))


def processor_seconds() -> float:
    """Seconds of processors that commands run so far have taken."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def used(folder: Path) -> int:
    """Bytes of all files in `folder`."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


def page(steps: list[Step], load: float, packages: list[Package], cached: int, report: dict[str, object]) -> str:
    """The figures as Markdown."""
    system = next((line.split("=")[1].strip('"\n') for line in _os_release() if line.startswith("PRETTY")), "Linux")
    cores = len(os.sched_getaffinity(0))
    lines = [
        "# From `git clone` to a bitstream",
        "",
        f"On {system}, {platform.machine()}, {cores} cores, Python {platform.python_version()}. Caches of pip and of",
        "the tools were empty, no command asked for anything, and the C++ compiler was the one that comes as a package",
        f"where the machine has none. Work of others on the machine when the first began: load {load:.1f}.",
        "",
        "| command | seconds | of processors |",
        "|---|---:|---:|",
        *(f"| `{step.command}` | {step.seconds:.0f} | {step.processors:.0f} |" for step in steps),
        f"| in all | {sum(step.seconds for step in steps):.0f} | {sum(step.processors for step in steps):.0f} |",
        "",
        f"Built: {report['model']} for {report['title']}, {report['engine']}. Caches of pip and of the tools, which a",
        f"second build finds filled, take {cached / 1e6:.0f} MB.",
        "",
        f"Installed packages, {sum(package.size for package in packages) / 1e6:.0f} MB:",
        "",
        "| package | version | MB |",
        "|---|---|---:|",
        *(f"| {package.name} | {package.version} | {package.size / 1e6:.1f} |" for package in packages),
        "",
        "Regenerate: `python scripts/install.py` (any Python 3.11; nothing need be installed).",
        "",
    ]
    return "\n".join(lines)


def _os_release() -> list[str]:
    path = Path("/etc/os-release")
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


if __name__ == "__main__":
    raise SystemExit(main())
