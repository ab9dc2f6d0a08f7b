import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.chips import families
from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import GENERIC, Family
from hwgen.chips.gowin import GOWIN
from hwgen.chips.ice40 import ICE40
from hwgen.chips.xilinx7 import XILINX7
from hwgen.errors import HwgenError
from hwgen.rtl.binary.compressor import Compressor

FAMILIES = (GENERIC, *families.FAMILIES.values())


@given(st.sampled_from(FAMILIES), st.lists(st.booleans(), min_size=1, max_size=300))
def test_counts_ones(family: Family, ones: list[bool]) -> None:
    assert Compressor.of(len(ones), family).count(ones) == sum(ones)


@pytest.mark.parametrize("family", FAMILIES, ids=str)
@pytest.mark.parametrize("inputs", [*range(1, 40), 255, 256, 1000, 1024, 8192])
def test_all_ones_and_none(family: Family, inputs: int) -> None:
    plan = Compressor.of(inputs, family)
    assert len(plan.result) == plan.width == inputs.bit_length()
    assert plan.count([1] * inputs) == inputs
    assert plan.count([0] * inputs) == 0


@given(st.sampled_from(FAMILIES), st.integers(1, 600))
def test_every_bit_is_used_once_and_only_after_its_level(family: Family, inputs: int) -> None:
    """What is not part of the count has gone into exactly one adder."""
    plan = Compressor.of(inputs, family)
    known, used = set(range(inputs)), list(plan.result)
    for level in plan.levels:
        for adder in level:
            assert known.issuperset(adder.inputs)
            used += adder.inputs
        known |= {output for adder in level for output in adder.outputs}
    assert len(used) == len(set(used))
    assert set(used) == known


@pytest.mark.parametrize(("family", "most"), [(XILINX7, 0.75), (ECP5, 1.35), (ICE40, 1.5), (GOWIN, 1.5)])
@pytest.mark.parametrize("inputs", [64, 256, 1024])
def test_stays_small(family: Family, most: float, inputs: int) -> None:
    """Outside a chain a full adder is one table on 7-series and two elsewhere, where a chain's end takes one too."""
    adders = [adder for level in Compressor.of(inputs, family).levels for adder in level]
    if family == XILINX7:
        tables = sum(adder.cells or 1 for adder in adders)
    else:
        tables = sum(adder.cells + adder.ends_in_carry if adder.atoms else 2 for adder in adders)
    assert tables <= most * inputs


def test_refuses_nonsense() -> None:
    with pytest.raises(HwgenError, match="popcount: 0 inputs"):
        Compressor.of(0, ECP5)
