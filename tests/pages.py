"""The commands that pages tell a reader to type: lines of their fenced blocks called ``sh``."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[list[str]]:
    """Every command of a page, as words; comments and what a pipe feeds or takes are left out."""
    lines = [line for block in _BLOCK.findall(page.read_text(encoding="utf-8")) for line in block.splitlines()]
    split = [shlex.split(re.split(r" [|<] | && ", line)[0], comments=True) for line in lines]
    return [words for words in split if words]
