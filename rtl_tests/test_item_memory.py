import numpy as np
import pytest
from amaranth.sim import Simulator, SimulatorContext

from hwgen.rtl.hypervector.item_memory import ItemMemory
from tests.random_graph import random_hypervector


@pytest.mark.parametrize(("block", "passes"), [(4, 1), (16, 2), (17, 4), (64, 1), (64, 4)])
def test_every_part_of_every_symbol(block: int, passes: int) -> None:
    node = random_hypervector(np.random.default_rng(block), dimension=4 * block, block=block)
    memory = ItemMemory(node, passes)
    parts = node.items.reshape(node.symbol_count, passes, memory.lanes)

    async def bench(ctx: SimulatorContext) -> None:
        rows = list(np.random.default_rng(0).permutation(memory.depth))
        ctx.set(memory.enable, 1)
        for number in range(len(rows) + memory.LATENCY - 1):
            ctx.set(memory.row, int(rows[min(number, len(rows) - 1)]))
            await ctx.tick()
            if number + 1 >= memory.LATENCY:
                which, symbol = divmod(int(rows[number + 1 - memory.LATENCY]), node.symbol_count)
                expected = parts[symbol, which].tolist()
                assert ctx.get(memory.item) == sum(bit << place for place, bit in enumerate(expected))
        held = ctx.get(memory.item)
        ctx.set(memory.enable, 0)
        ctx.set(memory.row, 0)
        await ctx.tick().repeat(3)
        assert ctx.get(memory.item) == held

    simulator = Simulator(memory)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
