"""A folder that results are added to: other files may lie beside them, and are left alone."""

from __future__ import annotations

import hashlib
from fnmatch import fnmatchcase
from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.files.kind import Kind
from hwgen.files.lock import locked
from hwgen.files.manifest import MARKER, Manifest
from hwgen.files.place import resolved
from hwgen.files.single import write_whole


class Gathered:
    """A folder in which each file is replaced only if hwgen wrote it and nobody has changed it since.

    Raises:
        HwgenError: when the path is no folder, or the folder is a result of another kind.
    """

    def __init__(self, folder: Path, kind: Kind) -> None:
        self.folder, self.kind = folder, kind
        self._target = resolved(folder)
        marker, manifest = self._target / MARKER, Manifest.read(self._target)
        if manifest is None and (marker.is_symlink() or marker.exists()):
            raise HwgenError(f"{folder / MARKER}: hwgen did not write it; move it away or choose another -o")
        if self._target.exists() and not self._target.is_dir():
            raise HwgenError(f"{folder}: exists and is not a folder; choose another -o")
        if manifest is not None and manifest.kind != kind.name:
            raise HwgenError(f"{folder}: is a {manifest.kind} that hwgen wrote, not {kind.called}; choose another -o")

    def require(self, *patterns: str) -> None:
        """Make sure before long work that files of these names, with wildcards, can be written.

        Raises:
            HwgenError: naming the first that is there and not hwgen's.
        """
        for path in sorted(self._target.iterdir()) if self._target.is_dir() else ():
            if any(fnmatchcase(path.name, pattern) for pattern in patterns):
                self._require_ours(path.name)

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file whole, and note that it is hwgen's.

        Raises:
            HwgenError: when there is one of that name that is not, or it cannot be written.
        """
        data = content.encode() if isinstance(content, str) else content
        mark = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self._target.mkdir(parents=True, exist_ok=True)
        with locked(self._target):
            self._require_ours(name)
            entries = dict(self._entries())
            # Both until the file is there: a kill in between must not make it a stranger's.
            self._note(entries | {name: f"{entries.get(name, '')} {mark}".strip()})
            write_whole(self.folder / name, data)
            self._note(entries | {name: mark})

    def _entries(self) -> dict[str, str]:
        manifest = Manifest.read(self._target)
        return {} if manifest is None else dict(manifest.entries)

    def _note(self, entries: dict[str, str]) -> None:
        write_whole(self.folder / MARKER, Manifest(self.kind.name, entries).text())

    def _require_ours(self, name: str) -> None:
        manifest = Manifest(self.kind.name, self._entries())
        path = self._target / name
        if not (path.exists() or path.is_symlink()) or manifest.has(name, path):
            return
        why = "was changed after hwgen had written it" if name in manifest.entries else "hwgen did not write it"
        raise HwgenError(f"{self.folder / name}: {why}; move it away or choose another -o")
