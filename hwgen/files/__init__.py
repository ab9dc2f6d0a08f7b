"""Files and folders that appear whole or not at all, and never in the place of somebody else's."""

from hwgen.files.folder import require_replaceable, save_whole, written_whole
from hwgen.files.gathered import Gathered
from hwgen.files.kind import Kind
from hwgen.files.reading import read_whole
from hwgen.files.refuge import CannotWriteError, kept_by
from hwgen.files.removal import remove_ours
from hwgen.files.single import file_whole, require_writable, write_whole
from hwgen.files.workspace import temporary_folder

__all__ = [
    "CannotWriteError",
    "Gathered",
    "Kind",
    "file_whole",
    "kept_by",
    "read_whole",
    "remove_ours",
    "require_replaceable",
    "require_writable",
    "save_whole",
    "temporary_folder",
    "write_whole",
    "written_whole",
]
