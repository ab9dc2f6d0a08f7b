"""Processes that work for this one, and end with it, whatever ends it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from hwgen.errors import HwgenError

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def worked(work: Callable[[Task], Answer], tasks: Sequence[Task], count: int) -> Iterator[tuple[Task, Answer]]:
    """Do `work` on every task in up to `count` processes at a time, and give each answer as it comes.

    Raises:
        HwgenError: what the first failing task raised, when those under way have ended; or when a process was killed.
    """
    # Forking a process that has used torch's threads can lock it up.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(count, len(tasks)), mp_context=context, initializer=_end_with_parent)
    try:
        # Ctrl-C reaches the whole group; the workers leave it to their parent, from before they can hear it.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            futures = {pool.submit(work, task): task for task in tasks}
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool:
        raise HwgenError(
            "a worker was killed, as happens when memory runs out; what is finished is kept: go on with fewer --jobs"
        ) from None
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """Watch the parent, and end when it is gone: the queue would feed this process to its end."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
