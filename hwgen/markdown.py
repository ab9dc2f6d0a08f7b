"""Names from outside in Markdown: shown as they are, on one line, whatever is in them."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*\[\]<>|#&]|(?<!\w)_|_(?!\w))")


def text(name: str) -> str:
    """A name as text: nothing in it is Markdown, or ends a table's cell."""
    return _SPECIAL.sub(r"\\\1", " ".join(name.split()))


def code(line: str) -> str:
    """A name or a command as code, also in a table's cell, however many backticks are in it."""
    line = " ".join(line.split()).replace("|", "\\|")
    ticks = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    return f"{ticks} {line} {ticks}" if len(ticks) > 1 else f"`{line}`"
