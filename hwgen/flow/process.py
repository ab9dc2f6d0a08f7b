"""One external tool: run, watched, stopped where it goes nowhere, and told why it failed."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from threading import Event

from hwgen.errors import HwgenError
from hwgen.flow.watch import Watch
from hwgen.orphans import ends_with_parent, is_ending
from hwgen.progress import Progress

_LOOK = 0.2
"""Seconds between two looks at a tool that says nothing."""
_FAULTS = re.compile(r"Assertion fail|assertion_failure|terminate called|Segmentation fault|thrown Wasm exception")


class CrashError(HwgenError):
    """The tool failed by a fault of its own: another seed or router may do."""


class StallError(HwgenError):
    """The tool made no progress: another seed or router may do."""


class AbandonedError(HwgenError):
    """Nobody waits for the tool any more."""


def watched(
    name: str,
    command: list[str],
    folder: Path,
    log: Path,
    watch: Watch,
    progress: Progress,
    environment: dict[str, str] | None = None,
    abandoned: Event | None = None,
) -> int:
    """Run `command` in `folder` until it ends; it never outlives this call, nor what it starts in its own group.

    Args:
        name: of the step, for errors.
        log: receives all that the tool prints.
        progress: told what `watch` reads.
        abandoned: once set, the tool is stopped.

    Returns:
        its exit status, negative for a signal.

    Raises:
        AbandonedError: when `abandoned` was set, or a signal ends hwgen and its tools.
        StallError: when `watch` sees no progress.
        HwgenError: when it does not start.
    """
    with log.open("wb") as file:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                preexec_fn=ends_with_parent(),
                start_new_session=True,
            )
        except OSError as error:
            raise HwgenError(f"{name}: {command[0]} does not run ({error.strerror}); see `hwgen doctor`") from None
        assert process.stdout is not None
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(process.stdout, selectors.EVENT_READ)
                spoken, rest = time.monotonic(), b""
                while True:
                    if abandoned is not None and abandoned.is_set():
                        raise AbandonedError(f"{name}: not needed any more")
                    if not selector.select(_LOOK):
                        if watch.silence is not None and time.monotonic() - spoken > watch.silence:
                            raise StallError(f"{name}: no word for {watch.silence:g} s{_where(watch)}")
                        continue
                    if not (block := os.read(process.stdout.fileno(), 1 << 16)):
                        code = process.wait()
                        if code < 0 and is_ending():
                            raise AbandonedError(f"{name}: ended by a signal")
                        return code
                    file.write(block)
                    spoken = time.monotonic()
                    *lines, rest = (rest + block).split(b"\n")
                    for line in lines:
                        if watch.read(line.decode("utf-8", "replace")):
                            progress.detail(watch.note, watch.share)
                        if watch.stalled:
                            raise StallError(f"{name}: no progress any more{_where(watch)}")
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()


def _where(watch: Watch) -> str:
    return f" ({watch.note})" if watch.note else ""


def failure(name: str, log: Path, code: int) -> HwgenError:
    """Why a tool failed: a design's own names may hold "error", so the tools' marks come first.

    Args:
        log: what the tool printed.
        code: its exit status.
    """
    lines = [line.strip() for line in log.read_text(errors="replace", encoding="utf-8").splitlines() if line.strip()]
    if denied := next((line for line in lines if re.match(r"(PermissionError|OSError): .*Errno", line)), None):
        return HwgenError(f"{name} failed: {denied}; YOWASP_CACHE_DIR moves the tools' cache, TMPDIR other files")
    if any("wasmtime._trap.Trap" in line for line in lines):
        return CrashError(f"{name} failed: the tool crashed ({lines[-1]})")
    for mark in (r"\bERROR\b", r"(?i)\berror:"):
        if marked := next((line for line in lines if re.search(mark, line)), None):
            kind = CrashError if _FAULTS.search(marked) else HwgenError
            return kind(f"{name} failed: {marked}")
    if code == -signal.SIGKILL:
        return HwgenError(f"{name} failed: killed, as happens when memory runs out")
    if code < 0:
        last = f" ({lines[-1]})" if lines else ""
        return CrashError(f"{name} failed: ended by {signal.Signals(-code).name}{last}")
    if lines and any(_FAULTS.search(line) for line in lines):
        return CrashError(f"{name} failed: the tool crashed ({lines[-1]})")
    return HwgenError(f"{name} failed: {lines[-1] if lines else f'no message, exit status {code}'}")
