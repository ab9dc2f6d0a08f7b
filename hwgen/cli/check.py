"""Commands that run a model: in simulation, or on a board."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hwgen import progress
from hwgen.cli.app import app
from hwgen.cli.common import (
    BaudOption,
    BuiltOption,
    Engine,
    JsonOption,
    MembersOption,
    OnOption,
    err,
    model_of,
    out,
    plan_of,
    print_json,
    test_sentences,
)
from hwgen.errors import HwgenError
from hwgen.places import port_rate


class Simulator(StrEnum):
    """What runs the circuit as software."""

    cxxrtl = "cxxrtl"
    icarus = "icarus"
    pysim = "pysim"


@app.command(epilog="hwgen sim sst2-small-5bit -n 100   |   hwgen sim toy --data demo --engine icarus --waves toy.fst")
def sim(
    model: Annotated[str, typer.Argument(help="Model folder or shipped model.")],
    data: Annotated[str | None, typer.Option("--data", help="Test sentences; made-up ones by default.")] = None,
    engine: Annotated[Simulator, typer.Option("--engine", help="What runs the circuit.")] = Simulator.cxxrtl,
    count: Annotated[int | None, typer.Option("-n", min=1, help="At most so many sentences.")] = None,
    waves: Annotated[Path | None, typer.Option("--waves", help="Write waves: VCD, with icarus FST.")] = None,
    circuit: Annotated[
        Engine | None,
        typer.Option(
            "--circuit",
            help="By default spatial, or folded: for lanes, or many weights.",
        ),
    ] = None,
    lanes: Annotated[int | None, typer.Option("--lanes", min=1, help="Of a folded circuit.")] = None,
    members: MembersOption = None,
    stall: Annotated[float, typer.Option("--stall", min=0, max=0.9, help="Chance that a stream pauses.")] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Run the circuit in simulation against the golden model, sentence by sentence."""
    from hwgen.flow.design import made_up_sentences
    from hwgen.graph import golden
    from hwgen.rtl.core import Core
    from hwgen.sim import cxxrtl, icarus, pysim
    from hwgen.sim.verify import first_mismatch
    from hwgen.sim.waves import require_waves, written_waves

    require_waves(waves)
    name, loaded = model_of(model)
    plan = plan_of(loaded, circuit, lanes, members)
    core = Core(loaded.graph, plan)
    sentences = test_sentences(loaded, data) if data else made_up_sentences(loaded.graph)
    sentences = sentences.head(count) if count else sentences
    with progress.shown(err, quiet=as_json) as shown:
        shown.step(f"{len(sentences)} sentences, {plan.name}, {engine.value}")
        if engine is Simulator.cxxrtl:
            compiled = cxxrtl.compile_core(core, waves=waves is not None, say=shown)
            with written_waves(waves) as place:
                results = compiled.run(sentences, stall=stall, waves=place)
        else:
            run = icarus.run if engine is Simulator.icarus else pysim.run
            with written_waves(waves) as place:
                results = run(core, sentences, stall=stall, waves=place)
    expected = golden.scores(loaded.graph, sentences)
    wrong = results.mismatches(expected)
    cycles = int(results.left[-1]) + 1
    mismatch = first_mismatch(core, sentences, results)
    if as_json:
        first = mismatch and dataclasses.asdict(mismatch)
        print_json({"model": name, "sentences": len(sentences), "wrong": len(wrong), "cycles": cycles, "first": first})
    elif mismatch is None:
        out.print(f"{len(sentences)} sentences: every score equals the golden model's ({cycles:,} cycles)")
    if mismatch is not None:
        raise HwgenError(f"{len(wrong)} of {len(sentences)} sentences differ; first: {mismatch}")


@app.command(epilog='hwgen classify "a moving , funny film"   |   hwgen classify --on /dev/ttyUSB1 < sentences.txt')
def classify(
    text: Annotated[str | None, typer.Argument(help="One sentence; or one a line from standard input.")] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="Model folder or shipped model.")] = "sst2-full-5bit",
    on: OnOption = "golden",
    baud: BaudOption = None,
    build: BuiltOption = None,
    as_json: JsonOption = False,
) -> None:
    """Classify sentences: class, margin, and the words that decided."""
    from hwgen.classify import classifier

    name, loaded = model_of(model)
    with ExitStack() as stack:
        with progress.shown(err, quiet=as_json) as shown:
            answer_to = stack.enter_context(classifier(loaded, on, port_rate(on, baud, build, name), shown))
        for sentence in _sentences(text):
            answer = answer_to(sentence)
            if as_json:
                print_json(answer.as_json(), indent=None)
            else:
                out.print(answer.line(), highlight=False, soft_wrap=True)


def _sentences(text: str | None) -> Iterator[bytes]:
    """The text as it was typed, or the lines of the standard input: bytes, whatever the locale."""
    from hwgen.text.lines import lines
    from hwgen.text.rows import check_length

    if text is not None:
        typed = os.fsencode(text)
        check_length(typed, "TEXT")
        yield typed
    elif sys.stdin is None:
        raise HwgenError("standard input is closed; give a sentence, or one a line from standard input")
    else:
        yield from lines(sys.stdin.buffer)
