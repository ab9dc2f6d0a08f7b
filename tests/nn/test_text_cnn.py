"""The torch networks: the causal convolution of the graph's definition, padding, and the quantisers."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("brevitas")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from hwgen.errors import HwgenError  # noqa: E402
from hwgen.nn.quantisers import RoundHalfUp, best_exponents  # noqa: E402
from hwgen.nn.text_cnn import Corruption, Precision, QuantTextCNN, Shape, TextCNN  # noqa: E402

SHAPE = Shape(vocabulary=12, channels=3, filters=(2, 4), widths=(2, 5), classes=3)


def by_definition(network: TextCNN, tokens: list[int]) -> np.ndarray:
    """Scores of one sentence, straight from the definition of the graph's nodes."""
    table = network.embedding.weight.detach().double().numpy()
    features = []
    for branch in network.convolutions:
        kernel, bias = branch.weight.detach().double().numpy(), branch.bias.detach().double().numpy()
        filters, channels, width = kernel.shape
        outputs = np.zeros((len(tokens), filters))
        for t in range(len(tokens)):
            for j in range(width):
                at = t - (width - 1) + j
                x = table[tokens[at]] if at >= 0 else np.zeros(channels)
                outputs[t] += kernel[:, :, j] @ x
        features.append(np.maximum(outputs + bias, 0).max(axis=0))
    dense = network.dense
    return dense.weight.detach().double().numpy() @ np.concatenate(features) + dense.bias.detach().double().numpy()


@settings(max_examples=30, deadline=None)
@given(sentences=st.lists(st.lists(st.integers(0, 11), min_size=1, max_size=9), min_size=1, max_size=5))
def test_float_network_follows_the_definition_whatever_the_padding(sentences: list[list[int]]) -> None:
    torch.manual_seed(1)
    network = TextCNN(SHAPE).eval()
    lengths = torch.tensor([len(sentence) for sentence in sentences])
    # Padding that is no zero token: the mask must hide it all the same.
    tokens = torch.full((len(sentences), 11), 7)
    for row, sentence in enumerate(sentences):
        tokens[row, : len(sentence)] = torch.tensor(sentence)
    scores = network(tokens, lengths).detach().numpy()
    expected = np.stack([by_definition(network, sentence) for sentence in sentences])
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_padding_row_stays_zero_while_training() -> None:
    network = TextCNN(SHAPE)
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.1)
    for _ in range(3):
        network(torch.tensor([[0, 3, 0]]), torch.tensor([3])).square().sum().backward()
        optimiser.step()
    assert not network.embedding.weight[0].any()


def test_corruption_only_while_training() -> None:
    network = TextCNN(SHAPE)
    network.corruption = Corruption(words=0.9, buckets=2, embedding=0.5, features=0.5)
    tokens, lengths = torch.tensor([[5, 6, 7, 8]]), torch.tensor([4])
    torch.manual_seed(0)
    assert not torch.equal(network(tokens, lengths), network(tokens, lengths))
    network.eval()
    assert torch.equal(network(tokens, lengths), network(tokens, lengths))


def test_rounding_is_half_up_and_lets_gradients_through() -> None:
    x = torch.tensor([-1.5, -0.5, 0.49, 0.5, 1.5, 2.5], requires_grad=True)
    rounded = RoundHalfUp()(x)
    assert rounded.tolist() == [-1, 0, 0, 1, 2, 3]
    rounded.sum().backward()
    assert x.grad is not None and x.grad.tolist() == [1] * 6


@settings(max_examples=40, deadline=None)
@given(bits=st.integers(1, 8), seed=st.integers(0, 1000), signed=st.booleans())
def test_best_exponents_beat_their_neighbours(bits: int, seed: int, signed: bool) -> None:
    torch.manual_seed(seed)
    values = torch.randn(3, 200) * torch.tensor([[1.0], [2.0], [3.0]])
    if not signed:
        values = values.abs()
    limit = 2 ** (bits - 1) - 1 if signed else 2**bits - 1

    def errors(exponents: torch.Tensor) -> torch.Tensor:
        scale = torch.exp2(exponents)[:, None]
        if bits == 1 and signed:
            return (values.sign() * scale - values).square().sum(dim=1)
        quantised = (values / scale).round().clamp(-limit if signed else 0, limit) * scale
        return (quantised - values).square().sum(dim=1)

    best = best_exponents(values, bits, signed=signed)
    assert torch.equal(best, best.round())
    for step in (-1, 1):
        assert (errors(best) <= errors(best + step) + 1e-6).all()


def test_rows_of_zeros_take_a_sane_scale() -> None:
    values = torch.zeros(2, 4)
    values[1] = torch.tensor([0.5, -1.0, 0.25, 0.75])
    found = best_exponents(values, 5, signed=True)
    assert found[0] == found[1]
    assert best_exponents(torch.zeros(2, 4), 5, signed=True).tolist() == [0, 0]


@pytest.mark.parametrize("bits", range(4, 9))
def test_untrained_quantised_copy_is_close_and_closer_with_more_bits(bits: int) -> None:
    torch.manual_seed(3)
    network = TextCNN(Shape(200, 8, (8, 8), (2, 3), 2)).eval()
    tokens, lengths = torch.randint(1, 200, (64, 12)), torch.full((64,), 12)
    expected = network(tokens, lengths)
    features: list[torch.Tensor] = []
    network.dense.register_forward_pre_hook(lambda module, inputs: features.append(inputs[0]))
    network(tokens, lengths)
    quantised = QuantTextCNN.of(network, Precision.uniform(bits), features[0].detach()).eval()
    error = (quantised(tokens, lengths) - expected).square().mean() / expected.var()
    assert error < 0.5 * 4.0 ** (4 - bits) + 1e-4


@pytest.mark.parametrize("bits", [0, 9])
def test_bits_outside_the_range(bits: int) -> None:
    with pytest.raises(HwgenError, match=r"outside 1\.\.8"):
        Precision.uniform(bits)


def test_impossible_shapes() -> None:
    with pytest.raises(HwgenError, match="2 filter counts for 1 widths"):
        Shape(10, 2, (1, 2), (3,), 2)
    with pytest.raises(HwgenError, match="channels is 0"):
        Shape(10, 0, (1,), (3,), 2)
