"""Whatever a user does to a result folder between two runs, nothing of theirs is ever lost."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hwgen.errors import HwgenError
from hwgen.files import Kind, remove_ours, require_replaceable, written_whole
from hwgen.files.manifest import MARKER

TOY = Kind("toy", "a toy", made_by_use=("log",))
OWN = ("a", "part/b", "part/deep/c")
PLACES = st.sampled_from([*OWN, "log", "d", "part/e", "part/deep/f", ".hidden", ".hwgen-0123abcd"])


class Folder(RuleBasedStateMachine):
    """A folder, what hwgen wrote into it, and what the user did."""

    def __init__(self) -> None:
        super().__init__()
        self.parent = Path(tempfile.mkdtemp())
        self.folder = self.parent / "toy"
        self.mine: dict[Path, str] = {}
        self.runs = 0

    def teardown(self) -> None:
        shutil.rmtree(self.parent)

    @initialize()
    def first(self) -> None:
        self.run(set(OWN))

    @rule(files=st.sets(st.sampled_from(OWN)))
    def run(self, files: set[str]) -> None:
        self.runs += 1
        before = {path for path in self.parent.rglob("*")}
        try:
            require_replaceable(self.folder, TOY)
        except HwgenError:
            allowed = False
        else:
            allowed = True
        try:
            with written_whole(self.folder, TOY) as scratch:
                for name in files:
                    (scratch / name).parent.mkdir(parents=True, exist_ok=True)
                    (scratch / name).write_text(f"run {self.runs}")
        except HwgenError:
            assert not allowed and {path for path in self.parent.rglob("*")} == before
        else:
            assert allowed and not self.mine
            present = {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}
            assert present == files | {MARKER}

    @rule()
    def remove(self) -> None:
        if remove_ours(self.folder, TOY):
            assert not self.mine and not self.folder.exists()

    @rule(name=st.sampled_from(OWN))
    def edit_and_run(self, name: str) -> None:
        """The likeliest way to lose work."""
        self.write(name, "edited")
        self.run({"a"})

    @rule(name=PLACES, text=st.text("xyz", min_size=1))
    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        if path.parent.is_dir() and not path.is_dir() and name != "log":
            path.unlink(missing_ok=True)
            path.write_text(text)
            self.mine[path] = text

    @rule(name=PLACES)
    def link(self, name: str) -> None:
        path = self.folder / name
        if path.parent.is_dir() and not path.is_dir():
            path.unlink(missing_ok=True)
            path.symlink_to("/etc")
            self.mine[path] = "/etc"

    @rule(name=PLACES)
    def make_folder(self, name: str) -> None:
        path = self.folder / name / "mine"
        if not (self.folder / name).exists() and path.parent.parent.is_dir():
            path.parent.mkdir()
            path.write_text("mine")
            self.mine[path] = "mine"

    @rule(name=PLACES)
    def use(self, name: str) -> None:
        """What belongs to a run may go with it."""
        if self.folder.is_dir() and self.folder / "log" not in self.mine and not (self.folder / "log").exists():
            (self.folder / "log").write_text("made by use")

    @rule(name=PLACES)
    def delete(self, name: str) -> None:
        path = self.folder / name
        if path.is_file() or path.is_symlink():
            path.unlink()
            self.mine.pop(path, None)

    @rule()
    def clear_away(self) -> None:
        """The user moves away what they put there."""
        for path in sorted(self.mine, reverse=True):
            path.unlink()
            if path.name == "mine":
                path.parent.rmdir()
        self.mine = {}

    @invariant()
    def nothing_of_the_user_is_lost(self) -> None:
        for path, text in self.mine.items():
            assert (str(path.readlink()) if path.is_symlink() else path.read_text()) == text
        assert {path.name for path in self.parent.iterdir()} <= {"toy"}


Folder.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestFolder = Folder.TestCase
