"""External tools, one after the other, each with its log, its seconds and its memory."""

from __future__ import annotations

import re
import resource
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.files import Kind, written_whole
from hwgen.orphans import ends_with_parent
from hwgen.progress import Say, of

_LOGS = (".log", ".rpt", ".tim")
LOGS = Kind("logs", "a folder of logs")


@dataclass
class Steps:
    """Runs commands in `folder` and keeps account of them.

    Attributes:
        folder: where the commands run and leave ``STEP.log``.
        say: a `Progress`, or a callable that is told as each step begins.
        seconds: of each step so far, in order.
    """

    folder: Path
    say: Say
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, name: str, command: list[str], environment: dict[str, str] | None = None) -> None:
        """Run one step.

        Raises:
            HwgenError: with the tool's own error line, or how it ended when it left none.
        """
        of(self.say).step(name)
        start = time.monotonic()
        log = self.folder / f"{name.replace(' ', '-')}.log"
        try:
            with log.open("wb") as file:
                done = subprocess.run(
                    command,
                    cwd=self.folder,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    check=False,
                    preexec_fn=ends_with_parent(),
                )
        except OSError as error:
            raise HwgenError(f"{name}: {command[0]} does not run ({error.strerror}); see `hwgen doctor`") from None
        self.seconds[name] = round(time.monotonic() - start, 1)
        if done.returncode:
            raise HwgenError(f"{name} failed: {_reason(log, done.returncode)}")

    def keep_logs(self, folder: Path) -> str:
        """Copy what the tools said into `folder`, and say where, as the end of a message."""
        logs = [path for path in self.folder.rglob("*") if self.is_log(path)]
        if not logs:
            return ""
        try:
            with written_whole(folder, LOGS) as scratch:
                for path in logs:
                    kept = scratch / path.relative_to(self.folder)
                    kept.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, kept)
        except HwgenError as error:
            return f"; logs not kept: {error}"
        return f"; logs: {folder}"

    @staticmethod
    def is_log(path: Path) -> bool:
        """Whether it is what a tool said."""
        return path.suffix in _LOGS

    @staticmethod
    def peak_megabytes() -> int:
        """Memory of the largest process run so far."""
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def _reason(log: Path, code: int) -> str:
    """The line that says why a tool failed: a design's own names may hold "error", so the tools' marks come first."""
    lines = [line.strip() for line in log.read_text(errors="replace", encoding="utf-8").splitlines() if line.strip()]
    if any("wasmtime._trap.Trap" in line for line in lines):
        return f"the tool crashed ({lines[-1]}); out of memory, or an IO attribute that it does not know"
    for mark in (r"\bERROR\b", r"(?i)\berror:"):
        if found := [line for line in lines if re.search(mark, line)]:
            return found[0]
    if code == -signal.SIGKILL:
        return "killed, as happens when memory runs out"
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    return lines[-1] if lines else f"no message, exit status {code}"
