"""Quantised torch network -> integer graph, and back."""

from __future__ import annotations

import numpy as np
import torch
from brevitas.quant_tensor import IntQuantTensor
from torch import Tensor

from hwgen.cuts import cuts
from hwgen.errors import HwgenError
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import ConvolutionGraph
from hwgen.graph.nodes import Convolution, Dense, Embedding, MaxOverTime, Requantise
from hwgen.graph.tensor import Integers
from hwgen.nn.text_cnn import Precision, QuantTextCNN, Shape

EXACT = 1 << 24
"""float32 holds every integer up to here."""


@torch.no_grad()
def from_torch(network: QuantTextCNN) -> ConvolutionGraph:
    """The integers of a quantised network.

    Raises:
        HwgenError: when a sum could leave float32's exact integers, or a shift the circuit's range.
    """
    exponents = {name: _exponents(parameter) for name, parameter in network.exponents().items()}
    convolutions = [exponents[f"convolution{index}"] for index in range(len(network.convolutions))]
    embedding, activation, dense = (int(exponents[name][0]) for name in ("embedding", "activation", "dense"))
    filters = np.concatenate(convolutions)
    precision = network.precision
    graph = ConvolutionGraph(
        (
            Embedding(_integers(network.embedding.quant_weight()), precision.embedding, embedding),
            Convolution(
                # Contiguous, because safetensors writes memory as it lies.
                tuple(
                    np.ascontiguousarray(_integers(branch.quant_weight()).transpose(0, 2, 1))
                    for branch in network.convolutions
                ),
                precision.convolution,
                filters,
            ),
            Requantise(
                np.concatenate(
                    [
                        _bias(branch.bias, embedding + scale)
                        for branch, scale in zip(network.convolutions, convolutions, strict=True)
                    ]
                ),
                activation - embedding - filters,
                precision.activation,
                activation,
            ),
            MaxOverTime(),
            Dense(
                _integers(network.dense.quant_weight()),
                _bias(network.dense.bias, np.array(activation + dense)),
                precision.dense,
                dense,
            ),
        )
    )
    _check_exact(graph)
    return graph


@torch.no_grad()
def to_torch(graph: ConvolutionGraph) -> QuantTextCNN:
    """A network in evaluation mode whose scores equal the golden model's: `integer_scores` shows them as integers.

    Scales are restored, not estimated: the scale of each filter is the one that its shift implies.

    Raises:
        HwgenError: when a sum could leave float32's exact integers.
    """
    _check_exact(graph)
    embedding, convolution, requantise, dense = graph.embedding, graph.convolution, graph.requantise, graph.dense
    kernels = convolution.kernels
    shape = Shape(
        graph.vocabulary, embedding.rank, tuple(len(kernel) for kernel in kernels), convolution.widths, graph.classes
    )
    network = QuantTextCNN(shape, Precision(embedding.bits, convolution.bits, requantise.bits, dense.bits))
    filters = requantise.exponent - embedding.exponent - requantise.shift
    ends = np.cumsum(shape.filters)[:-1]
    exponents = {
        "embedding": np.array(embedding.exponent),
        "activation": np.array(requantise.exponent),
        "dense": np.array(dense.exponent),
        **{f"convolution{index}": scale for index, scale in enumerate(np.split(filters, ends))},
    }
    for name, parameter in network.exponents().items():
        parameter.copy_(torch.from_numpy(exponents[name]).reshape(parameter.shape))
    network.embedding.weight.copy_(_real(embedding.table, embedding.exponent))
    for index, (branch, kernel, bias) in enumerate(
        zip(network.convolutions, kernels, np.split(requantise.bias, ends), strict=True)
    ):
        scale = exponents[f"convolution{index}"]
        branch.weight.copy_(_real(kernel.transpose(0, 2, 1), scale[:, None, None]))
        branch.bias.copy_(_real(bias, scale + embedding.exponent))
    network.dense.weight.copy_(_real(dense.weights, dense.exponent))
    network.dense.bias.copy_(_real(dense.bias, graph.score_exponent))
    return network.eval()


@torch.no_grad()
def integer_scores(network: QuantTextCNN, sentences: Sentences, batch: int = 256) -> Integers:
    """Scores ``(sentences, classes)`` of the torch network in evaluation mode, in units of their scale."""
    training = network.training
    network.eval()
    exponents = network.exponents()
    unit = torch.exp2((exponents["activation"].round() + exponents["dense"].round()).double())
    tokens, lengths = torch.from_numpy(sentences.tokens), torch.from_numpy(sentences.lengths)
    parts = torch.split(tokens, lengths.tolist())
    scores = torch.zeros(len(sentences), network.shape.classes, dtype=torch.float64)
    order = torch.argsort(lengths, stable=True)
    for some in torch.split(order, batch):
        for piece in cuts(lengths[some].tolist()):
            rows = some[piece]
            padded = torch.nn.utils.rnn.pad_sequence([parts[row] for row in rows], batch_first=True)
            scores[rows] = network(padded, lengths[rows]).double() / unit
    network.train(training)
    integers = scores.numpy().astype(np.int64)
    if not np.array_equal(integers, scores.numpy()):
        raise HwgenError("torch: a score is not an integer multiple of its scale")
    return integers


def _exponents(parameter: Tensor) -> Integers:
    return parameter.detach().round().reshape(-1).numpy().astype(np.int64)


def _integers(tensor: IntQuantTensor) -> Integers:
    # Not Brevitas' own conversion, which refuses binary tensors that happen to hold one of the two values alone.
    return (tensor.value / tensor.scale).round().numpy().astype(np.int64)


def _bias(bias: Tensor, exponents: Integers) -> Integers:
    """The same rounding as the quantiser's: to the nearest integer, ties to even.

    Raises:
        HwgenError: when one is none of float32's exact integers.
    """
    rounded = np.rint(np.ldexp(bias.detach().double().numpy(), -exponents))
    if not (np.abs(rounded) < EXACT).all():  # nor is it when it is not a number
        raise HwgenError(
            f"network: a bias is {np.abs(rounded).max():g} steps, beyond float32's exact integers ({EXACT}); "
            "train with a lower learning rate"
        )
    return rounded.astype(np.int64)


def _real(integers: Integers, exponents: Integers | int) -> Tensor:
    return torch.from_numpy(np.ldexp(integers.astype(np.float64), exponents)).float()


def _check_exact(graph: ConvolutionGraph) -> None:
    _, sums, active, _, scores = graph.types()
    bias = np.abs(graph.requantise.bias)
    worst = max(
        int((np.maximum(-sums.low, sums.high) + bias).max()),
        int(np.maximum(-scores.low, scores.high).max()),
        int((np.abs(graph.dense.weights) * active.high).sum(axis=1).max() + np.abs(graph.dense.bias).max()),
    )
    if worst >= EXACT:
        raise HwgenError(
            f"network: a sum can reach {worst}, beyond float32's exact integers ({EXACT}); "
            "use fewer bits, a smaller rank or narrower filters"
        )
