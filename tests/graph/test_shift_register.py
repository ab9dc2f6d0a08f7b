import numpy as np

from hwgen.graph.shift_register import expand


def test_a_row_begins_with_its_seed() -> None:
    assert expand(np.array([0b1011]), 4).tolist() == [[1, 1, 0, 1]]
    assert expand(np.array([0x8001]), 16)[0].tolist() == [1, *[0] * 14, 1]


def test_every_seed_but_zero_comes_before_the_first_again() -> None:
    row = expand(np.array(1), (1 << 16) + 15)
    weights = 1 << np.arange(16)
    states = np.lib.stride_tricks.sliding_window_view(row, 16) @ weights
    assert states[0] == states[-1] == 1
    assert len(set(states[:-1].tolist())) == (1 << 16) - 1


def test_rows_add_as_their_seeds_do() -> None:
    first, second = np.random.default_rng(0).integers(1, 1 << 16, (2, 100))
    assert np.array_equal(expand(first, 64) ^ expand(second, 64), expand(first ^ second, 64))
