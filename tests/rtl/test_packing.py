import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.rtl.table.packing import SHAPES, pack, whole


@settings(deadline=None)
@given(st.integers(1, 40_000), st.integers(1, 100), st.sampled_from(sorted(SHAPES)), st.booleans())
def test_every_bit_has_one_place(depth: int, width: int, kilobits: int, multiplexed: bool) -> None:
    packing = pack(depth, width, kilobits, multiplexed=multiplexed)
    assert sum(rows for rows, _ in packing.layers) == depth
    for rows, stacks in packing.layers:
        assert sum(stack.columns for stack in stacks) == width
        for stack in stacks:
            shape = next(
                shape for shape in SHAPES[kilobits] if (shape.rows, shape.blocks) == (stack.rows, stack.blocks)
            )
            assert stack.columns <= shape.columns
            assert (stack.parts - 1) * stack.rows < rows <= stack.parts * stack.rows
    assert packing.blocks * kilobits * 1024 >= depth * width
    assert pack(depth, width, kilobits).blocks <= packing.blocks


@pytest.mark.parametrize(
    ("depth", "width", "kilobits", "blocks", "without"),
    [
        (8192, 80, 18, 36, 40),
        (8192, 80, 36, 18, 20),
        (3072, 20, 4, 15, 15),  # a layer of 2,048 rows, one of 1,024
        (5000, 45, 36, 6.5, 11.5),
        (700, 37, 18, 3, 3),
    ],
)
def test_fewest_blocks(depth: int, width: int, kilobits: int, blocks: float, without: float) -> None:
    assert pack(depth, width, kilobits).blocks == blocks
    assert pack(depth, width, kilobits, multiplexed=False).blocks == without


def test_no_multiplexer_where_a_shape_is_as_deep() -> None:
    assert pack(8192, 80, 18).multiplexers > 0
    assert pack(8192, 80, 18, multiplexed=False).multiplexers == 0
    assert whole(8192, 80).multiplexers == 0


def test_a_table_as_deep_as_the_weights_of_the_most_classes() -> None:
    assert pack(1 << 20, 5, 4).blocks == 1536
