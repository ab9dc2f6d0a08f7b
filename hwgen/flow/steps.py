"""External tools, one after the other, each with its log, its seconds and its memory."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hwgen.errors import HwgenError

Say = Callable[[str], None]


@dataclass
class Steps:
    """Runs commands in `folder` and keeps account of them.

    Attributes:
        folder: where the commands run and leave ``STEP.log``.
        say: told as each step begins.
        seconds: of each step so far, in order.
    """

    folder: Path
    say: Say
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, name: str, command: list[str], environment: dict[str, str] | None = None) -> None:
        """Run one step.

        Raises:
            HwgenError: with the tool's own error line and where its log is.
        """
        self.say(name)
        start = time.monotonic()
        log = self.folder / f"{name.replace(' ', '-')}.log"
        try:
            with log.open("wb") as file:
                done = subprocess.run(
                    command, cwd=self.folder, stdout=file, stderr=subprocess.STDOUT, env=environment, check=False
                )
        except OSError as error:
            raise HwgenError(f"{name}: {command[0]} does not run ({error.strerror}); see `hwgen doctor`") from None
        self.seconds[name] = round(time.monotonic() - start, 1)
        if done.returncode:
            lines = log.read_text(errors="replace").splitlines()
            errors = [line.strip() for line in lines if "error" in line.lower()] or lines[-1:] or ["no message"]
            raise HwgenError(f"{name} failed: {errors[0]}")

    @staticmethod
    def peak_megabytes() -> int:
        """Memory of the largest process run so far."""
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
