"""A hidden folder beside a result, in which the result is made, and what happens to one that a kill has left.

    .hwgen-0123abcd/        locked as long as its process lives
        owner.json          says that it is one of hwgen's
        new/                the result
        journal.json        there from when `new` is complete and about to change places with an older result
        old/                the older result, where the two could not change places in one step

The next process that makes one in the same folder removes those whose lock is free.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from hwgen import documents, tables
from hwgen.errors import HwgenError
from hwgen.files.lock import locked, opened, try_lock
from hwgen.files.manifest import Manifest, sync

NAME = re.compile(r"\.hwgen-[0-9a-f]{8}")
_OWNER, _JOURNAL = "owner.json", "journal.json"
_FORMAT = "hwgen-workspace-1"


@dataclass(frozen=True)
class Journal:
    """What is written down of a replacement under way.

    Attributes:
        target: name of the older result, beside the workspace.
        kind, entries: of its `Manifest`.
    """

    target: str
    kind: str
    entries: dict[str, str]

    def __post_init__(self) -> None:
        if self.target in ("", ".", "..") or set(self.target) & {"/", "\0"}:
            raise HwgenError(f"target: {tables.shown(self.target)} is not the name of a folder")


@dataclass(frozen=True)
class Workspace:
    """The folder and the places in it."""

    folder: Path

    @property
    def new(self) -> Path:
        """Where the result is made."""
        return self.folder / "new"

    @property
    def old(self) -> Path:
        """Where an older result is put aside."""
        return self.folder / "old"

    def note(self, target: Path, replaced: Manifest) -> None:
        """Write the journal: `new` is complete and takes the place of `target`, whose content is `replaced`."""
        journal = Journal(target.name, replaced.kind, dict(replaced.entries))
        part = self.folder / "journal.part"
        part.write_text(json.dumps(asdict(journal)), encoding="ascii")
        sync(part)
        part.replace(self.folder / _JOURNAL)
        sync(self.folder)

    def forget(self) -> None:
        """Take the journal back: nothing has changed places."""
        (self.folder / _JOURNAL).unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove it. If a replacement is under way it is finished, and of the older result only what hwgen wrote goes.

        What cannot be removed stays.
        """
        journal = _journal(self.folder / _JOURNAL)
        if journal is None:
            shutil.rmtree(self.new, ignore_errors=True)
        else:
            target, listed = self.folder.parent / journal.target, Manifest(journal.kind, journal.entries)
            if self.old.exists() and not os.path.lexists(target):
                (self.new if self.new.exists() else self.old).rename(target)
            for each in (self.new, self.old):
                if each.is_dir():
                    (Manifest.read(each) or listed).remove(each)
            if self.new.exists() or self.old.exists():
                return
        for name in ("journal.part", _JOURNAL, _OWNER):
            with suppress(OSError):
                (self.folder / name).unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.rmdir()


@contextmanager
def workspace(parent: Path) -> Iterator[Workspace]:
    """A new one in `parent`, gone at the end of the block; those that killed processes left there are removed first.

    Raises:
        OSError: when `parent` takes none.
    """
    with locked(parent) as held:
        if held:
            _clear_dead(parent)
        folder = parent / f".hwgen-{secrets.token_hex(4)}"
        folder.mkdir(mode=0o700)
        lock = opened(folder)
        if lock is not None:
            try_lock(lock)
        space = Workspace(folder)
        try:
            (folder / _OWNER).write_text(json.dumps({"format": _FORMAT, "process": os.getpid()}), encoding="ascii")
            space.new.mkdir()
        except BaseException:
            space.clear()
            raise
    try:
        yield space
    finally:
        space.clear()
        if lock is not None:
            os.close(lock)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for what nobody wants to keep, gone at the end of the block, or in the next one when killed."""
    place = Path(tempfile.gettempdir())
    with workspace(place) as space:
        try:
            yield space.new
        except OSError as error:
            if error.filename is None:
                error.filename = str(space.new)  # a full disk does not say which
            raise


def _clear_dead(parent: Path) -> None:
    with suppress(OSError):
        for entry in list(os.scandir(parent)):
            if not NAME.fullmatch(entry.name) or not entry.is_dir(follow_symlinks=False):
                continue
            folder = Path(entry.path)
            if entry.stat(follow_symlinks=False).st_uid != os.getuid() or not _is_ours(folder):
                continue
            lock = opened(folder)
            if lock is not None:
                try:
                    if try_lock(lock):
                        Workspace(folder).clear()
                finally:
                    os.close(lock)


def _is_ours(folder: Path) -> bool:
    """Whether `folder` is a workspace, or one that ended before it could say so."""
    try:
        owner = documents.read_json(folder / _OWNER)
    except HwgenError:
        return all(path.name == _OWNER and path.is_file() and not path.stat().st_size for path in folder.iterdir())
    return isinstance(owner, dict) and owner.get("format") == _FORMAT


def _journal(path: Path) -> Journal | None:
    """What a replacement under way has written down; None where there is none, or not one of hwgen's."""
    try:
        return tables.build(Journal, documents.read_json(path))
    except HwgenError:
        return None
