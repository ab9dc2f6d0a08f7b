"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.files.kind import Kind
from hwgen.files.manifest import sync
from hwgen.files.place import resolved
from hwgen.files.refuge import CannotWriteError
from hwgen.files.room import require_room
from hwgen.files.told import parents_of, told
from hwgen.files.workspace import workspace
from hwgen.files.written import is_noted, note


def require_writable(path: Path, kind: Kind) -> None:
    """Make sure before long work that `write_whole` will take `path`, by trying all but the last step.

    Raises:
        HwgenError: when something else is there, or it cannot be written.
    """
    target = _file_at(path, kind)
    if _is_device(target):
        return
    with told(path, target), parents_of(target, keep=False), workspace(target.parent) as space:
        try:
            require_room(space.new, kind.room)
        except HwgenError as error:
            raise CannotWriteError(f"{path}: {error}, or choose another -o") from None


@contextmanager
def file_whole(path: Path, kind: Kind | None = None) -> Iterator[Path]:
    """A scratch file that takes the place of `path` when the block ends well, and is gone when it does not.

    A link at `path` is followed; a device is written to as it is.

    Args:
        kind: of what may be replaced, if it is as hwgen wrote it; None where any file may be, being hwgen's by its
            place.

    Raises:
        HwgenError: when something else is there, or it cannot be written.
    """
    target = _file_at(path, kind)
    with told(path, target):
        if _is_device(target):
            yield target
            return
        with parents_of(target), workspace(target.parent) as space:
            part = space.new / target.name
            yield part
            sync(part)
            if target.exists():
                part.chmod(target.stat().st_mode & 0o7777)
            if kind is not None:
                note(part, kind)
            part.replace(target)
            sync(target.parent)


def write_whole(path: Path, content: str | bytes, kind: Kind | None = None) -> None:
    """Write a file whole or not at all; text is written as UTF-8. See `file_whole`."""
    with file_whole(path, kind) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


def _file_at(path: Path, kind: Kind | None) -> Path:
    """The absolute path of the file that `path` means.

    Raises:
        HwgenError: when it is a folder, must not be written, or is not of `kind`.
    """
    target = resolved(path)
    if target.is_dir():
        raise HwgenError(f"{path}: is a folder; give a file's name")
    if target.exists() and not os.access(target, os.W_OK):
        raise HwgenError(f"{path}: cannot be written (Permission denied); choose another name")
    if kind is not None and target.is_file() and not (kind.known(target) or is_noted(target, kind)):
        raise HwgenError(
            f"{path}: exists and is not {kind.called} as hwgen wrote it; move it away or choose another name"
        )
    return target


def _is_device(target: Path) -> bool:
    return target.exists() and not target.is_file()
