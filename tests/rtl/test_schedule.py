"""Schedules do all the work, none twice, and no partial sum is read before it is written."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.rtl.schedule import PIPELINE_GAP, Schedule
from tests.random_graph import weights


def bank(random: np.random.Generator, filters: int, sparsity: float) -> list[np.ndarray]:
    return [weights(random, (3 + i % 3, 16), 5, sparsity) for i in range(filters)]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.floats(0, 1))
def test_every_weight_once_in_a_safe_order(seed: int, lanes: int, sparsity: float) -> None:
    random = np.random.default_rng(seed)
    filters = bank(random, 12, sparsity)
    schedule = Schedule.of(filters, lanes)
    assert sorted(index for lane in schedule.lanes for index in lane.filters) == list(range(12))
    for lane in schedule.lanes:
        found = sorted((e.weight, e.channel) for e in lane.entries if e.weight)
        expected = [(int(f[t, c]), c) for f in (filters[i] for i in lane.filters) for t, c in np.argwhere(f)]
        assert found == sorted(expected)
        assert sum(e.emit and e.end for e in lane.entries) == len(lane.filters)
        assert len(lane.entries) <= schedule.period
        reads = [i for i, e in enumerate(lane.entries) if e.begin and not e.fresh]
        writes = [i for i, e in enumerate(lane.entries) if e.end and not e.emit]
        for read, write in zip(reads, writes, strict=True):
            assert read + schedule.period >= write + PIPELINE_GAP


@pytest.mark.parametrize("lanes", [1, 2, 4, 8, 16])
def test_lanes_stay_busy(lanes: int) -> None:
    """The default network's shape at 80 % zeros: close to one useful product per lane and cycle."""
    schedule = Schedule.of(bank(np.random.default_rng(0), 96, 0.8), lanes)
    assert schedule.period * lanes <= 1.10 * schedule.products


@pytest.mark.parametrize("lanes", [0, 13])
def test_a_lane_count_without_sense_is_refused(lanes: int) -> None:
    with pytest.raises(HwgenError, match=rf"lanes: {lanes} is outside 1\.\.12"):
        Schedule.of(bank(np.random.default_rng(0), 12, 0.5), lanes)
