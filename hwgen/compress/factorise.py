"""Low-rank embedding by truncated SVD (Acharya et al., AAAI 2019).

The trained table ``E (V x d)`` becomes ``(U_k S_k) (V_k^T)``. The right factor is linear and so are the
convolutions behind it: it is folded into their kernels, nothing stands between the two factors, and the network keeps
a ``V x k`` table and convolutions over k channels.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from hwgen.errors import HwgenError
from hwgen.nn.text_cnn import TextCNN


def rank_for(reduction: float, vocabulary: int, width: int) -> int:
    """Greatest rank that makes ``V k + k d`` smaller than ``V d`` by `reduction`: ``floor((1-R) V d / (V + d))``.

    Raises:
        HwgenError: when not even rank 1 is left.
    """
    rank = int((1 - reduction) * vocabulary * width / (vocabulary + width))
    if rank < 1:
        raise HwgenError(f"factorised.reduction: {reduction} leaves no rank of a {vocabulary} x {width} embedding")
    return rank


@torch.no_grad()
def factorise(network: TextCNN, rank: int) -> TextCNN:
    """A network over `rank` channels that equals `network` up to the discarded singular values.

    The factors share the singular values evenly in scale: the table is balanced so that its columns and the kernels
    have like magnitudes, which both optimiser and quantiser want.

    Raises:
        HwgenError: when `rank` exceeds the embedding's width.
    """
    width = network.shape.channels
    if not 1 <= rank <= width:
        raise HwgenError(f"factorised.rank: {rank} is outside 1..{width}, the width of the embedding")
    left, singular, right = torch.linalg.svd(network.embedding.weight, full_matrices=False)
    # torch gives E = left @ diag(singular) @ right, rows of `right` being the right singular vectors.
    basis = right[:rank]
    scale = singular[:rank].clamp(min=torch.finfo().tiny).sqrt() / singular[0].clamp(min=torch.finfo().tiny).sqrt()
    small = TextCNN(replace(network.shape, channels=rank))
    small.embedding.weight.copy_(left[:, :rank] * singular[:rank] / scale)
    small.embedding.weight[0].zero_()
    for target, source in zip(small.convolutions, network.convolutions, strict=True):
        target.weight.copy_(torch.einsum("fdw,kd->fkw", source.weight, basis * scale[:, None]))
        target.bias.copy_(source.bias)
    small.dense.load_state_dict(network.dense.state_dict())
    return small
