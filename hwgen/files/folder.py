"""Folders that appear whole or not at all, in the place of an older one or of nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.files.kind import Kind
from hwgen.files.lock import locked
from hwgen.files.manifest import Manifest, sync
from hwgen.files.place import folder_at
from hwgen.files.refuge import CannotWriteError, keep, kept_by
from hwgen.files.room import require_room
from hwgen.files.swap import exchange
from hwgen.files.told import parents_of, told
from hwgen.files.workspace import Workspace, workspace


def require_replaceable(folder: Path, kind: Kind) -> None:
    """Make sure before long work that `written_whole` will take `folder`, by trying all but the last step.

    Raises:
        HwgenError: when it holds what hwgen did not write, cannot be written, or is no folder for a result.
    """
    target = folder_at(folder)
    with told(folder, target), parents_of(target, keep=False), workspace(target.parent) as space:
        with locked(target.parent):
            _ours(folder, target, kind)
        try:
            require_room(space.new, kind.room)
        except HwgenError as error:
            raise CannotWriteError(f"{folder}: {error}, or choose another -o") from None


@contextmanager
def written_whole(folder: Path, kind: Kind) -> Iterator[Path]:
    """A scratch folder that takes the place of `folder` when the block ends well, and is gone when it does not.

    An older result there is replaced in one step, so that there always is one to read, and only if it is of the same
    kind and as hwgen left it. Two processes may write to one folder: the last one wins.

    Raises:
        HwgenError: when `folder` holds anything else. If that turns out at the end, the result is kept elsewhere,
            and the message says where.
        CannotWriteError: when the block cannot write into the scratch folder.
    """
    target = folder_at(folder)
    with told(folder, target), parents_of(target), workspace(target.parent) as space:
        with locked(target.parent):
            _ours(folder, target, kind)
        yield space.new
        try:
            _put(space, folder, target, kind)
        except (HwgenError, OSError) as error:
            raise keep(space.new, target, error) from None


def save_whole(folder: Path, kind: Kind, fill: Callable[[Path], None]) -> None:
    """`written_whole` for a result that `fill` can write again: where the disk is full it goes to another.

    Raises:
        HwgenError: as `written_whole`; what is kept elsewhere is named.
    """

    def write(place: Path) -> None:
        with written_whole(place, kind) as scratch:
            fill(scratch)

    try:
        write(folder)
    except CannotWriteError as error:
        kept = kept_by(write, folder_at(folder).name)
        where = f"is kept in {kept}" if kept else "could be kept nowhere"
        raise HwgenError(f"{error}; the result {where}") from None


def _ours(folder: Path, target: Path, kind: Kind) -> Manifest | None:
    """What hwgen wrote into `target`; None where there is nothing.

    Raises:
        HwgenError: when anything else is there.
    """
    if not target.exists() or not (names := sorted(path.name for path in target.iterdir())):
        return None
    if not os.access(target, os.W_OK):
        raise CannotWriteError(f"{folder}: cannot be written (Permission denied); choose another -o")
    manifest = Manifest.read(target)
    if manifest is None and kind.known(target):
        return Manifest.of(target, kind)
    if manifest is None or manifest.kind != kind.name:
        raise HwgenError(
            f"{folder}: exists and is not {kind.called} that hwgen wrote (it holds {names[0]}); choose another -o"
        )
    if objection := manifest.objection(target):
        raise HwgenError(f"{folder}: {objection}; move it away or choose another -o")
    return manifest


def _put(space: Workspace, folder: Path, target: Path, kind: Kind) -> None:
    """Give the finished result its name.

    Raises:
        HwgenError: when something else is there by now; the result is then in the workspace still.
    """
    Manifest.of(space.new, kind).write(space.new)
    with locked(target.parent):
        replaced = _ours(folder, target, kind)
        if replaced is None:
            space.new.rename(target)
        else:
            space.new.chmod(target.stat().st_mode & 0o7777)
            space.note(target, replaced)
            _swap(space, folder, target, replaced)
    sync(target.parent)


def _swap(space: Workspace, folder: Path, target: Path, replaced: Manifest) -> None:
    """Let new and old change places, and back again if somebody has changed the old one meanwhile."""
    if at_once := exchange(space.new, target):
        old = space.new
    else:
        old = target.rename(space.old)
        space.new.rename(target)
    if objection := replaced.objection(old):
        if at_once:
            exchange(space.new, target)
        else:
            target.rename(space.new)
            space.old.rename(target)
        space.forget()
        raise HwgenError(f"{folder}: {objection}")
