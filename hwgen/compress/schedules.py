"""How the learning rate moves over a stage's training: linear, cosine, one-cycle, or CALR."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, LRScheduler, OneCycleLR

from hwgen.errors import HwgenError

LAST = 0.02
"""Where linear and cosine end, as a share of the greatest rate."""


class CALR(LRScheduler):
    """Cyclically annealed learning rate (Acharya et al., AAAI 2019).

    A triangular wave between `low` and `high` whose half cycle is `half_cycle` steps, `step()` once a batch. After
    every epoch `high` shrinks to a tenth; once it has come down to `low` it starts again from `restart`, and `low`
    from ``restart * 0.1**5``.

    Args:
        optimiser: whose rates are set; every group gets the same.
        epoch_steps: batches in an epoch.
        half_cycle: steps from low to high; 1,000 in the paper. Cut to half an epoch where epochs are shorter, so that
            each epoch reaches its own high.
        high: of the first epoch.
        restart: the high that every later round begins with.
    """

    SHRINK, DEPTH = 0.1, 5

    def __init__(
        self,
        optimiser: Optimizer,
        epoch_steps: int,
        half_cycle: int = 1000,
        high: float = 1e-3,
        restart: float = 1e-3,
    ) -> None:
        if epoch_steps < 1 or half_cycle < 1:
            raise HwgenError(f"calr: {epoch_steps} steps an epoch and a half cycle of {half_cycle} must be at least 1")
        self.epoch_steps = epoch_steps
        self.half_cycle = min(half_cycle, max(epoch_steps // 2, 1))
        self.high, self.restart = high, restart
        super().__init__(optimiser)

    def bounds(self, epoch: int) -> tuple[float, float]:
        """(low, high) of an epoch, counted from 0."""
        epochs_a_round = self.DEPTH
        first, since = (self.high, epoch) if epoch < epochs_a_round else (self.restart, epoch % epochs_a_round)
        return first * self.SHRINK**self.DEPTH, first * self.SHRINK**since

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        low, high = self.bounds(step // self.epoch_steps)
        position = step % self.epoch_steps % (2 * self.half_cycle)
        climbed = position if position <= self.half_cycle else 2 * self.half_cycle - position
        return low + (high - low) * climbed / self.half_cycle

    def get_lr(self) -> list[float | object]:  # type: ignore[override]
        return [self.rate(max(self.last_epoch, 0))] * len(self.optimizer.param_groups)


def make(name: str, optimiser: Optimizer, rate: float, epoch_steps: int, epochs: int) -> LRScheduler:
    """The schedule `name` (one of `recipe.SCHEDULES`) whose greatest rate is `rate`; `step()` it once a batch."""
    total = epoch_steps * epochs
    match name:
        case "linear":
            return LinearLR(optimiser, 1.0, LAST, total)
        case "cosine":
            return CosineAnnealingLR(optimiser, total, rate * LAST)
        case "one-cycle":
            # One spare step: the loop steps once more after the last batch.
            return OneCycleLR(optimiser, rate, total + 1, cycle_momentum=False)
        case "calr":
            return CALR(optimiser, epoch_steps, high=rate, restart=rate)
    raise HwgenError(f"schedule: {name!r} is not known")
