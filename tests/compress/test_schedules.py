"""Learning-rate schedules: where they begin, peak and end."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from hwgen.compress import recipe, schedules  # noqa: E402
from hwgen.compress.schedules import CALR  # noqa: E402
from hwgen.errors import HwgenError  # noqa: E402


def optimiser() -> torch.optim.Optimizer:
    return torch.optim.SGD(
        [{"params": [torch.nn.Parameter(torch.zeros(1))]}, {"params": [torch.nn.Parameter(torch.zeros(1))]}], lr=0.5
    )


def rates(name: str, steps: int, epochs: int, rate: float = 1e-2) -> list[float]:
    """The learning rate that each batch is trained with."""
    chosen = optimiser()
    for group in chosen.param_groups:
        group["lr"] = rate
    schedule = schedules.make(name, chosen, rate, steps, epochs)
    seen = []
    for _ in range(steps * epochs):
        first, second = (group["lr"] for group in chosen.param_groups)
        assert first == second
        seen.append(first)
        chosen.step()
        schedule.step()
    return seen


@pytest.mark.parametrize("name", recipe.SCHEDULES)
def test_greatest_rate_is_the_one_asked_for(name: str) -> None:
    assert max(rates(name, 20, 4)) == pytest.approx(1e-2, rel=0.02)
    assert all(rate >= 0 for rate in rates(name, 3, 1))


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_falling_schedules_end_at_a_fiftieth(name: str) -> None:
    seen = rates(name, 100, 5)
    assert seen == sorted(seen, reverse=True) and seen[0] == pytest.approx(1e-2)
    assert seen[-1] == pytest.approx(2e-4, rel=0.2)


def test_one_cycle_rises_and_falls() -> None:
    seen = rates("one-cycle", 100, 1)
    peak = seen.index(max(seen))
    assert 20 < peak < 40 and seen[0] < seen[peak] / 10 and seen[-1] < seen[0]


def test_calr_is_the_papers_wave() -> None:
    wave = CALR(optimiser(), epoch_steps=4000, half_cycle=1000, high=1e-3)
    assert wave.rate(0) == wave.rate(2000) == pytest.approx(1e-8)
    assert wave.rate(1000) == wave.rate(3000) == pytest.approx(1e-3)
    assert wave.rate(500) == wave.rate(1500) == pytest.approx(1e-8 + (1e-3 - 1e-8) / 2)
    highs = [max(wave.rate(4000 * epoch + step) for step in range(0, 4000, 500)) for epoch in range(11)]
    assert highs == pytest.approx([1e-3, 1e-4, 1e-5, 1e-6, 1e-7] * 2 + [1e-3])


def test_calr_fits_short_epochs_and_restarts_where_told() -> None:
    wave = CALR(optimiser(), epoch_steps=10, high=4e-3, restart=2e-3)
    assert max(wave.rate(step) for step in range(10)) == pytest.approx(4e-3)
    assert max(wave.rate(step) for step in range(50, 60)) == pytest.approx(2e-3)
    assert CALR(optimiser(), epoch_steps=1).rate(3) > 0
    with pytest.raises(HwgenError, match="must be at least 1"):
        CALR(optimiser(), epoch_steps=0)
