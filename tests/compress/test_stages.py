"""Factorising and pruning, on their own."""

from __future__ import annotations

from itertools import pairwise

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("brevitas")

from hwgen.compress import prune  # noqa: E402
from hwgen.compress.factorise import factorise, rank_for  # noqa: E402
from hwgen.compress.recipe import COSTS  # noqa: E402
from hwgen.compress.shrink import narrow, shorten, shortening  # noqa: E402
from hwgen.errors import HwgenError  # noqa: E402
from hwgen.nn.text_cnn import Precision, QuantTextCNN, Shape, TextCNN  # noqa: E402
from hwgen.text.vocabulary import Vocabulary  # noqa: E402

SHAPE = Shape(vocabulary=40, channels=10, filters=(4, 4), widths=(2, 3), classes=2)
TOKENS, LENGTHS = torch.randint(1, 40, (20, 7), generator=torch.Generator().manual_seed(0)), torch.full((20,), 7)


def network() -> TextCNN:
    torch.manual_seed(5)
    return TextCNN(SHAPE).eval()


def test_full_rank_changes_nothing() -> None:
    torch.testing.assert_close(factorise(network(), 10)(TOKENS, LENGTHS), network()(TOKENS, LENGTHS))


def test_a_table_of_low_rank_is_recovered_exactly() -> None:
    wide = network()
    with torch.no_grad():
        wide.embedding.weight.copy_(torch.randn(40, 3) @ torch.randn(3, 10))
        wide.embedding.weight[0].zero_()
    small = factorise(wide, 3)
    assert small.shape.channels == 3 and small.embedding.weight.shape == (40, 3)
    torch.testing.assert_close(small.eval()(TOKENS, LENGTHS), wide(TOKENS, LENGTHS), rtol=1e-4, atol=1e-4)


def test_truncation_keeps_the_leading_singular_values() -> None:
    wide = network()
    small = factorise(wide, 4)
    kept = torch.linalg.svdvals(wide.embedding.weight)[:4]
    # The table's columns are orthogonal; each carries its singular value times the balance given to the kernels.
    columns = small.embedding.weight
    gram = columns.T @ columns
    assert (gram - torch.diag(gram.diagonal())).abs().max() < 1e-4
    torch.testing.assert_close(gram.diagonal().sqrt(), (kept * kept[0]).sqrt())
    assert not small.embedding.weight[0].any()


def test_rank_from_reduction() -> None:
    assert rank_for(0.9, 8192, 64) == int(0.1 * 8192 * 64 / (8192 + 64))
    with pytest.raises(HwgenError, match="leaves no rank"):
        rank_for(0.999, 100, 10)
    with pytest.raises(HwgenError, match="outside 1"):
        factorise(network(), 11)


def test_pruning_is_global_by_magnitude_and_holds_while_training() -> None:
    pruned = network()
    before = torch.cat([branch.weight.detach().abs().flatten() for branch in pruned.convolutions])
    prune.prune_convolutions(pruned, 0.25 * prune.cost(pruned, "weights", 5))
    kept = torch.cat([mask.flatten() for mask in prune.masks(pruned)]).bool()
    assert int((~kept).sum()) == round(0.75 * before.numel())
    assert before[~kept].max() <= before[kept].min()
    optimiser = torch.optim.AdamW(pruned.parameters(), lr=0.1, weight_decay=0.1)
    for _ in range(3):
        pruned(TOKENS, LENGTHS).square().sum().backward()
        optimiser.step()
    prune.make_permanent(pruned)
    after = torch.cat([branch.weight.detach().flatten() for branch in pruned.convolutions])
    assert not after[~kept].any() and after[kept].all()
    assert {name for name, _ in pruned.named_parameters()} == {name for name, _ in network().named_parameters()}


def test_rounds_add_up_to_the_sparsity_and_never_revive() -> None:
    pruned, masks = network(), []
    steps = prune.schedule(0.8, 3)
    assert steps[-1] == pytest.approx(0.8) and list(steps) == sorted(steps)
    whole = prune.cost(pruned, "weights", 5)
    for sparsity in steps:
        prune.prune_convolutions(pruned, (1 - sparsity) * whole)
        masks.append(torch.cat([mask.flatten() for mask in prune.masks(pruned)]))
    assert all((later <= earlier).all() for earlier, later in pairwise(masks))
    assert int((masks[-1] == 0).sum()) == round(0.8 * masks[-1].numel())


