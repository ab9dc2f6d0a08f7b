"""Long rows of random-looking bits from short seeds: a linear-feedback shift register.

Each bit behind the first 16 is the exclusive-or of those 16, 14, 13 and 11 places before it, which goes through all
65,535 seeds but zero before it repeats. The exclusive-or of two rows is the row of two seeds' exclusive-or, so that
rows of different seeds differ as often as random ones do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SEED_BITS = 16
TAPS = (16, 14, 13, 11)
"""How many places back the bits are that make the next one: a primitive polynomial of degree 16."""


def seed_bits(length: int) -> int:
    """Bits of the seed of a row of so many."""
    return min(length, SEED_BITS)


def expand(seeds: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Rows of bits ``(..., length)`` of seeds ``(...)``; a row begins with its seed, the lowest bit first."""
    bits = [(seeds >> place) & 1 for place in range(seed_bits(length))]
    while len(bits) < length:
        bits.append(np.bitwise_xor.reduce([bits[-tap] for tap in TAPS]))
    return np.stack(bits, axis=-1)
