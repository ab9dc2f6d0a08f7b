"""Who takes part, and the circuits each makes of a task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from comparison.da4ml_sums import Da4mlSums
from comparison.kernels import Bare, Kernel, KernelCore
from comparison.plain import PlainSums
from comparison.window import WindowSums
from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import GENERIC, Family
from hwgen.chips.xilinx7 import XILINX7
from hwgen.graph.graph import ConvolutionGraph
from hwgen.graph.nodes import MaxOverTime, Requantise
from hwgen.graph.tensor import Integers, TensorType
from hwgen.rtl import plan as circuits
from hwgen.rtl.chain import Stages
from hwgen.rtl.core import Core
from hwgen.rtl.decision.argmax import Argmax
from hwgen.rtl.lanes.folded_convolution import FoldedConvolution
from hwgen.rtl.max_over_time import RunningMaximum
from hwgen.rtl.plan import Plan
from hwgen.rtl.requantise import Requantiser
from hwgen.rtl.stages import stages
from hwgen.rtl.streams import result_stream, token_stream
from hwgen.rtl.sums.spatial_convolution import SpatialConvolution, window_matrix

HWGEN, DA4ML, PLAIN, FOLDED = "hwgen spatial", "da4ml", "plain", "hwgen folded"
KINDS = (HWGEN, DA4ML, PLAIN, FOLDED)
FAMILIES = (XILINX7, ECP5)


@dataclass(frozen=True)
class Design:
    """One contender's circuit for one task and family.

    Attributes:
        top: what is synthesised.
        core: the same stages as a core, which is simulated.
        modules: Verilog files of what the circuit's instances are.
        cells: the family whose own cells are in the circuit, if any.
        outside: cycles a token spends in `core` outside of `top`.
    """

    top: wiring.Component
    core: Core
    modules: Mapping[str, str] = field(default_factory=dict)
    cells: Family = GENERIC
    outside: int = 0


@dataclass(frozen=True)
class Contender:
    """A way to make a circuit.

    Attributes:
        kind: one of `KINDS`.
        setting: what it is made with.
        make: the circuit for a family.
        dsps: whether synthesis may take multipliers.
        note: of what its function differs in.
        depth: adders between two registers, where that is a setting: 0 for all of them.
    """

    kind: str
    setting: str
    make: Callable[[Family], Design]
    dsps: bool = False
    note: str = ""
    depth: int | None = None

    @property
    def name(self) -> str:
        return f"{self.kind}, {self.setting}"


DEPTHS = (1, 2, 3, 0)
"""Adders between two registers; 0: all of them, in one stage."""
PIPELINED = (1, 2)
"""Those of the shipped models, and of da4ml's sums with a plain maximum."""
LANES = (1, 8, 32, 64)


PLAIN_MAXIMUM = "plain maximum"
"""da4ml's matrix with a maximum whose comparison is left to synthesis, too."""


def _cutoff(cutoff: int, plain: bool = False) -> str:
    found = f"latency cutoff {cutoff}" if cutoff else "combinational"
    return f"{found}, {PLAIN_MAXIMUM}" if plain else found


def _adders(adders: int) -> str:
    return f"{adders} adder{'s' * (adders > 1)} a stage" if adders else "combinational"


def _between(adders: int) -> int:
    """Of a spatial engine; no graph is so deep."""
    return adders or 1 << 10


