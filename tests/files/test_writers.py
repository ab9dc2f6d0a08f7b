"""Several processes write one result, and others read it all the while."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from hwgen.files import Kind, read_whole, written_whole

TOY = Kind("toy", "a toy")


def write(folder: Path, text: str) -> None:
    with written_whole(folder, TOY) as scratch:
        (scratch / "a").write_text(text)
        (scratch / "b").write_text(text)


def child(work: object) -> int:
    process = os.fork()
    if not process:
        try:
            work()  # type: ignore[operator]
            os._exit(0)
        finally:
            os._exit(1)
    return process


def test_the_last_of_many_writers_wins_whole_and_a_reader_always_finds_one(tmp_path: Path) -> None:
    folder = tmp_path / "toy"
    write(folder, "first")

    def writer(name: str) -> None:
        for number in range(20):
            write(folder, f"{name}{number}")

    processes = [child(lambda name=name: writer(name)) for name in ("x", "y", "z")]
    reads, ended = 0, threading.Event()
    statuses: list[int] = []
    waiting = threading.Thread(
        target=lambda: (statuses.extend(os.waitpid(each, 0)[1] for each in processes), ended.set())
    )
    waiting.start()
    while not ended.is_set():
        assert folder.is_dir()
        first, second = read_whole(folder, lambda folder: ((folder / "a").read_text(), (folder / "b").read_text()))
        assert first == second
        reads += 1
    waiting.join()
    assert statuses == [0, 0, 0] and reads > 10
    assert (folder / "a").read_text() == (folder / "b").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]
