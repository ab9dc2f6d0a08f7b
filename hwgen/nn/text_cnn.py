"""The sentence CNN (Kim, 2014) in torch: in float, and quantised with Brevitas.

Both take ``tokens (batch, n)`` padded on the right and ``lengths (batch,)``, and give class scores
``(batch, classes)``. What they compute is fixed by `hwgen.graph.nodes`: causal convolutions over the sentence
with zeros before its start, bias, ReLU, maximum over the true tokens, dense.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from brevitas.nn import QuantConv1d, QuantEmbedding, QuantLinear, QuantReLU
from brevitas.quant_tensor import IntQuantTensor
from torch import Tensor, nn
from torch.nn import functional

from hwgen.errors import HwgenError
from hwgen.nn.quantisers import (
    AccumulatorBias,
    UnsignedActivation,
    best_exponents,
    centred,
    weights_per_filter,
    weights_per_tensor,
)

PADDING = 0
"""The token whose embedding is all zeros."""


@dataclass(frozen=True)
class Shape:
    """Sizes of a sentence CNN.

    Attributes:
        vocabulary: rows of the embedding table, padding included.
        channels: width of an embedding.
        filters: filters of each width.
        widths: tokens that a filter sees, one branch each.
        classes: class scores.
    """

    vocabulary: int
    channels: int
    filters: tuple[int, ...]
    widths: tuple[int, ...]
    classes: int

    def __post_init__(self) -> None:
        if len(self.filters) != len(self.widths) or not self.widths:
            raise HwgenError(f"network: {len(self.filters)} filter counts for {len(self.widths)} widths")
        for name in ("vocabulary", "channels", "classes"):
            if getattr(self, name) < 1:
                raise HwgenError(f"network: {name} is {getattr(self, name)}, need at least 1")
        if min(self.filters) < 1 or min(self.widths) < 1:
            raise HwgenError(f"network: filters {self.filters} and widths {self.widths} must be at least 1")


@dataclass(frozen=True)
class Corruption:
    """Noise on the input while training: shares of words made unknown and of embedding values dropped.

    Attributes:
        words: share of words replaced by a random unknown-word token.
        buckets: unknown-word tokens are ``1..buckets``.
        embedding: dropout on embedding values.
        features: dropout between the maximum and the dense layer.
    """

    words: float = 0.0
    buckets: int = 1
    embedding: float = 0.0
    features: float = 0.5


class SentenceCNN(nn.Module):
    """What the float and the quantised network share: the order of things and the treatment of padding."""

    embedding: nn.Embedding
    convolutions: nn.ModuleList
    dense: nn.Linear

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.corruption = Corruption(features=0.0)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Class scores ``(batch, classes)`` of ``tokens (batch, n)`` whose first `lengths` are true tokens."""
        return self.scores(self.features(tokens, lengths))

    def features(self, tokens: Tensor, lengths: Tensor) -> Tensor | IntQuantTensor:
        """Maximum over time of the rectified sums: ``(batch, filters)``."""
        steps = tokens.shape[1]
        inside = torch.arange(steps) < lengths[:, None]
        if self.training and self.corruption.words:
            unknown = torch.randint(1, self.corruption.buckets + 1, tokens.shape)
            replace = inside & (torch.rand(tokens.shape) < self.corruption.words)
            tokens = torch.where(replace, unknown, tokens)
        # Padding tokens in front stand for the zeros before the sentence; each branch keeps its last n outputs.
        embedded = self.embed(functional.pad(tokens, (max(self.shape.widths) - 1, 0), value=PADDING))
        sums = torch.cat([branch(embedded)[..., -steps:] for branch in self.convolutions], dim=1)
        return self.greatest(sums, inside[:, None])

    def embed(self, tokens: Tensor) -> Tensor:
        """``(batch, n)``, padding before the sentence included -> ``(batch, channels, n)``."""
        raise NotImplementedError

    def greatest(self, sums: Tensor, inside: Tensor) -> Tensor | IntQuantTensor:
        """``(batch, filters, n)`` and a mask of true tokens -> ``(batch, filters)``, rectified."""
        raise NotImplementedError

    def scores(self, features: Tensor | IntQuantTensor) -> Tensor:
        """``(batch, filters)`` -> ``(batch, classes)``."""
        raise NotImplementedError


