"""Tools end when hwgen does, even where it is killed: nobody would stop a router that goes round for ever."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

from hwgen.errors import HwgenError

_SET_PARENT_DEATH_SIGNAL = 1
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
"""Looked up here, since little may be done between fork and exec."""

_ending = False


def start_no_more() -> None:
    """Let `ends_with_parent` refuse from now on: other threads must not start the next tool now."""
    global _ending
    _ending = True


def is_ending() -> bool:
    """Whether this process is ending, and so are its tools."""
    return _ending


def ends_with_parent() -> Callable[[], None]:
    """A `preexec_fn` that has Linux kill the process when the thread that starts it ends; elsewhere it does nothing.

    Raises:
        HwgenError: when this process is ending.
    """
    if _ending:
        raise HwgenError("ended by a signal")
    parent = os.getpid()

    def ask() -> None:
        if _prctl is not None:
            _prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return ask
