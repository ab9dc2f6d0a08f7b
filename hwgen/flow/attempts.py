"""Which router and seed place and route is tried with, one after the other and side by side.

nextpnr's routers fail on different designs: router1, the default, keeps to the timing, but may take up and lay down the
same nets for ever where wires are scarce; router2 ends there, with detours. A crash is mostly a matter of the seed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

ROUTERS = ("router1", "router2")
"""The first one first; see `docs/place-and-route.md`."""
SEEDS = 3
"""Seeds that follow a first one that fails, each with every router."""
MEMORY = 1_500
"""Megabytes that a run may take; as many as fit into what is free run at a time."""


@dataclass(frozen=True)
class Attempt:
    """One run of place and route."""

    router: str
    seed: int

    FOLDERS: ClassVar = "router*-seed-*"
    """Pattern of `folder`."""

    def __str__(self) -> str:
        return f"{self.router}, seed {self.seed}"

    @property
    def arguments(self) -> list[str]:
        """What is added to nextpnr's command."""
        return ["--router", self.router, "--seed", str(self.seed)]

    @property
    def folder(self) -> str:
        """Where it works."""
        return f"{self.router}-seed-{self.seed}"


def attempts(seed: int, *, further: int = SEEDS, scarce: bool = False) -> Iterator[Attempt]:
    """Every attempt at a design, in the order in which they are made until one succeeds.

    Args:
        seed: the first one.
        further: how many seeds follow.
        scarce: whether wires are scarce, and router1 would go round for ever.
    """
    routers = ROUTERS[::-1] if scarce else ROUTERS
    for each in range(seed, seed + 1 + further):
        for router in routers:
            yield Attempt(router, each)


def at_a_time(runs: Sequence[object]) -> int:
    """How many of `runs` have a core and memory."""
    return max(1, min(len(runs), len(os.sched_getaffinity(0)), free_megabytes() // MEMORY))


def free_megabytes() -> int:
    """Memory that can be had without swapping; much, where nobody tells."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return 1 << 20