class TextCNN(SentenceCNN):
    """The network in float32."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.embedding = nn.Embedding(shape.vocabulary, shape.channels, padding_idx=PADDING)
        nn.init.normal_(self.embedding.weight, std=0.1)
        with torch.no_grad():
            self.embedding.weight[PADDING].zero_()
        self.convolutions = nn.ModuleList(
            nn.Conv1d(shape.channels, filters, width)
            for filters, width in zip(shape.filters, shape.widths, strict=True)
        )
        self.dense = nn.Linear(sum(shape.filters), shape.classes)

    def embed(self, tokens: Tensor) -> Tensor:
        embedded = functional.dropout(self.embedding(tokens), self.corruption.embedding, self.training)
        return embedded.transpose(1, 2)

    def greatest(self, sums: Tensor, inside: Tensor) -> Tensor:
        return (functional.relu(sums) * inside).amax(dim=2)

    def scores(self, features: Tensor) -> Tensor:
        return self.dense(functional.dropout(features, self.corruption.features, self.training))


@dataclass(frozen=True)
class Precision:
    """Bits of each tensor, 1..8."""

    embedding: int
    convolution: int
    activation: int
    dense: int

    def __post_init__(self) -> None:
        for name, bits in vars(self).items():
            if not 1 <= bits <= 8:
                raise HwgenError(f"{name}: {bits} bits is outside 1..8")

    @classmethod
    def uniform(cls, bits: int) -> Precision:
        return cls(bits, bits, bits, bits)


class QuantTextCNN(SentenceCNN):
    """The network in fixed point: every tensor an integer times a power of two.

    In evaluation mode it equals the golden model of its graph exactly, as long as every sum stays below 2**24
    (`hwgen.compress.from_torch` checks it): float32 then holds all values without rounding.
    """

    def __init__(self, shape: Shape, precision: Precision) -> None:
        super().__init__(shape)
        self.precision = precision
        self.embedding = QuantEmbedding(
            shape.vocabulary,
            shape.channels,
            padding_idx=PADDING,
            weight_quant=weights_per_tensor(precision.embedding),
            weight_bit_width=precision.embedding,
            return_quant_tensor=True,
        )
        self.convolutions = nn.ModuleList(
            QuantConv1d(
                shape.channels,
                filters,
                width,
                bias=True,
                weight_quant=weights_per_filter(precision.convolution),
                weight_bit_width=precision.convolution,
                bias_quant=AccumulatorBias,
            )
            for filters, width in zip(shape.filters, shape.widths, strict=True)
        )
        self.activation = QuantReLU(
            act_quant=UnsignedActivation, bit_width=precision.activation, return_quant_tensor=True
        )
        self.dense = QuantLinear(
            sum(shape.filters),
            shape.classes,
            bias=True,
            weight_quant=weights_per_tensor(precision.dense),
            weight_bit_width=precision.dense,
            bias_quant=AccumulatorBias,
        )

    def exponents(self) -> dict[str, nn.Parameter]:
        """The parameters that hold base-two logarithms of the scales, by tensor."""
        scaled = {"embedding": self.embedding, "dense": self.dense}
        scaled |= {f"convolution{index}": branch for index, branch in enumerate(self.convolutions)}
        scales = {name: module.weight_quant.tensor_quant.scaling_impl.value for name, module in scaled.items()}
        scales["activation"] = self.activation.act_quant.fused_activation_quant_proxy.tensor_quant.scaling_impl.value
        return scales

    def embed(self, tokens: Tensor) -> Tensor:
        embedded = self.embedding(tokens)
        if self.precision.embedding == 1:  # which has no zero for what stands before the sentence
            before = torch.arange(tokens.shape[1]) < max(self.shape.widths) - 1
            embedded = _like(embedded, embedded.value.masked_fill(before[:, None], 0))
        values = functional.dropout(embedded.value, self.corruption.embedding, self.training)
        return _like(embedded, values.transpose(1, 2))

    def greatest(self, sums: Tensor, inside: Tensor) -> IntQuantTensor:
        if self.precision.activation == 1:
            # The same values, but the gradient goes to the greatest sum instead of every token on the same side.
            return self.activation(sums.masked_fill(~inside, -torch.inf).amax(dim=2))
        active = self.activation(sums)
        return _like(active, (active.value * inside).amax(dim=2))

    def scores(self, features: IntQuantTensor) -> Tensor:
        kept = functional.dropout(features.value, self.corruption.features, self.training)
        return self.dense(_like(features, kept))

    @classmethod
    @torch.no_grad()
    def of(cls, network: SentenceCNN, precision: Precision, features: Tensor) -> QuantTextCNN:
        """A quantised copy of `network`, each scale the power of two of least squared error.

        Args:
            network: the float network, or a quantised one whose unrounded weights are taken; zeros stay zeros. Weights
                that become binary lose the mean of their row first (Liu et al., 2022, eq. 5).
            features: what its `SentenceCNN.features` gives on some training data, to scale the activations by.
        """
        quantised = cls(network.shape, precision)
        exponents = quantised.exponents()
        for name, mine, theirs in (
            ("embedding", quantised.embedding, network.embedding),
            ("dense", quantised.dense, network.dense),
            *(
                (f"convolution{index}", *pair)
                for index, pair in enumerate(zip(quantised.convolutions, network.convolutions, strict=True))
            ),
        ):
            layer, exponent = name.rstrip("0123456789"), exponents[name]
            bits = getattr(precision, layer)
            if name != "embedding":
                mine.bias.copy_(theirs.bias)
            if bits == 1 and isinstance(network, QuantTextCNN) and getattr(network.precision, layer) == 1:
                mine.weight.copy_(theirs.weight)
                exponent.copy_(network.exponents()[name])
                continue
            weight = centred(theirs.weight) if bits == 1 else theirs.weight
            mine.weight.copy_(weight)
            rows = exponent.numel()
            exponent.copy_(best_exponents(weight.reshape(rows, -1), bits, signed=True).reshape(exponent.shape))
        exponents["activation"].copy_(
            best_exponents(features.reshape(1, -1), precision.activation, signed=False).reshape(
                exponents["activation"].shape
            )
        )
        return quantised


def _like(source: IntQuantTensor, value: Tensor) -> IntQuantTensor:
    """`value` with the number format of `source`."""
    return IntQuantTensor(value, source.scale, source.zero_point, source.bit_width, source.signed, source.training)
