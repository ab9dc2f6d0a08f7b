"""The C++ compiler that makes programs of circuits: this machine's, or else zig's, which comes as a package."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from hwgen.caches import cache
from hwgen.errors import HwgenError

VARIABLE = "CXX"
"""The environment variable that names the compiler, with options if need be."""
PROGRAMS = ("g++", "c++", "clang++")
ZIG = (sys.executable, "-m", "ziglang", "c++")
FLAGS = ("-std=c++17", "-O1", "-ftemplate-depth=100000")
"""cxxrtl makes a template of a template for every 32 bits of a signal, and the scores of 1,000 classes are one."""
ZIG_FLAGS = ("-mcpu=baseline", "-fno-sanitize=undefined", "-fno-stack-protector")
"""Code for any machine of the kind, as others make it, and without the checks that zig adds."""
BARE_FLAGS = ("-fno-exceptions", "-fno-rtti")
BARE_RUNTIME = "bare.cpp"


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler.

    Attributes:
        name: for people.
        command: the program, with its own options.
        bare: leave C++'s library out, and link `BARE_RUNTIME` for what its headers need. Zig makes its library on
            first use, with more than a minute of work.
    """

    name: str
    command: tuple[str, ...]
    bare: bool = False

    @property
    def is_zig(self) -> bool:
        """Whether it is the one that comes as a package."""
        return self.command == ZIG

    @property
    def flags(self) -> tuple[str, ...]:
        """Options that files are compiled with."""
        return (*FLAGS, *(ZIG_FLAGS if self.is_zig else ()), *(BARE_FLAGS if self.bare else ()))

    @property
    def sources(self) -> dict[str, str]:
        """Names and texts of files that belong to every program."""
        if not self.bare:
            return {}
        return {BARE_RUNTIME: (resources.files("hwgen.sim") / BARE_RUNTIME).read_text(encoding="utf-8")}

    def version(self) -> str:
        """First line of what it says of itself.

        Raises:
            HwgenError: when it does not run.
        """
        said = self._run([*self.command, "--version"], Path.cwd()).splitlines()
        return said[0] if said else "unknown version"

    def build(self, folder: Path, units: Sequence[str], headers: Path) -> Path:
        """Compile `units` of `folder`, as many at a time as there are cores, and link them.

        Args:
            headers: a folder where headers are looked for, too.

        Returns:
            the program.

        Raises:
            HwgenError: with the compiler's own error line.
        """

        def compile_one(unit: str) -> None:
            self._run([*self.command, *self.flags, f"-I{headers}", "-c", unit], folder)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(compile_one, units))
        objects = [unit.replace(".cpp", ".o") for unit in units]
        library = ("-nostdlib++",) if self.bare else ()
        self._run([*self.command, *self.flags, *library, *objects, "-o", "program"], folder)
        return folder / "program"

    def _run(self, command: Sequence[str], folder: Path) -> str:
        """Standard output of one call in `folder`."""
        environment = os.environ | (self._zig_caches(folder) if self.is_zig else {})
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise HwgenError(f"{self.name}: {error.strerror}; name another C++ compiler in {VARIABLE}") from None
        if done.returncode:
            said = (done.stderr + done.stdout).strip().splitlines() or ["no message"]
            line = next((line for line in said if "error" in line), said[-1])
            raise HwgenError(f"{self.name} failed on the simulation: {line}")
        return done.stdout

    @staticmethod
    def _zig_caches(folder: Path) -> dict[str, str]:
        """What zig makes once is kept with hwgen's caches, unless the environment says where; the rest, in `folder`."""
        kept = os.environ.get("ZIG_GLOBAL_CACHE_DIR") or str(cache("zig"))
        return {"ZIG_GLOBAL_CACHE_DIR": kept, "ZIG_LOCAL_CACHE_DIR": str(folder / "zig")}


def find(*, library: bool = True) -> Compiler | None:
    """The compiler that CXX names, one of `PROGRAMS` on PATH, or zig's; None where there is none.

    Args:
        library: whether the program needs C++'s library, and not just its headers.
    """
    if chosen := shlex.split(os.environ.get(VARIABLE, "")):
        return Compiler(Path(chosen[0]).name, tuple(chosen)) if shutil.which(chosen[0]) else None
    for name in PROGRAMS:
        if path := shutil.which(name):
            return Compiler(name, (path,))
    return Compiler("zig c++", ZIG, bare=not library) if importlib.util.find_spec("ziglang") else None


def require(*, library: bool = True) -> Compiler:
    """`find`, or one line that says what to do."""
    if compiler := find(library=library):
        return compiler
    if chosen := os.environ.get(VARIABLE):
        raise HwgenError(f"{VARIABLE}={chosen}: no such C++ compiler, needed to compile the simulation; unset it")
    raise HwgenError(
        f"no C++ compiler, needed to compile the simulation; pip install ziglang, or name one in {VARIABLE}"
    )
