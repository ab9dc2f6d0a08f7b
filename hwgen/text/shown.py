"""Text from outside as people may see it: on one line, and unable to move the cursor."""

from __future__ import annotations


def shown(text: str, longest: int | None = None) -> str:
    """`text` with line ends, control characters and lone surrogates as escapes.

    Args:
        longest: characters that are shown of it; a longer text ends in "...".
    """
    cut = text if longest is None or len(text) <= longest else f"{text[: max(longest - 3, 0)]}..."
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in cut)


def listed(names: list[str], most: int = 3) -> str:
    """The first `most` of `names`, quoted, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(f"'{shown(name, 40)}'" for name in names[:most]) + more
