"""What decides how much of a part a component takes: counts that are known before any tool runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import singledispatch

import numpy as np
from amaranth.lib import wiring

from hwgen.chips.family import ChipFamily
from hwgen.graph.tensor import Integers, TensorType, width_of
from hwgen.rtl.binary.binary_convolution import BinaryConvolution
from hwgen.rtl.binary.binary_dense import FoldedBinaryDense
from hwgen.rtl.chain import Chain
from hwgen.rtl.core import RESULT_BUFFER_DEPTH, Core
from hwgen.rtl.decision.argmax import Argmax
from hwgen.rtl.decision.ballot import Ballot
from hwgen.rtl.decision.folded_argmax import FoldedArgmax
from hwgen.rtl.decision.side_by_side import SideBySide
from hwgen.rtl.hypervector.hypervector_encoder import HypervectorEncoder
from hwgen.rtl.hypervector.item_memory import ItemMemory
from hwgen.rtl.hypervector.patch_convolution import PatchConvolver
from hwgen.rtl.lanes.folded_convolution import FoldedConvolution
from hwgen.rtl.lanes.folded_dense import FoldedDense
from hwgen.rtl.lanes.mac_array import MacArray
from hwgen.rtl.lanes.row_rom import LOGIC_ROWS
from hwgen.rtl.lanes.window import WindowMemory
from hwgen.rtl.max_over_time import RunningMaximum
from hwgen.rtl.requantise import Requantiser
from hwgen.rtl.sums.multiplier import digits, signed_width
from hwgen.rtl.sums.spatial_convolution import SpatialConvolution
from hwgen.rtl.sums.spatial_dense import SpatialDense
from hwgen.rtl.table.embedding import EmbeddingReader, EmbeddingRom, row_bits
from hwgen.rtl.table.packing import pack
from hwgen.rtl.table.rom import ROM_LATENCY
from hwgen.rtl.table.spram_embedding import SpramEmbedding

LOGIC_DEPTH = 64
"""Rows of a memory, that is free to be made of anything, from which on synthesis puts it in block RAM."""


@dataclass(frozen=True)
class Part:
    """A component, or a share of one, as the resource model sees it.

    Attributes:
        kind: of components that share their coefficients.
        features: how often each thing is in it that costs tables or flip-flops.
        brams, dsps, sprams: that it takes; half a block RAM is a half.
    """

    kind: str
    features: Mapping[str, float]
    brams: float = 0
    dsps: float = 0
    sprams: float = 0


def parts(core: Core, family: ChipFamily) -> list[Part]:
    """Of a core and the shell around it."""
    listed = [shell(core.scores, core.graph.classes, family)]
    if core.plan.never_stalls:
        listed.append(buffer(core.scores, family))
    if core.stored is not None:
        listed.append(Part("loader", {"once": 1}))
    for component in core.stages.values():
        listed += parts_of(component, family)
    return listed


def shell(scores: TensorType, classes: int, family: ChipFamily) -> Part:
    """Serial line and protocol."""
    return Part("shell", {"once": 1, "score_bits": scores.width * classes}, brams=_blocks(512, 8, family))


def buffer(scores: TensorType, family: ChipFamily) -> Part:
    """Results that wait in a core that never stalls."""
    width = scores.width * scores.channels
    brams = 0 if family.distributed_memory else _blocks(RESULT_BUFFER_DEPTH, width, family)
    return Part("buffer", {"once": 1, "score_bits": width}, brams=brams)


@singledispatch
def parts_of(component: wiring.Component, family: ChipFamily) -> Iterator[Part]:
    """Of one stage of a core."""
    raise TypeError(f"no resource model for {type(component).__name__}")


@parts_of.register
def _(component: EmbeddingRom, family: ChipFamily) -> Iterator[Part]:
    width = row_bits(component.node)
    packing = component.packing or pack(component.node.vocabulary, width, family.block_ram_kbit)
    registers = component.latency - ROM_LATENCY + (not family.block_ram_registers)  # those are free
    features = {"once": 1, "chosen_bits": packing.multiplexers, "flip_flops": width * registers}
    yield Part("table", features, brams=packing.blocks)


@parts_of.register
def _(component: EmbeddingReader, family: ChipFamily) -> Iterator[Part]:
    registers = component.latency - ROM_LATENCY
    yield Part("table", {"once": 1, "chosen_bits": 0, "flip_flops": row_bits(component.node) * registers})


@parts_of.register
def _(component: SpramEmbedding, family: ChipFamily) -> Iterator[Part]:
    yield Part("spram", {"once": 1, "row_bits": row_bits(component.node)}, sprams=component.layout.blocks)


@parts_of.register(SpatialConvolution)
@parts_of.register(SpatialDense)
def _(component: SpatialConvolution | SpatialDense, family: ChipFamily) -> Iterator[Part]:
    graph, placement, source = component.graph, component.placement, component.source
    lows, highs = graph.intervals(source)
    added, adders, negated, kept = 0, 0, 0, 0
    for node, each in enumerate(graph.sums, start=graph.inputs):
        if len(each.operands) > 1 and (bits := _width(lows[node], highs[node]) - each.start) > 0:
            added, adders = added + bits, adders + 1
            negated += bits if any(term.negate for term in each.terms) else 0
            kept += bits if any(place[1] == 0 for place in placement.registers[node]) else 0
    flip_flops = placement.flip_flops(source)
    features = {
        "adders": adders,
        "added_bits": added,
        "negated_bits": negated,
        "kept_bits": kept,
        "flip_flops": flip_flops,
        "stages": component.latency,
    }
    yield Part("adders", features)


@parts_of.register
def _(component: Requantiser, family: ChipFamily) -> Iterator[Part]:
    kept, tested = 0, 0
    for channel, shift in enumerate(component.node.shift.tolist()):
        width, is_signed = width_of(int(component.source.low[channel]), int(component.source.high[channel]))
        magnitude = max(width - is_signed - shift, 0)
        kept += min(magnitude, component.node.bits)
        tested += max(magnitude - component.node.bits, 0) + is_signed
    yield Part("requantise", {"kept_bits": kept, "tested_bits": tested})


@parts_of.register
def _(component: RunningMaximum, family: ChipFamily) -> Iterator[Part]:
    widths = _widths(component.source.low, component.source.high)
    yield Part("maximum", {"channels": len(widths), "bits": sum(widths)})


@parts_of.register
def _(component: FoldedConvolution, family: ChipFamily) -> Iterator[Part]:
    yield lanes(component.array, family)
    units, bits = component.schedule.units, component.requantise.bits
    kept = bits * len(component.schedule.filters) * (1 + component.copied)
    tested = sum(component.array.widths) - bits * len(units)
    shifts = [component.requantise.shift[list(unit.filters)] for unit in units]
    shifted = sum(bits * (len(set(own.tolist())) - 1) for own in shifts)
    features = {"kept_bits": kept, "units": len(units), "tested_bits": max(tested, 0), "shifted_bits": shifted}
    yield Part("rings", features)


@parts_of.register
def _(component: FoldedDense, family: ChipFamily) -> Iterator[Part]:
    yield lanes(component.array, family)
    yield Part("scores", {"once": 1, "kept_bits": component.kind.width * component.node.classes})


def lanes(array: MacArray, family: ChipFamily) -> Part:
    """Of multiply-accumulate lanes, with the window and the ROM that they read."""
    schedule, window = array.schedule, array.window
    bits = window.shape.width
    shared = {lane for lanes in array.shared for lane in lanes}
    feeding = Counter(feed for unit in schedule.units for feed, _ in unit.feeds)
    products, added, terms = 0, 0, 0
    for lane in range(len(schedule.lanes)):
        weights, operand = (signed_width(each) for each in array.factors(lane))
        used = {product.weight for product in schedule.lanes[lane] if product}
        if len(used) == 1:
            added += (len(digits(used.pop())) - 1) * (weights + operand)
        elif lane not in shared:
            products += weights * operand
        terms += (weights + operand) * feeding[lane]
    summed = sum(
        width * len(unit.feeds) for width, unit in zip(array.widths, schedule.units, strict=True)
    )  # the accumulator is one of them
    paired = sum(sum(array.pair(*both).widths) for both in array.shared if len(both) == 2 and array.packs)
    stored, marks = array.control
    memory = isinstance(window, WindowMemory)
    brams = 0.0
    if memory:
        brams += len(schedule.lanes) * _blocks(1 << window.slot_bits + window.channel_bits, bits, family)
    if in_block := schedule.period > LOGIC_ROWS:
        brams += _rows(schedule.period, stored, family)
    vectors = (1 if memory else window.ages + 1) * array.source.channels
    features = {
        "once": 1,
        "product_bits": products,
        "paired_bits": paired,
        "added_bits": added + summed,
        "term_bits": terms,
        "chosen_bits": 0 if memory else bits * sum(len(own) - 1 for own in window.lanes),
        "memories": len(schedule.lanes) if memory else 0,
        "logic_columns": 0 if in_block else stored,
        "marks": marks,
        "vector_bits": vectors * bits,
    }
    return Part("lanes", features, brams=brams, dsps=_multipliers(array, family))


def _multipliers(array: MacArray, family: ChipFamily) -> float:
    """Of the part's own."""
    if family.multipliers_per_lane is None:
        return len(array.shared)
    return sum(family.multipliers_per_lane * len(lanes) for lanes in array.shared)


