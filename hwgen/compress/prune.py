"""Pruning single convolution weights, by magnitude or by what they cost the circuit; torch holds the masks."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from hwgen.nn.quantisers import best_exponents
from hwgen.nn.text_cnn import QuantTextCNN, SentenceCNN


def schedule(sparsity: float, rounds: int) -> tuple[float, ...]:
    """Sparsity after each round, fast at first (cubic; Zhu and Gupta, 2017), ending at `sparsity`."""
    return tuple(sparsity * (1 - (1 - step / rounds) ** 3) for step in range(1, rounds + 1))


def cost(network: SentenceCNN, unit: str, bits: int) -> float:
    """What the convolutions of `network` cost, in `unit` (see `weight_costs`)."""
    return sum(float(part.sum()) for part in weight_costs(network, unit, bits))


def weight_costs(network: SentenceCNN, unit: str, bits: int) -> list[Tensor]:
    """The cost of every convolution weight, branch by branch; masked weights cost nothing.

    ``weights``: 1 each. ``nonzeros``: 1 where `bits` bits (with the scales that calibration would choose) leave the
    weight non-zero, a cycle of the folded engine's lanes. ``adders``: the non-zero digits of the weight's canonical
    signed-digit form at `bits` bits, each an addition or subtraction in the spatial engine before any are shared.
    """
    kept = masks(network)
    if unit == "weights":
        return kept
    costs = []
    for branch, mask in zip(network.convolutions, kept, strict=True):
        weight = branch.weight.detach() * mask
        limit = 2 ** (bits - 1) - 1
        scales = torch.exp2(best_exponents(weight.flatten(1), bits, signed=True))[:, None, None]
        integers = (weight / scales).round().clamp(-limit, limit).abs().int()
        costs.append((integers > 0).float() if unit == "nonzeros" else _signed_digits(integers))
    return costs


def prune_convolutions(network: SentenceCNN, budget: float, unit: str = "weights", bits: int = 5) -> None:
    """Mask convolution weights, over all branches together, until what is left costs at most `budget`.

    The weights of least square per cost go first (weights that cost nothing before all others); for ``weights`` that
    is plain magnitude pruning. The masks hold while the network is trained further; masked weights stay masked.
    """
    kept = masks(network)
    values = torch.cat(
        [(branch.weight.detach() * mask).flatten() for branch, mask in zip(network.convolutions, kept, strict=True)]
    )
    prices = torch.cat([part.flatten() for part in weight_costs(network, unit, bits)])
    worth = torch.where(prices > 0, values.square() / prices.clamp(min=1), -1.0)
    order = torch.argsort(worth, stable=True)
    left = prices.sum() - prices[order].cumsum(0)
    # Everything up to the first weight after which the budget is met.
    count = int((left > budget).sum()) + 1 if float(prices.sum()) > budget else 0
    mask = torch.cat([part.flatten() for part in kept])
    mask[order[:count]] = 0
    parts = mask.split([part.numel() for part in kept])
    apply_masks(network, [part.reshape(old.shape) for part, old in zip(parts, kept, strict=True)])


def masks(network: SentenceCNN) -> list[Tensor]:
    """1 where a convolution weight lives, 0 where it is pruned, branch by branch."""
    return [
        branch.weight_mask.clone() if _masked(branch) else torch.ones_like(branch.weight)
        for branch in network.convolutions
    ]


def apply_masks(network: SentenceCNN, kept: list[Tensor]) -> None:
    """Hold `kept` masks on the convolutions of `network` while it is trained."""
    for branch, mask in zip(network.convolutions, kept, strict=True):
        if not bool(mask.all()):
            prune.custom_from_mask(branch, "weight", mask)


def make_permanent(network: SentenceCNN) -> None:
    """Turn masked weights into plain zeros and drop the masks."""
    # Brevitas starts a quantiser afresh when its weight is registered again, so scales are carried over by hand.
    scales = {name: scale.detach().clone() for name, scale in _scales(network).items()}
    for branch in network.convolutions:
        if _masked(branch):
            prune.remove(branch, "weight")
    with torch.no_grad():
        for name, scale in _scales(network).items():
            scale.copy_(scales[name])


def _signed_digits(integers: Tensor) -> Tensor:
    """Non-zero digits of the canonical signed-digit form: the set bits of ``3 x xor x``."""
    bits = (3 * integers) ^ integers
    return sum(((bits >> place) & 1) for place in range(10)).float()  # type: ignore[union-attr]


def _scales(network: SentenceCNN) -> dict[str, nn.Parameter]:
    return network.exponents() if isinstance(network, QuantTextCNN) else {}


def _masked(branch: nn.Module) -> bool:
    return hasattr(branch, "weight_mask")
