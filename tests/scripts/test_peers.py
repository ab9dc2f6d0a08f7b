"""The circuits that hwgen is compared with compute what it computes."""

import numpy as np
import pytest
from comparison import page
from comparison.contenders import DA4ML, FOLDED, HWGEN, PLAIN, Contender, Design, eight_bits, of_kernel, of_model
from comparison.da4ml_sums import Da4mlSums
from comparison.flow import Source
from comparison.kernels import Kernel, KernelCore
from comparison.measure import _timed
from comparison.window import window_type

from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import Family
from hwgen.chips.xilinx7 import XILINX7
from hwgen.graph import golden
from hwgen.graph.golden import classes
from hwgen.graph.tensor import TensorType
from hwgen.sim.cxxrtl import CompiledCore, compile_core
from tests.random_graph import random_graph, random_sentences

KERNEL = Kernel.random(3, filters=3, taps=3, channels=4, zeros=0.3)


def named(contenders: list[Contender], kind: str, setting: str) -> Contender:
    (found,) = [each for each in contenders if (each.kind, each.setting) == (kind, setting)]
    return found


def compiled(design: Design) -> CompiledCore:
    return compile_core(design.core, family=design.cells, modules=design.modules)


@pytest.mark.parametrize(
    ("kind", "setting", "family"),
    [
        (HWGEN, "1 adder a stage", XILINX7),
        (DA4ML, "combinational", ECP5),
        (DA4ML, "latency cutoff 1", ECP5),
        (PLAIN, "no DSPs", ECP5),
        (FOLDED, "P = 1", ECP5),
    ],
)
def test_kernels_equal_golden(kind: str, setting: str, family: Family) -> None:
    """The whole kernel with pauses; and where stages do not stall, as many cycles as they say."""
    sentences = KERNEL.sentences(3000)
    expected = KERNEL.maxima(sentences)
    design = named(list(of_kernel(KERNEL)), kind, setting).make(family)
    circuit = compiled(design)
    if kind == FOLDED:
        expected = golden.apply(eight_bits(KERNEL), expected, sentences)
        assert len(np.unique(expected)) > 20
    assert np.array_equal(circuit.run(sentences, stall=0.3).scores, expected)
    timed = _timed(circuit, design)
    assert isinstance(design.core, KernelCore)
    if kind != FOLDED:
        convolution = design.core.stages["convolution"]
        assert timed["from_last"] == convolution.latency + 1  # type: ignore[attr-defined]
        assert timed["cycles_per_sentence"] == 19


def test_model_with_da4ml_sums_equals_golden() -> None:
    graph = random_graph(np.random.default_rng(5), filters=3, vocabulary=50)
    sentences = random_sentences(np.random.default_rng(6), graph, 60)
    circuit = compiled(named(list(of_model(graph)), DA4ML, "latency cutoff 2").make(ECP5))
    expected = golden.scores(graph, sentences)
    results = circuit.run(sentences, stall=0.3)
    assert np.array_equal(results.scores, expected)
    assert np.array_equal(results.labels, classes(expected))


def test_eight_bits_keep_the_extremes() -> None:
    requantise, sums = eight_bits(KERNEL), KERNEL.sums
    assert (requantise.apply(sums.low) == 0).all()
    assert (requantise.apply(sums.high) > 127).all()
    assert (requantise.apply(sums.high) <= 255).all()


def test_window_holds_zeros_before_the_first_token() -> None:
    window = window_type(TensorType(np.array([3]), np.array([5]), per_token=True), 2)
    assert window.low.tolist() == [3, 0]
    assert window.high.tolist() == [5, 5]


def test_what_is_measured_depends_on_the_modules() -> None:
    design = named(list(of_kernel(KERNEL)), DA4ML, "latency cutoff 1").make(ECP5)
    source = Source.of(design.top, ECP5, design.modules)
    assert sum(source.inputs.values()) == 4 * 5 + 2 + 1
    assert source.key("a") != source.key("b")
    assert Source(source.text, {}, source.inputs, source.outputs).key("a") != source.key("a")
    assert any(isinstance(stage, Da4mlSums) for stage in design.core.stages.values())


def test_floors_name_what_misses() -> None:
    def row(kind: str, luts: int, fmax: float, depth: int | None = 1) -> page.Row:
        return {
            "task": "k",
            "depth": depth,
            "kind": kind,
            "setting": "s",
            "xilinx": {"luts": luts},
            "ecp5": {"luts": luts},
            "fmax": fmax,
        }

    deeper = row(HWGEN, 70, 50.0, depth=2)  # not compared: it has fewer registers
    rows = [row(HWGEN, 80, 90.0), deeper, row(DA4ML, 100, 100.0), row(PLAIN, 500, 50.0, depth=None)]
    ((own, peer, shares),) = page.pairs(rows)
    assert (own["kind"], peer["kind"]) == (HWGEN, DA4ML)
    assert shares == {"xilinx": 0.8, "ecp5": 0.8, "fmax": 0.9}
    assert "**0.900**" in "\n".join(page._floors([own, peer]))
