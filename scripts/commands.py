"""Writes the reference of all commands from the program itself: docs/commands.md.

python scripts/commands.py
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperArgument

from hwgen.cli import run  # noqa: F401  (registers the commands)
from hwgen.cli.app import app

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
HEAD = """# Commands

Every command prints this by `--help`, too. What you can mend is one line on standard error and exit status 2; status
130 is Ctrl-C. A board is named as `hwgen boards` lists it, or by the path of [its file](boards.md).
"""


def main() -> int:
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    PAGE.write_text(page(), encoding="utf-8")
    return 0


def page() -> str:
    """The reference as Markdown."""
    return HEAD + "".join(section(name, command) for name, command in walk("hwgen", typer.main.get_command(app)))


def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """All commands that do something, by their full names."""
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for child in sorted(children):
        yield from walk(f"{name} {child}", children[child])


def section(name: str, command: Any) -> str:
    """What one command does, takes and looks like."""
    lines = ["", f"## {name}", "", text(command.help or ""), ""]
    rows = [row(parameter) for parameter in command.params if parameter.name != "help"]
    if rows:
        lines += ["| argument or option | default | meaning |", "|---|---|---|", *rows, ""]
    examples = [part.strip() for part in re.split(r"\s\|\s{2,}|\s{3}\|\s{3}", command.epilog or "") if part.strip()]
    if examples:
        lines += ["```sh", *examples, "```", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def row(parameter: Any) -> str:
    """One argument or option."""
    is_argument = isinstance(parameter, TyperArgument)
    names = [parameter.name.upper()] if is_argument else [*parameter.opts, *parameter.secondary_opts]
    takes = "" if is_argument or parameter.is_flag else f" {kind(parameter.type_descriptor.annotation)}"
    title = ", ".join(f"`{name}{takes}`" for name in names).replace("|", "\\|")
    default = "required" if parameter.required else shown(parameter.default)
    return f"| {title} | {default} | {text(getattr(parameter, 'help', None) or '')} |"


def kind(annotation: Any) -> str:
    """What an option takes: its choices, or one word."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "|".join(str(choice.value) for choice in annotation)
    return {int: "NUMBER", float: "NUMBER", Path: "PATH"}.get(annotation, "TEXT")


def shown(default: Any) -> str:
    """A default for people; nothing where leaving the option out means something of its own."""
    if default is None or default is False or default == () or callable(default):
        return ""
    return f"`{getattr(default, 'value', default)}`"


def text(words: str) -> str:
    """Words of a help text, safe inside a table."""
    return " ".join(words.split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    raise SystemExit(main())
