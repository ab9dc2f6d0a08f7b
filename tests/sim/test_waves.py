"""Waves are written whole, and never over anything else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.rtl.core import Core
from hwgen.rtl.plan import Plan
from hwgen.sim import cxxrtl, icarus, pysim
from hwgen.sim.waves import require_waves, written_waves
from tests.random_graph import random_graph, random_sentences

GRAPH = random_graph(np.random.default_rng(0), classes=2, filters=2)
CORE = Core(GRAPH, Plan.spatial())
SENTENCES = random_sentences(np.random.default_rng(1), GRAPH, 3)


@pytest.mark.parametrize("name", ["cxxrtl", "icarus", "pysim"])
def test_every_simulators_waves_are_known_again(name: str, tmp_path: Path) -> None:
    path = tmp_path / "waves"
    run = {"icarus": icarus.run, "pysim": pysim.run}
    for _ in range(2):
        require_waves(path)
        with written_waves(path) as part:
            if name == "cxxrtl":
                cxxrtl.compile_core(CORE, waves=True).run(SENTENCES, waves=part)
            else:
                run[name](CORE, SENTENCES, waves=part)
    assert path.stat().st_size > 1000 and [each.name for each in tmp_path.iterdir()] == ["waves"]


def test_another_file_is_kept(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    for work in (lambda: require_waves(tmp_path / "notes"), lambda: written_waves(tmp_path / "notes").__enter__()):
        with pytest.raises(HwgenError, match="notes: exists and is not a file of waves"):
            work()
    with pytest.raises(HwgenError, match=r"there is no folder .*nowhere"):
        require_waves(tmp_path / "nowhere" / "waves")
    with pytest.raises(HwgenError, match="is a folder"):
        require_waves(tmp_path)


def test_a_full_disk_is_one_line() -> None:
    with pytest.raises(HwgenError, match="the waves cannot be written"):
        cxxrtl.compile_core(CORE, waves=True).run(SENTENCES, waves=Path("/dev/full"))


def test_waves_of_a_failure_are_kept(tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match="stuck"), written_waves(tmp_path / "waves") as part:
        assert part is not None
        part.write_text("$timescale")
        raise HwgenError("stuck")
    assert (tmp_path / "waves").read_text() == "$timescale"
    with pytest.raises(HwgenError, match="stuck"), written_waves(tmp_path / "none"):
        raise HwgenError("stuck")
    assert not (tmp_path / "none").exists()
    with written_waves(None) as nothing:
        assert nothing is None
