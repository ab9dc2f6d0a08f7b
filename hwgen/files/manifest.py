"""What hwgen wrote into a folder: a marker in the folder lists every file with its hash.

The list decides what may be removed: a file that is not in it, or no longer as it was written, is somebody else's.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hwgen.files.kind import Kind

MARKER = ".hwgen.json"
FORMAT = "hwgen-folder-1"
_MOST_BYTES = 1 << 26
"""Of a marker; a larger one is not ours."""


@dataclass(frozen=True)
class Manifest:
    """Kind and entries of a folder.

    Attributes:
        kind: the `Kind`'s name.
        entries: path within the folder -> ``sha256:...`` of a file, ``folder``, ``link:TARGET``, or ``any`` for a file
            that the use of the result makes; while a file is being replaced, both hashes with a space between.
    """

    kind: str
    entries: Mapping[str, str]

    @classmethod
    def of(cls, folder: Path, kind: Kind) -> Manifest:
        """Everything that is in `folder` now, and what its use adds."""
        now = {name: _fingerprint(path) for name, path in _walk(folder)}
        return cls(kind.name, dict.fromkeys(kind.made_by_use, "any") | now)

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """The marker of `folder`; None where there is none or it cannot be one of hwgen's."""
        path = folder / MARKER
        try:
            if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST_BYTES:
                return None
            content = json.loads(path.read_bytes())
            if content["format"] != FORMAT:
                return None
            return cls(str(content["kind"]), {str(name): str(mark) for name, mark in content["entries"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def write(self, folder: Path) -> None:
        """Make `folder` one that `read` knows, its content safe on the disk."""
        for _, path in _walk(folder):
            if not path.is_symlink() and (path.is_file() or path.is_dir()):
                sync(path)
        (folder / MARKER).write_text(self.text(), encoding="ascii")
        sync(folder / MARKER)
        sync(folder)

    def text(self) -> str:
        """Content of the marker, in ASCII."""
        content = {"format": FORMAT, "kind": self.kind, "entries": self.entries}
        return json.dumps(content, indent=1, sort_keys=True) + "\n"

    def objection(self, folder: Path) -> str | None:
        """Why `folder` must not be removed: the first entry that hwgen did not write, or not so; None if all is well.

        What has been deleted from the folder is no matter.
        """
        present = dict(_walk(folder))
        for name in present:
            if name not in self.entries:
                return f"holds {name}, which hwgen did not write"
        for name, path in present.items():
            if not self.has(name, path):
                return f"{name} was changed after hwgen had written it"
        return None

    def has(self, name: str, path: Path) -> bool:
        """Whether `path`, called `name` in its folder, is as the list says."""
        mark = self.entries.get(name, "")
        if mark == "any":
            return path.is_file() and not path.is_symlink()
        return (fingerprint := _fingerprint(path)) == mark or fingerprint in mark.split()

    def remove(self, folder: Path) -> bool:
        """Delete from `folder` what is in the list and unchanged, then `folder` itself; False when something stays."""
        try:
            present = dict(_walk(folder))
        except OSError:
            return False
        folders = [folder / name for name, mark in self.entries.items() if mark == "folder" and name in present]
        for name, path in present.items():
            with suppress(OSError):
                if self.entries.get(name) != "folder" and self.has(name, path):
                    path.unlink()
        for path in sorted(folders, key=lambda path: len(path.parts), reverse=True):
            with suppress(OSError):
                path.rmdir()
        with suppress(OSError):
            if {path.name for path in folder.iterdir()} <= {MARKER}:
                (folder / MARKER).unlink(missing_ok=True)
                folder.rmdir()
        return not os.path.lexists(folder)


def sync(path: Path) -> None:
    """Push a file or a folder to the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def sha256(path: Path) -> str:
    """Hash of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _walk(folder: Path, prefix: str = "") -> Iterator[tuple[str, Path]]:
    """Everything below `folder` but its marker, by its path within it; links are not followed."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        name = prefix + entry.name
        if name == MARKER:
            continue
        yield name, Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), name + "/")


def _fingerprint(path: Path) -> str:
    if path.is_symlink():
        return f"link:{path.readlink()}"
    if path.is_dir():
        return "folder"
    if not path.is_file():
        return "device"
    return f"sha256:{sha256(path)}"
