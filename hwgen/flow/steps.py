"""External tools, one after the other, each with its log, its seconds and its memory."""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from hwgen.errors import HwgenError
from hwgen.files import Kind, kept_by, remove_ours, written_whole
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

    @staticmethod
    def is_log(path: Path) -> bool:
        """Whether it is what a tool said."""
        return path.suffix in _LOGS

    @staticmethod
    def peak_megabytes() -> int:
        """Memory of the largest process run so far."""
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


@contextmanager
def logs_kept(source: Path, folder: Path) -> Iterator[None]:
    """Copy the logs in `source` to `folder` when the block fails, and say so; delete them there when it does not.

    Where `folder` takes nothing, they go elsewhere.
    """
    try:
        yield
    except HwgenError as error:
        error.args = (f"{error}{_keep_logs(source, folder)}",)
        raise
    remove_ours(folder, LOGS)


def _keep_logs(source: Path, folder: Path) -> str:
    """Copy what tools said; returns where to, as the end of a message."""
    logs = [path for path in source.rglob("*") if Steps.is_log(path)]
    if not logs:
        return ""

    def write(place: Path) -> None:
        with written_whole(place, LOGS) as scratch:
            for path in logs:
                kept = scratch / path.relative_to(source)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, kept)

    try:
        write(folder)
    except HwgenError as error:
        kept = kept_by(write, "hwgen-failed")
        return (f"; logs: {kept}" if kept else "; logs not kept") + f" ({error})"
    return f"; logs: {folder}"
