"""Removing what hwgen wrote, and nothing else."""

from __future__ import annotations

from pathlib import Path

from hwgen.files.kind import Kind
from hwgen.files.lock import locked
from hwgen.files.manifest import Manifest


def remove_ours(folder: Path, kind: Kind) -> bool:
    """Remove `folder` if hwgen wrote it as `kind` and nobody has touched it since; whether it is gone."""
    try:
        with locked(folder.parent):
            manifest = None if folder.is_symlink() else Manifest.read(folder)
            if manifest is None or manifest.kind != kind.name or manifest.objection(folder) is not None:
                return False
            return manifest.remove(folder)
    except OSError:  # such as a name that is too long to be one
        return False
