"""External tools, one after the other, each with its log, its seconds and its memory."""

from __future__ import annotations

import resource
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from hwgen.errors import HwgenError
from hwgen.files import Kind, written_whole
from hwgen.flow.process import failure, watched
from hwgen.flow.watch import Watch
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

    def run(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str] | None = None,
        *,
        watch: Watch | None = None,
        abandoned: Event | None = None,
    ) -> None:
        """Run one step.

        Args:
            watch: reads what the tool prints.
            abandoned: once set, the tool is stopped.

        Raises:
            CrashError: when the tool fails by a fault of its own, or without a word.
            StallError: when it makes no progress.
            HwgenError: with the tool's own error line.
        """
        progress = of(self.say)
        progress.step(name)
        start = time.monotonic()
        log = self.folder / f"{name.replace(' ', '-')}.log"
        code = watched(name, command, self.folder, log, watch or Watch(), progress, environment, abandoned)
        self.seconds[name] = round(time.monotonic() - start, 1)
        if code:
            raise failure(name, log, code)

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
