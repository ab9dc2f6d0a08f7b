"""Brevitas quantisers of the project: power-of-two scales, given explicitly, never recomputed from statistics.

A tensor's real value is ``integer * 2**exponent``. The exponent is a parameter of the module (the base-two logarithm
of the scale, rounded in the forward pass), so that it can be learned, saved and restored exactly.
"""

from __future__ import annotations

import brevitas
import torch
from brevitas.core.bit_width import BitWidthConst
from brevitas.core.restrict_val import PowerOfTwoRestrictValue
from brevitas.core.utils import SingleArgStatelessBuffer, StatelessBuffer
from brevitas.core.zero_point import ZeroZeroPoint
from brevitas.function.ops_ste import binary_sign_ste, floor_ste
from brevitas.inject import ExtendedInjector
from brevitas.inject.enum import (
    BitWidthImplType,
    FloatToIntImplType,
    QuantType,
    RestrictValueType,
    ScalingImplType,
    ScalingPerOutputType,
)
from brevitas.quant.scaled_int import Int32Bias
from brevitas.quant.solver.act import ActQuantSolver
from brevitas.quant.solver.weight import WeightQuantSolver
from torch import Tensor

# Beyond these exponents a scale is a mistake; the shift of `Requantise` could not follow it either.
LEAST_EXPONENT, GREATEST_EXPONENT = -20, 8
# A row's scale is at most this many octaves finer than the coarsest row's: a filter of tiny weights, or of none, must
# not make its bias a huge integer.
SPREAD = 6


class RoundHalfUp(brevitas.jit.ScriptModule):
    """``floor(x + 1/2)`` with a straight-through gradient: the rounding that add-and-shift hardware does."""

    def __init__(self) -> None:  # Brevitas' injector rejects the inherited signature
        super().__init__()

    @brevitas.jit.script_method
    def forward(self, x: Tensor) -> Tensor:
        return floor_ste(x + 0.5)


class _PowerOfTwo(ExtendedInjector):
    """Integers with an explicit power-of-two scale: ``scale = 2**round(parameter)``."""

    quant_type = QuantType.INT
    bit_width_impl_type = BitWidthImplType.CONST
    scaling_impl_type = ScalingImplType.PARAMETER
    restrict_scaling_type = RestrictValueType.POWER_OF_TWO
    restrict_scaling_impl = PowerOfTwoRestrictValue
    zero_point_impl = ZeroZeroPoint
    # The parameter is the scale itself, not the value that the greatest integer stands for.
    int_scaling_impl = SingleArgStatelessBuffer(1.0)
    scaling_init = 1.0


class SignedPerTensor(_PowerOfTwo, WeightQuantSolver):
    """Weights in the symmetric range ``-(2**(bits-1)-1) .. 2**(bits-1)-1``, one scale."""

    float_to_int_impl_type = FloatToIntImplType.ROUND
    scaling_per_output_type = ScalingPerOutputType.TENSOR
    narrow_range = True
    signed = True


class SignedPerFilter(SignedPerTensor):
    """The same, with one scale for each output channel."""

    scaling_per_output_type = ScalingPerOutputType.CHANNEL


class _Sign(brevitas.jit.ScriptModule):
    """-1 or +1 times the scale, by the sign (zero counts as positive), with a straight-through gradient."""

    def __init__(self, scaling_impl: torch.nn.Module) -> None:
        super().__init__()
        self.scaling_impl = scaling_impl
        self.bit_width = BitWidthConst(1)
        self.zero_point = StatelessBuffer(torch.tensor(0.0))

    @brevitas.jit.script_method
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        scale = self.scaling_impl(x)
        y = scale * binary_sign_ste(x / scale)
        return y, scale, self.zero_point(), self.bit_width()


class BinaryPerTensor(SignedPerTensor):
    """Weights -1 or +1, one scale (Liu et al., 2022, eq. 5, with a power of two for the mean)."""

    tensor_quant = _Sign


class BinaryPerFilter(BinaryPerTensor):
    """The same, with one scale for each output channel."""

    scaling_per_output_type = ScalingPerOutputType.CHANNEL


def weights_per_tensor(bits: int) -> type[SignedPerTensor]:
    """The quantiser of weights of `bits` bits with one scale."""
    return SignedPerTensor if bits > 1 else BinaryPerTensor


def weights_per_filter(bits: int) -> type[SignedPerTensor]:
    """The quantiser of weights of `bits` bits with one scale for each output channel."""
    return SignedPerFilter if bits > 1 else BinaryPerFilter


class UnsignedActivation(_PowerOfTwo, ActQuantSolver):
    """Activations ``0 .. 2**bits - 1``, one scale, rounded half up.

    Of one bit, with the bias before it as threshold and a learned scale, this is elastic binarisation and has its
    gradients (Liu et al., 2022, eq. 9 to 11).
    """

    float_to_int_impl = RoundHalfUp
    scaling_per_output_type = ScalingPerOutputType.TENSOR
    narrow_range = False
    signed = False


class AccumulatorBias(Int32Bias):
    """A bias at the scale of the sums it is added to: input scale times weight scale."""


def centred(weight: Tensor) -> Tensor:
    """`weight` less the mean of each of its rows (the first axis)."""
    return weight - weight.mean(dim=tuple(range(1, weight.ndim)), keepdim=True)


def best_exponents(values: Tensor, bits: int, *, signed: bool) -> Tensor:
    """The power of two per row of `values` that gives the least squared quantisation error.

    Args:
        values: ``(rows, n)``; zeros do not count (they are exact at any scale).
        bits: 1..8.
        signed: symmetric signed range, else unsigned.

    Returns:
        ``(rows,)`` exponents as floats; the least error wins, then the coarser scale.
    """
    limit = 2**bits - 1 if not signed else max(2 ** (bits - 1) - 1, 1)
    low = -limit if signed else 0
    peak = values.abs().amax(dim=1).clamp(min=2.0**LEAST_EXPONENT)
    coarsest = torch.ceil(torch.log2(peak / limit)) + 1
    best = coarsest.clone()
    least = torch.full_like(best, torch.inf)
    for finer in range(bits + 3 if bits > 1 else 6):
        exponents = (coarsest - finer).clamp(LEAST_EXPONENT, GREATEST_EXPONENT)
        scales = torch.exp2(exponents)[:, None]
        integers = (values / scales).round().clamp(low, limit) if bits > 1 or not signed else values.sign()
        error = (integers * scales - values).square().sum(dim=1)
        better = error < least
        best, least = torch.where(better, exponents, best), torch.where(better, error, least)
    empty = ~values.any(dim=1)
    greatest = best[~empty].max() if not bool(empty.all()) else torch.tensor(0.0)
    return torch.where(empty, greatest, best.clamp(min=greatest - SPREAD))