def _rows(period: int, stored: int, family: ChipFamily) -> float:
    """Block RAMs of a `RowRom`."""
    blocks = family.row_rom_blocks(period, stored)
    return _blocks(period, stored, family) if blocks is None else blocks


@parts_of.register
def _(component: BinaryConvolution, family: ChipFamily) -> Iterator[Part]:
    size = component.width * component.channels
    planes, counter, node = len(component.planes), component.counters[0][0], component.node
    wired = component.rows == 1  # then only the bits that a filter uses are counted, and weights cost no table
    counters = component.lanes * planes * (node.taps / (node.filters * component.width) if wired else 1)
    row = component.lanes * (size + component.width)
    limits = component.lanes * (component.limit.width + component.width)
    columns = 0 if (deep := component.rows > LOGIC_DEPTH) else component.columns
    features = {
        "once": 1,
        "lanes": component.lanes,
        "counting_cells": counters * counter.cells,
        "counting_flip_flops": counters * counter.flip_flops,
        "differing_bits": 0 if wired else component.products,
        "limit_bits": component.lanes * component.limit.width,
        "window_bits": component.groups * size * planes,
        "turned_bits": component.groups * size * planes if component.groups > 1 else 0,
        "filters": node.filters,
        "columns": columns,
        "column_tables": columns * -(-component.rows // (1 << family.table_inputs)),
    }
    brams = _blocks(component.rows, row, family) + _blocks(component.rows, limits, family) if deep else 0
    yield Part("popcounts", features, brams=brams)


@parts_of.register
def _(component: HypervectorEncoder, family: ChipFamily) -> Iterator[Part]:
    node, lanes, passes = component.node, component.lanes, component.passes
    kinds = len(node.sizes) + node.words
    items = ItemMemory(node, passes)
    seeds = node.item_bits // items.depth
    deep = items.depth > LOGIC_DEPTH
    features = {
        "once": 1,
        "counter_bits": lanes * component.counter_bits,
        "ngram_bits": lanes * kinds,
        "window_bits": lanes * (max(node.sizes, default=1) - 1 + node.words),
        "expanded_bits": lanes - seeds,
        "table_bits": 0 if deep else seeds * -(-items.depth // 16),
    }
    brams = (_blocks(items.depth, seeds, family) if deep else 0) + (
        _blocks(node.longest, 8, family) if passes > 1 else 0
    )
    yield Part("encoder", features, brams=brams)


@parts_of.register
def _(component: PatchConvolver, family: ChipFamily) -> Iterator[Part]:
    bits, counters, small = component.kind.channels, component.counters, component.node.patch <= 4
    features = {
        "flip_flops": bits,
        "counting_cells": bits * counters[0][0].cells if counters else 0,
        "counting_flip_flops": bits * counters[0][0].flip_flops if counters else 0,
        "single_tables": bits if small else 0,
        "paired_tables": 0 if small or counters else bits,
    }
    yield Part("patches", features)


@parts_of.register
def _(component: FoldedBinaryDense, family: ChipFamily) -> Iterator[Part]:
    depth, classes = component.pieces * component.node.classes, component.node.classes
    width = component.lanes + component.kind.width + (not component.kind.signed)
    deep = depth > LOGIC_DEPTH
    features = {
        "once": 1,
        "counting_cells": component.popcount.cells,
        "counting_flip_flops": component.popcount.flip_flops,
        "differing_bits": component.lanes,
        "score_bits": classes * component.kind.width,
        "table_bits": 0 if deep else width * -(-depth // 16),
    }
    yield Part("binary_dense", features, brams=_blocks(depth, width, family) if deep else 0)


@parts_of.register
def _(component: Argmax, family: ChipFamily) -> Iterator[Part]:
    width, classes = component.source.width, component.source.channels
    features = {"compared_bits": (classes - 1) * width, "kept_bits": component.latency * classes * width}
    yield Part("argmax", features)


@parts_of.register
def _(component: FoldedArgmax, family: ChipFamily) -> Iterator[Part]:
    yield Part("folded_argmax", {"once": 1, "chosen_bits": component.source.channels * component.source.width})


@parts_of.register
def _(component: Ballot, family: ChipFamily) -> Iterator[Part]:
    chosen = component.source.channels * component.source.width
    votes = component.node.classes * component.kind.width
    yield Part("ballot", {"once": 1, "chosen_bits": chosen, "vote_bits": votes})


@parts_of.register
def _(component: SideBySide, family: ChipFamily) -> Iterator[Part]:
    votes = component.node.classes * len(component.members)
    yield Part("side_by_side", {"once": 1, "votes": votes})
    for member in component.members:
        assert isinstance(member, Chain)
        for stage in member.stages.values():
            yield from parts_of(stage, family)


def _blocks(depth: int, width: int, family: ChipFamily) -> float:
    return pack(depth, width, family.block_ram_kbit).blocks


def _width(low: np.int64, high: np.int64) -> int:
    return width_of(int(low), int(high))[0]


def _widths(lows: Integers, highs: Integers) -> list[int]:
    return [_width(low, high) for low, high in zip(lows, highs, strict=True)]
