"""Kill a process just before any one of the steps by which it changes the disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator

from hwgen.files import folder

_CHANGES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.truncate"}


def killed_at_every_step(prepare: Callable[[], object], work: Callable[[], object]) -> Iterator[int]:
    """Prepare, do `work` in a process that is killed before its n-th change of the disk, and yield n; for n = 0, 1, ...

    The last n is that of a process which came to its end.
    """
    step = 0
    while True:
        prepare()
        child = os.fork()
        if not child:
            try:
                _die_before(step)
                work()
                os._exit(0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        yield step
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            return
        step += 1


def _die_before(step: int) -> None:
    left = step

    def count() -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), 9)
        left -= 1

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in _CHANGES and (event != "open" or not isinstance(arguments[2], int) or arguments[2] & os.O_ACCMODE):
            count()

    real = folder.exchange

    def exchange(*paths: object) -> bool:
        count()  # no audit event tells of it
        return real(*paths)

    folder.exchange = exchange
    sys.addaudithook(hook)
