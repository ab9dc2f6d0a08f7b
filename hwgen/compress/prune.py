"""Magnitude pruning of the convolutions, with torch's own pruning."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from hwgen.nn.text_cnn import QuantTextCNN, SentenceCNN


def schedule(sparsity: float, rounds: int) -> tuple[float, ...]:
    """Sparsity after each round, fast at first (cubic; Zhu and Gupta, 2017), ending at `sparsity`."""
    return tuple(sparsity * (1 - (1 - step / rounds) ** 3) for step in range(1, rounds + 1))


def prune_convolutions(network: SentenceCNN, sparsity: float) -> None:
    """Mask the smallest convolution weights, over all branches together, until `sparsity` of them are zero.

    The masks hold while the network is trained further. Weights that were masked before stay masked.
    """
    total = sum(branch.weight.numel() for branch in network.convolutions)
    masked = total - sum(int(mask.sum()) for mask in masks(network))
    amount = round(sparsity * total) - masked
    if amount > 0:
        parameters = [(branch, "weight") for branch in network.convolutions]
        prune.global_unstructured(parameters, prune.L1Unstructured, amount=amount)


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


def _scales(network: SentenceCNN) -> dict[str, nn.Parameter]:
    return network.exponents() if isinstance(network, QuantTextCNN) else {}


def _masked(branch: nn.Module) -> bool:
    return hasattr(branch, "weight_mask")
