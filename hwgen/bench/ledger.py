"""Finished runs, one JSON line each: appended whole, read back whatever happened to the writer."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from hwgen.errors import HwgenError

Run = dict[str, Any]


class Ledger:
    """A file of runs by key; several processes may append to it at the same time.

    A line that a killed writer left unfinished does not count and is passed over.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def runs(self) -> dict[str, Run]:
        """Every run there is; of two with the same key the later.

        Raises:
            HwgenError: when a line within the file is no run.
        """
        if not self.path.exists():
            return {}
        try:
            lines = self.path.read_bytes().split(b"\n")
        except OSError as error:
            raise HwgenError(f"{self.path}: cannot be read ({error.strerror})") from None
        found = {}
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            try:
                run = json.loads(line)
                found[str(run["key"])] = run
            except (ValueError, KeyError, TypeError):
                if any(lines[number:]):
                    text = f"{self.path}:{number}: not a run; remove the line or the file"
                    raise HwgenError(text) from None
        return found

    def append(self, run: Run) -> None:
        """Write one line and push it to the disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(run, separators=(",", ":")).encode() + b"\n"
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(file, line)  # one call, so that lines of several processes do not mix
            os.fsync(file)
        finally:
            os.close(file)

    def mend(self) -> None:
        """Cut off an unfinished last line, so that the next one begins at its start."""
        if not self.path.exists():
            return
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            scratch = self.path.with_name(self.path.name + ".tmp")
            scratch.write_bytes(whole)
            scratch.replace(self.path)