@pytest.mark.parametrize("bits", [2, 5, 8])
def test_masks_move_to_the_quantised_network_and_scales_survive(bits: int) -> None:
    pruned = network()
    prune.prune_convolutions(pruned, 100)
    masks = prune.masks(pruned)
    prune.make_permanent(pruned)
    quantised = QuantTextCNN.of(pruned, Precision.uniform(bits), torch.rand(8, 8)).eval()
    expected = quantised(TOKENS, LENGTHS)
    prune.apply_masks(quantised, masks)
    assert torch.equal(quantised(TOKENS, LENGTHS), expected)
    scales = {name: scale.detach().clone() for name, scale in quantised.exponents().items()}
    quantised.load_state_dict(quantised.state_dict())
    prune.make_permanent(quantised)
    assert torch.equal(quantised(TOKENS, LENGTHS), expected)
    assert all(torch.equal(scale, scales[name]) for name, scale in quantised.exponents().items())


def signed_digits(value: int) -> int:
    """Fewest non-zero digits -1, 0, 1 that add up to `value`: the non-adjacent form, digit by digit."""
    digits = 0
    while value:
        if value % 2:
            value -= 2 - value % 4
            digits += 1
        value //= 2
    return digits


@pytest.mark.parametrize("bits", [2, 5, 8])
@pytest.mark.parametrize("unit", COSTS)
def test_pruning_meets_the_budget_of_what_the_circuit_pays(unit: str, bits: int) -> None:
    pruned = network()
    quantised = QuantTextCNN.of(pruned, Precision.uniform(bits), torch.rand(8, 8))
    integers = [branch.quant_weight().int().flatten().tolist() for branch in quantised.convolutions]
    price = {"weights": lambda x: 1, "nonzeros": bool, "adders": lambda x: signed_digits(abs(x))}[unit]
    whole = sum(price(value) for part in integers for value in part)
    assert prune.cost(pruned, unit, bits) == whole
    prune.prune_convolutions(pruned, 0.4 * whole, unit, bits)
    masks = torch.cat([mask.flatten() for mask in prune.masks(pruned)]).tolist()
    left = sum(price(value) * kept for value, kept in zip((v for part in integers for v in part), masks, strict=True))
    assert 0.4 * whole - 5 < left <= 0.4 * whole
    before = prune.masks(pruned)
    prune.prune_convolutions(pruned, whole, unit, bits)
    assert all(torch.equal(one, other) for one, other in zip(before, prune.masks(pruned), strict=True))


def test_narrowing_removes_the_filters_that_matter_least() -> None:
    wide = network()
    with torch.no_grad():
        wide.dense.weight[:, [1, 6]] = 0  # filter 1 of the first branch, 2 of the second
    small = narrow(wide, 0.25).eval()
    assert small.shape.filters == (3, 3)
    torch.testing.assert_close(small(TOKENS, LENGTHS), wide(TOKENS, LENGTHS))
    assert narrow(wide, 0.99).shape.filters == (1, 1)
    assert narrow(wide, 0.0).shape == wide.shape


def test_shortening_drops_the_words_whose_loss_changes_least() -> None:
    wide = network()
    vocabulary = Vocabulary(tuple(f"w{number}" for number in range(35)), 4)
    counts = torch.ones(40)
    counts[5:15] = 0  # words that never occur cost nothing
    short = shortening(wide, vocabulary, counts, 10 / 35)
    assert short.vocabulary.words == tuple(f"w{number}" for number in range(10, 35))
    assert short.tokens[:5].tolist() == [0, 1, 2, 3, 4] and short.tokens[15:].tolist() == list(range(5, 30))
    text = " ".join(f"w{number}" for number in range(35))
    assert short.tokens[torch.tensor(vocabulary.encode(text))].tolist() == short.vocabulary.encode(text)
    small = shorten(wide, short.rows).eval()
    assert small.shape.vocabulary == 30
    kept = TOKENS.clamp(min=15)
    torch.testing.assert_close(small(short.tokens[kept], LENGTHS), wide(kept, LENGTHS))
    with pytest.raises(HwgenError, match=r"share: 0\.99 leaves none"):
        shortening(wide, vocabulary, counts, 0.99)
