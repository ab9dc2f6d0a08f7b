"""Files of waves, which show what every wire of a simulated circuit did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from hwgen.errors import HwgenError
from hwgen.files import Kind, file_whole, require_writable

WAVES = Kind("waves", "a file of waves")


def require_waves(path: Path | None) -> None:
    """Make sure before long work that waves can be written to `path`.

    Raises:
        HwgenError: when they cannot, or something else is there.
    """
    if path is None:
        return
    if not path.parent.is_dir():
        raise HwgenError(f"{path}: there is no folder {path.parent}; make it first")
    require_writable(path, WAVES)


@contextmanager
def written_waves(path: Path | None) -> Iterator[Path | None]:
    """Where a simulator shall write its waves, which then become `path`; also when it fails, since they show why."""
    failure: HwgenError | None = None
    with nullcontext() if path is None else file_whole(path, WAVES) as part:
        try:
            yield part
        except HwgenError as error:
            if part is None or not part.exists():
                raise
            failure = error
    if failure is not None:
        raise failure
