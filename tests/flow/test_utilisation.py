"""A netlist is counted as yosys counts it."""

import json
from pathlib import Path

from hwgen import tools
from hwgen.chips.ecp5 import ECP5
from hwgen.flow.utilisation import Utilisation, of_netlist

VERILOG = """
module part(input clk, input [7:0] a, output reg [7:0] q); always @(posedge clk) q <= q + a; endmodule
module top(input clk,
  input [7:0] a, input [8:0] at, input [15:0] d, output [7:0] q, output [7:0] r, output reg [15:0] o);
  part one(clk, a, q);
  part two(clk, ~a, r);
  reg [15:0] memory [511:0];
  always @(posedge clk) begin if (a[0]) memory[at] <= d; o <= memory[at ^ 9'h55]; end
endmodule
"""


def test_cells_of_every_instance_are_counted_and_models_are_not(tmp_path: Path) -> None:
    (tmp_path / "top.v").write_text(VERILOG)
    script = "read_verilog top.v; synth_ecp5 -noflatten -top top -json top.json; tee -q -o stat.json stat -json"
    tools.run_yosys(script, tmp_path, "for a test")
    counted = of_netlist(tmp_path / "top.json", ECP5)
    cells = json.loads((tmp_path / "stat.json").read_text())["design"]["num_cells_by_type"]
    assert counted == Utilisation.of_cells(cells, ECP5)
    assert counted.ffs >= 16 and counted.brams == 1 and counted.luts >= 16
