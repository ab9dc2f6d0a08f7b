"""Schedules do all the work, none twice, in the fewest cycles, and no unit sums up two filters at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.graph.graph import ConvolutionGraph
from hwgen.model import Model
from hwgen.rtl.lanes.schedule import Schedule
from hwgen.shipped import SIZES, shipped
from tests.random_graph import weights


def bank(random: np.random.Generator, filters: int, sparsity: float) -> list[np.ndarray]:
    return [weights(random, (3 + i % 3, 16), 5, sparsity) for i in range(filters)]


def check(filters: list[np.ndarray], schedule: Schedule, asked: int) -> None:
    """Every weight once, summed up by its filter's one unit, while that serves the filter; nothing else besides."""
    found = [p for lane in schedule.lanes for p in lane if p and p.weight]
    expected = [
        (number, int(f[tap, c]), len(f) - 1 - tap, c) for number, f in enumerate(filters) for tap, c in np.argwhere(f)
    ]
    assert sorted((p.filter, p.weight, p.age, p.channel) for p in found) == sorted(expected)
    assert all(len(lane) == schedule.period for lane in schedule.lanes)
    served = [number for unit in schedule.units for number in unit.filters]
    assert sorted(served) == sorted({p.filter for lane in schedule.lanes for p in lane if p})
    for unit in schedule.units:
        ends = [-1] + [span.end for span in unit.spans]
        assert all(before < span.begin <= span.end for before, span in zip(ends, unit.spans, strict=False))
        summed = {span.filter: 0 for span in unit.spans}
        for span in unit.spans:
            for lane, mask in unit.feeds:
                for cycle in range(span.begin, span.end + 1):
                    product = schedule.lanes[lane][cycle]
                    if mask[cycle] and product:
                        assert product.filter == span.filter
                        summed[span.filter] += bool(product.weight)
        assert all(count == np.count_nonzero(filters[number]) for number, count in summed.items())
    assert len(schedule.lanes) <= asked


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1), st.integers(1, 3))
def test_every_weight_once_and_in_time(seed: int, share: float, sparsity: float, kinds: int) -> None:
    random = np.random.default_rng(seed)
    filters = bank(random, 12, sparsity)
    total = max(sum(int(np.count_nonzero(f)) for f in filters), 1)
    lanes = max(round(share**2 * total), 1)
    schedule = Schedule.of(filters, lanes, [number % kinds for number in range(12)])
    check(filters, schedule, lanes)
    assert schedule.period == -(-total // lanes)


@pytest.mark.parametrize("size", SIZES)
def test_shipped_models_on_every_number_of_lanes(size: str) -> None:
    """Cycles x lanes, of those that the period needs, are at most a tenth more than the weights."""
    graph = Model.load(shipped(size, 5)).graph
    assert isinstance(graph, ConvolutionGraph)
    filters = [weights for kernel in graph.convolution.kernels for weights in kernel]
    total = sum(int(np.count_nonzero(f)) for f in filters)
    for lanes in {*range(1, total + 1, 1 if size == "small" else 61), total}:
        schedule = Schedule.of(filters, lanes, graph.requantise.shift.tolist())
        check(filters, schedule, lanes)
        assert schedule.period * -(-total // schedule.period) <= 1.10 * total


@pytest.mark.parametrize("lanes", [0, 41])
def test_a_lane_count_without_sense_is_refused(lanes: int) -> None:
    with pytest.raises(HwgenError, match=rf"lanes: {lanes} is outside 1\.\.40"):
        Schedule.of([np.ones((4, 5), dtype=int)] * 2, lanes)


def test_without_any_weight_there_is_one_idle_cycle() -> None:
    schedule = Schedule.of([np.zeros((2, 3), dtype=int)] * 2, 1)
    assert (schedule.period, len(schedule.lanes), schedule.products) == (1, 1, 0)