def of_kernel(kernel: Kernel) -> Iterator[Contender]:
    """Convolution and maximum."""
    matrix, nothing = window_matrix(kernel.node), np.zeros(kernel.node.filters, dtype=np.int64)

    def spatial(adders: int, family: Family) -> Design:
        convolution = SpatialConvolution(kernel.node, kernel.source, adders_per_stage=_between(adders), family=family)
        return _kernel_design(kernel, convolution, family, cells=_cells(family))

    def da4ml(cutoff: int, plain: bool, family: Family) -> Design:
        sums = Da4mlSums(matrix, nothing, kernel.source, name="da4ml_matrix", cutoff=cutoff)
        return _kernel_design(kernel, sums, GENERIC if plain else family, sums.modules)

    def plain(family: Family) -> Design:
        return _kernel_design(kernel, PlainSums(matrix, nothing, kernel.source), family)

    def folded(lanes: int, family: Family) -> Design:
        stage = FoldedConvolution(
            kernel.node,
            eight_bits(kernel),
            MaxOverTime(),
            kernel.source,
            lanes=lanes,
            family=family,
            multipliers=-(-lanes // 2),
        )
        return _design(kernel, {"convolution": stage}, stage.kind, cells=_cells(family, tables=True))

    for adders in DEPTHS:
        yield Contender(HWGEN, _adders(adders), partial(spatial, adders), depth=adders)
    for depth, plainly in (*((depth, False) for depth in DEPTHS), *((depth, True) for depth in PIPELINED)):
        yield Contender(DA4ML, _cutoff(depth, plainly), partial(da4ml, depth, plainly), depth=depth)
    yield Contender(PLAIN, "no DSPs", plain)
    yield Contender(PLAIN, "DSPs", plain, dsps=True)
    for lanes in LANES:
        if lanes <= kernel.node.filters:
            yield Contender(FOLDED, f"P = {lanes}", partial(folded, lanes), dsps=True, note="sums shifted to 8 bits")


def eight_bits(kernel: Kernel) -> Requantise:
    """The nearest to no requantiser that folded lanes have: each sum made positive and shifted until it has 8 bits."""
    sums = kernel.sums
    shift = np.array([max(int(span).bit_length() - 8, 0) for span in sums.high - sums.low])
    rounding = np.where(shift > 0, 1 << np.maximum(shift - 1, 0), 0)
    return Requantise(-sums.low - rounding, shift, 8, 0)


def _cells(family: Family, *, tables: bool = False) -> Family:
    """The families on which hwgen places cells itself; of ECP5's block RAMs, which `tables` take, there is no model."""
    return GENERIC if tables and family.block_ram_registers else family


def _kernel_design(
    kernel: Kernel,
    convolution: SpatialConvolution | WindowSums,
    family: Family,
    modules: Mapping[str, str] | None = None,
    cells: Family = GENERIC,
) -> Design:
    maximum = RunningMaximum(MaxOverTime(), convolution.kind, family=family)
    return _design(kernel, {"convolution": convolution, "maximum": maximum}, convolution.kind, modules, cells)


def _design(
    kernel: Kernel, stages: Stages, kind: TensorType, modules: Mapping[str, str] | None = None, cells: Family = GENERIC
) -> Design:
    per_sentence = TensorType(kind.low, kind.high, per_token=False)
    core = KernelCore(kernel, stages, per_sentence)
    return Design(Bare(stages, kernel.source, per_sentence), core, modules or {}, cells, KernelCore.LATENCY)


class PeerCore(Core):
    """A core whose sums are made in another way; everything else is hwgen's."""

    def __init__(self, graph: ConvolutionGraph, family: Family, sums: Callable[..., WindowSums]) -> None:
        embedded, _, activated, pooled, scored = graph.types()
        convolution = sums(
            window_matrix(graph.convolution), graph.requantise.offset, embedded, name="convolution_matrix"
        )
        dense = sums(graph.dense.weights[:, None], graph.dense.bias, pooled, name="dense_matrix")
        self.sums = (convolution, dense)
        plan = Plan.spatial(family=family, multiplexed=False)
        self.graph, self.plan, self.scores = graph, plan, scored
        self.stages = {
            "embedding": stages(graph, plan)["embedding"],
            "convolution": convolution,
            "requantise": Requantiser(graph.requantise, convolution.kind),
            "max_over_time": RunningMaximum(graph.pooling, activated, family=family),
            "dense": dense,
            "argmax": Argmax(scored),
        }
        wiring.Component.__init__(
            self, {"tokens": In(token_stream(graph.vocabulary)), "results": Out(result_stream(scored))}
        )


def of_model(graph: ConvolutionGraph) -> Iterator[Contender]:
    """The whole core: embedding, convolution, requantiser, maximum, dense layer and class."""

    def spatial(adders: int, family: Family) -> Design:
        core = Core(graph, Plan.spatial(_between(adders), family, multiplexed=False))
        return Design(core, core, cells=_cells(family, tables=True))

    def da4ml(cutoff: int, family: Family) -> Design:
        core = PeerCore(graph, family, lambda *given, **named: Da4mlSums(*given, **named, cutoff=cutoff))
        modules = {
            file: text for sums in core.sums if isinstance(sums, Da4mlSums) for file, text in sums.modules.items()
        }
        return Design(core, core, modules)

    def plain(family: Family) -> Design:
        core = PeerCore(graph, family, _plain)
        return Design(core, core)

    def folded(lanes: int, family: Family) -> Design:
        core = Core(graph, circuits.folded(graph, lanes, family, multipliers=lanes))
        return Design(core, core, cells=_cells(family, tables=True))

    for depth in PIPELINED:
        yield Contender(HWGEN, _adders(depth), partial(spatial, depth), depth=depth)
    for depth in PIPELINED:
        yield Contender(DA4ML, _cutoff(depth), partial(da4ml, depth), depth=depth)
    yield Contender(PLAIN, "no DSPs", plain)
    yield Contender(PLAIN, "DSPs", plain, dsps=True)
    for lanes in LANES:
        if lanes <= graph.convolution.filters:
            yield Contender(FOLDED, f"P = {lanes}", partial(folded, lanes), dsps=True)


def _plain(matrix: Integers, constants: Integers, source: TensorType, **_: Any) -> PlainSums:
    return PlainSums(matrix, constants, source)
