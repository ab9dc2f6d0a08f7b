"""Finished runs, one JSON line each: appended whole, read back whatever happened to the writer."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from hwgen import documents, files
from hwgen.errors import HwgenError

Run = dict[str, Any]
LEDGER = files.Kind("ledger", "a file of runs", known=lambda path: True)  # `Ledger.runs` names the line that is none
LARGEST = 1 << 30
"""Bytes of a file of runs."""
_BEGINNING = b'{"key":'
"""How every line begins."""


class Ledger:
    """A file of runs by key; several processes may append to it at the same time.

    A line that a killed writer left unfinished does not count; the next run that is appended takes its place.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def runs(self) -> dict[str, Run]:
        """Every run there is; of two with the same key the later.

        Raises:
            HwgenError: when it cannot be read, or a line is no run, nor the beginning of one.
        """
        if not self.path.exists():
            return {}
        *lines, last = documents.read_bytes(self.path, LARGEST).split(b"\n")
        runs = {}
        for number, line in enumerate([*lines, last], 1):
            run = _parsed(line)
            if run is not None:
                runs[str(run["key"])] = run
            elif line and not (number > len(lines) and _is_torn(line)):
                raise HwgenError(f"{self.path}:{number}: not a run; remove the line, or choose another -o")
        return runs

    def require_writable(self) -> None:
        """Make sure before long work that `append` will do.

        Raises:
            HwgenError: when the file is no ledger, or cannot be written.
        """
        self.runs()
        files.require_writable(self.path, LEDGER)

    def append(self, run: Run) -> None:
        """Write one line and push it to the disk; a full disk leaves the lines before it as they are.

        Raises:
            OSError: when it cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"key": run["key"]} | run, separators=(",", ":")).encode() + b"\n"
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            with suppress(OSError):  # not every file system has locks
                fcntl.flock(file, fcntl.LOCK_EX)
            line = self._between(file) + line
            size = os.fstat(file).st_size
            try:
                if os.write(file, line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
                os.fsync(file)
            except OSError:
                os.ftruncate(file, size)
                raise
        finally:
            os.close(file)

    def _between(self, file: int) -> bytes:
        """Cut off what a killed writer left unfinished; what must stand between the last line and the next."""
        content = self.path.read_bytes()
        size = content.rfind(b"\n") + 1
        last = content[size:]
        if last and _is_torn(last) and _parsed(last) is None:
            os.ftruncate(file, size)
            return b""
        return b"\n" if last else b""


def _parsed(line: bytes) -> Run | None:
    """The run that a line is; None where it is none."""
    try:
        run = json.loads(line)
        return run if isinstance(run, dict) and "key" in run else None
    except (ValueError, RecursionError):
        return None


def _is_torn(line: bytes) -> bool:
    """Whether `line` may be the beginning of a run."""
    return line.startswith(_BEGINNING) or _BEGINNING.startswith(line)
