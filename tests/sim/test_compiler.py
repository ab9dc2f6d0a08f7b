from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.graph import golden
from hwgen.rtl.core import Core
from hwgen.rtl.plan import Plan
from hwgen.sim import compiler
from hwgen.sim.cxxrtl import compile_core
from tests.random_graph import random_graph, random_sentences


@pytest.fixture
def no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is all of PATH."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("CXX", raising=False)
    return tmp_path / "bin"


def program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_machine_without_a_compiler_uses_the_one_that_comes_as_a_package(no_compiler: Path) -> None:
    pytest.importorskip("ziglang")
    graph = random_graph(np.random.default_rng(3))
    sentences = random_sentences(np.random.default_rng(4), graph, 20)
    assert compiler.require(library=False).is_zig
    results = compile_core(Core(graph, Plan.folded(2))).run(sentences, stall=0.3)
    assert np.array_equal(results.scores, golden.scores(graph, sentences))


def test_the_machines_own_compiler_goes_first_and_the_environments_before_it(
    no_compiler: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(no_compiler / "c++", "true")
    assert compiler.require().command == (str(no_compiler / "c++"),)
    program(no_compiler / "g++", "true")
    assert compiler.require().name == "g++"
    monkeypatch.setenv("CXX", f"{program(no_compiler / 'mine', 'true')} -O2")
    assert compiler.require().command == (str(no_compiler / "mine"), "-O2")


def test_a_missing_compiler_is_told_in_one_line(no_compiler: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(HwgenError, match="pip install ziglang"):
        compiler.require()
    monkeypatch.setenv("CXX", "no-such-compiler -O2")
    with pytest.raises(HwgenError, match=r"CXX=no-such-compiler -O2: no such C\+\+ compiler"):
        compiler.require()


def test_a_compiler_that_fails_is_told_with_its_own_line(no_compiler: Path, tmp_path: Path) -> None:
    program(no_compiler / "g++", "echo 'x.cpp:1: note: well'; echo 'x.cpp:1: error: no such luck' >&2; exit 1")
    with pytest.raises(HwgenError, match=r"g\+\+ failed on the simulation: x.cpp:1: error: no such luck"):
        compiler.require().build(tmp_path, ["x.cpp"], tmp_path)


def test_a_cache_that_cannot_be_written_is_told_with_the_way_to_move_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(HwgenError, match=r"cannot be written .*XDG_CACHE_HOME"):
        compiler.cache("cxxrtl")
