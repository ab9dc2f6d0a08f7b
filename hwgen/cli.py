"""The command line: thin commands around the packages that do the work."""

from __future__ import annotations

import dataclasses
import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from amaranth.hdl import UnusedElaboratable
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from hwgen.errors import HwgenError
from hwgen.flow.report import Report
from hwgen.graph.golden import Sentences
from hwgen.model import Model
from hwgen.rtl import plan as circuits
from hwgen.rtl.plan import AnyPlan, Members

app = typer.Typer(
    name="hwgen",
    help="Labelled text in, a compressed classifier on a cheap FPGA out.",
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)
bench = typer.Typer(help="Measure, and draw what was measured.", rich_markup_mode="rich")
app.add_typer(bench, name="bench")
# In a pipe or a log there is no width to keep to.
LOG_WIDTH = 120


def _console(*, stderr: bool = False) -> Console:
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=LOG_WIDTH)


out, err = _console(), _console(stderr=True)


class Engine(StrEnum):
    """Which engine serves the layers."""

    spatial = "spatial"
    folded = "folded"


class Simulator(StrEnum):
    """What runs the circuit as software."""

    cxxrtl = "cxxrtl"
    icarus = "icarus"
    pysim = "pysim"


class Format(StrEnum):
    """What `hwgen export` writes."""

    verilog = "verilog"


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
BitsOption = Annotated[int, typer.Option("--bits", min=1, max=8, help="Bits of weights and activations.")]
BoardOption = Annotated[str, typer.Option("--board", "-b", help="A listed board, or the path of a board file.")]
ModelOption = Annotated[
    str | None, typer.Option("--model", "-m", help="Model folder or shipped model; by default the board's shipped one.")
]
EngineOption = Annotated[
    Engine | None,
    typer.Option(
        "--engine", help="Of every layer: weights as wires, or lanes that read a ROM; by default what fits best."
    ),
]
TargetOption = Annotated[
    float | None,
    typer.Option("--target", min=1, help="Sentences a second at the board's clock: the cheapest that reaches them."),
]
LanesOption = Annotated[int | None, typer.Option("--lanes", min=1, help="Force a folded engine of so many lanes.")]
MembersOption = Annotated[
    Members | None,
    typer.Option("--members", help="Of an ensemble: on one engine, or an engine each; by default whichever suits."),
]


def main() -> None:
    """Entry point: one line and exit code 2 for what the user can mend."""
    # Estimates make components that are never elaborated.
    warnings.simplefilter("ignore", UnusedElaboratable)
    try:
        sys.exit(app(sys.argv[1:] or ["--help"], standalone_mode=False))
    except HwgenError as error:
        _complain(str(error))
    except typer.TyperException as error:
        _complain(f"{error.format_message().rstrip('.')}; see hwgen --help, or hwgen COMMAND --help")
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)


def _complain(problem: str) -> NoReturn:
    err.print(f"[bold red]hwgen:[/] {escape(problem)}", highlight=False, soft_wrap=True)
    sys.exit(2)


@app.command(
    epilog="hwgen train demo -o toy   |   hwgen train sst2-full --data DIR --bits 4 --set pruned.sparsity=0.9 -o model"
)
def train(
    recipe: Annotated[
        str | None,
        typer.Argument(help="Shipped recipe or TOML file; by default sst2-full, or sst2-binary for one bit."),
    ] = None,
    data: Annotated[str, typer.Option("--data", help="Folder of TSV or CSV splits, public set, or `demo`.")] = "demo",
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write the model to.")] = Path("model"),
    bits: Annotated[
        int | None, typer.Option("--bits", min=1, max=8, help="Of weights and activations; by default the recipe's.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of everything random.")] = 0,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Override a recipe's field: section.field=value.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train, factorise, prune and quantise a classifier; shows every stage."""
    with _training_extra():
        from hwgen.compress import card, progress, recipes, report
        from hwgen.compress.run import run
    from hwgen import shipped
    from hwgen.text import datasets

    recipe = recipe or ("sst2-binary" if bits == 1 else "sst2-full")
    chosen = recipes.override(recipes.load(shipped.recipe_path(recipe)), settings or [])
    Model.check_target(output)
    dataset = datasets.load(data, seed, holdout=chosen.data.holdout)
    with progress.reporter(err) as reporter:
        model = run(chosen, dataset, bits, seed, reporter)
    stages = report.stages_of(model.record)
    model.save(output)
    overrides = "".join(f" --set {setting}" for setting in settings or [])
    card.write_card(model, output, f"hwgen train {recipe} --data {data} --bits {model.bits} --seed {seed}{overrides}")
    if as_json:
        _print_json({"model": str(output), "stages": [stage.as_dict() for stage in stages], "record": model.record})
    else:
        out.print(report.stage_table(stages, toy=dataset.toy))
        out.print(f"model: {output}")


@bench.command(
    epilog="hwgen bench accuracy --data sets/trec --data sets/mr --bits 2-8 -o results   |   "
    "hwgen bench accuracy --data sets/trec --sweep pruned.sparsity=0.5,0.8,0.9 -o results"
)
def accuracy(
    data: Annotated[list[str], typer.Option("--data", help="Folder or public set; may be given several times.")],
    recipe: Annotated[
        list[str] | None, typer.Option("--recipe", help="Shipped recipe or TOML file; may be given several times.")
    ] = None,
    bits: Annotated[str, typer.Option("--bits", help="Widths: 5, or 2-8, or 3,5,8.")] = "5",
    seeds: Annotated[int, typer.Option("--seeds", help="Trainings of a set with a test split.")] = 3,
    folds: Annotated[int, typer.Option("--folds", help="Of the ten folds of a set without one, how many.")] = 10,
    sweep: Annotated[
        list[str] | None, typer.Option("--sweep", help="Values of a recipe's field: section.field=value,value,...")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Override a recipe's field: section.field=value.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the runs and pictures.")] = Path("results"),
    workers: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Trainings at a time, a core each.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Train sets x recipes x seeds x bits, and draw accuracy against bits, memory and sparsity.

    Every run is a line of runs.jsonl in the output folder. What is there already is not run again, so a killed
    measurement goes on where it was.
    """
    with _training_extra():
        from hwgen.bench import plots, summary
        from hwgen.bench.accuracy import measure
        from hwgen.bench.matrix import jobs, parse_bits
        from hwgen.compress import recipes
    from hwgen import shipped

    plans = [
        recipes.override(recipes.load(shipped.recipe_path(name)), settings or []) for name in recipe or ["sentences"]
    ]
    matrix = jobs(data, plans, parse_bits(bits), seeds, folds, sweep or [])
    with _counter(sum(len(job.bits) for job in matrix), as_json) as say:
        runs = measure(matrix, output / "runs.jsonl", workers, say)
    found = summary.groups(runs)
    drawn = plots.draw(found, output)
    (output / "README.md").write_text(f"# Accuracy\n\n{summary.table(found)}", encoding="utf-8")
    if as_json:
        _print_json(runs)
    else:
        out.print(summary.rich_table(found))
        out.print(f"{output}: runs.jsonl, README.md and {len(drawn)} pictures")


@app.command(epilog="hwgen build --bits 5 --board ulx3s   |   hwgen build --board my_board.toml --model toy -o out")
def build(
    board: BoardOption,
    bits: BitsOption = 5,
    model: ModelOption = None,
    fit: Annotated[
        bool,
        typer.Option("--fit", help="Engine, lanes and pipelining of each layer: the fastest that fits. The default."),
    ] = False,
    target: TargetOption = None,
    engine: EngineOption = None,
    lanes: LanesOption = None,
    members: MembersOption = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder; default build/BOARD-MODEL.")] = None,
    data: Annotated[str | None, typer.Option("--data", help="Check on this set's test sentences instead.")] = None,
    clock: Annotated[
        float | None,
        typer.Option("--clock", min=1, help="MHz that the routed circuit shall reach; default the board's."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the placer.")] = 1,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Place with so many, keep the fastest.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Generate the circuit, check it against the golden model, and make the bitstream."""
    from hwgen.flow import board as boards
    from hwgen.flow.design import build_design

    if fit and (engine is not None or lanes is not None):
        raise HwgenError("--fit chooses engine and lanes; leave out --engine and --lanes, or --fit")
    chosen = boards.load(board)
    name, loaded = _model(model, chosen.size(bits), bits)
    folder = output or Path("build") / f"{chosen.name}-{name}"
    with _speaker(as_json) as say:
        report: Report = build_design(
            loaded,
            name,
            chosen,
            folder,
            engine=engine and engine.value,
            lanes=lanes,
            members=members,
            target=target,
            clock=None if clock is None else clock * 1e6,
            seeds=range(seed, seed + seeds),
            sentences=_test_sentences(loaded, data) if data else None,
            say=say,
        )
    if as_json:
        _print_json(report.as_json())
    else:
        out.print(report.table(folder))


@app.command(epilog="hwgen explore --board ulx3s   |   hwgen explore --board icebreaker --model toy --target 20000")
def explore(
    board: BoardOption,
    bits: BitsOption = 5,
    model: ModelOption = None,
    target: TargetOption = None,
    engine: EngineOption = None,
    members: MembersOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="PNG, SVG or PDF; default build/explore-BOARD-MODEL.png.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a board offers a model: area against throughput by estimate, and what would be built."""
    from hwgen.flow import board as boards
    from hwgen.flow.design import explored
    from hwgen.flow.explore import require_picture

    chosen = boards.load(board)
    name, loaded = _model(model, chosen.size(bits), bits)
    path = output or Path("build") / f"explore-{chosen.name}-{name}.png"
    require_picture(path)
    found = explored(loaded, name, chosen, engine and engine.value, members, target)
    found.draw(path)
    if as_json:
        _print_json(found.as_json() | {"picture": str(path)})
    else:
        out.print(found.table())
        out.print(f"picture: {path}")


@app.command(epilog="hwgen sim sst2-small-5bit -n 100   |   hwgen sim toy --data demo --engine icarus --waves toy.fst")
def sim(
    model: Annotated[str, typer.Argument(help="Model folder or shipped model.")],
    data: Annotated[str | None, typer.Option("--data", help="Test sentences; made-up ones by default.")] = None,
    engine: Annotated[Simulator, typer.Option("--engine", help="What runs the circuit.")] = Simulator.cxxrtl,
    count: Annotated[int | None, typer.Option("-n", min=1, help="At most so many sentences.")] = None,
    waves: Annotated[Path | None, typer.Option("--waves", help="Write waves: VCD, with icarus FST.")] = None,
    circuit: Annotated[str, typer.Option("--circuit", help="spatial, or folded.")] = "spatial",
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

    name, loaded = _model(model)
    if circuit not in ("spatial", "folded"):
        raise HwgenError(f"--circuit: {circuit!r} is not one of spatial, folded")
    plan = _plan(loaded, circuit == "folded", lanes, members)
    core = Core(loaded.graph, plan)
    sentences = _test_sentences(loaded, data) if data else made_up_sentences(loaded.graph)
    sentences = sentences.head(count) if count else sentences
    with _speaker(as_json) as say:
        say(f"{len(sentences)} sentences, {plan.name}, {engine.value}")
        if engine is Simulator.cxxrtl:
            compiled = cxxrtl.compile_core(core, waves=waves is not None, say=say)
            results = compiled.run(sentences, stall=stall, waves=waves)
        else:
            run = icarus.run if engine is Simulator.icarus else pysim.run
            results = run(core, sentences, stall=stall, waves=waves)
    expected = golden.scores(loaded.graph, sentences)
    wrong = results.mismatches(expected)
    cycles = int(results.left[-1]) + 1
    mismatch = first_mismatch(core, sentences, results)
    if as_json:
        found = mismatch and dataclasses.asdict(mismatch)
        _print_json({"model": name, "sentences": len(sentences), "wrong": len(wrong), "cycles": cycles, "first": found})
    elif mismatch is None:
        out.print(f"{len(sentences)} sentences: every score equals the golden model's ({cycles:,} cycles)")
    if mismatch is not None:
        raise HwgenError(f"{len(wrong)} of {len(sentences)} sentences differ; first: {mismatch}")


@app.command(epilog='hwgen classify "a moving , funny film"   |   hwgen classify --on /dev/ttyUSB1 < sentences.txt')
def classify(
    text: Annotated[str | None, typer.Argument(help="One sentence; or one a line from standard input.")] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="Model folder or shipped model.")] = "sst2-full-5bit",
    on: Annotated[str, typer.Option("--on", help="golden, rtl (in simulation), or a serial port.")] = "golden",
    baud: Annotated[int, typer.Option("--baud", help="Of the serial port.")] = 1_000_000,
    as_json: JsonOption = False,
) -> None:
    """Classify sentences: class, margin, and the words that decided."""
    from hwgen.classify import answers

    _, loaded = _model(model)
    texts = [text] if text is not None else (line.rstrip("\n") for line in sys.stdin)
    for answer in answers(loaded, texts, on, baud):
        if as_json:
            _print_json(answer.as_json(), indent=None)
        else:
            out.print(answer.line(), highlight=False, soft_wrap=True)


@app.command(epilog="hwgen flash --board ulx3s build/ulx3s-sst2-full-5bit")
def flash(
    board: BoardOption,
    folder: Annotated[Path | None, typer.Argument(help="What `hwgen build` wrote; default its default.")] = None,
    bits: BitsOption = 5,
) -> None:
    """Load a built bitstream, and the table that goes with it, into the board."""
    from hwgen.flow import board as boards
    from hwgen.flow.program import flash as program
    from hwgen.shipped import model_name

    target = boards.load(board)
    folder = folder or Path("build") / f"{target.name}-{model_name(target.size(bits), bits)}"
    out.print(f"done: {program(target, folder)}")


@app.command()
def boards(as_json: JsonOption = False) -> None:
    """List the boards: part, budget, clock, toolchain, and whether it is usable here."""
    from hwgen.flow import board as board_files
    from hwgen.flow import doctor
    from hwgen.flow import platform as platforms

    rows: list[dict[str, Any]] = []
    for name in board_files.names():
        board = board_files.load(name)
        platform = platforms.make(board)
        toolchain, usable = doctor.toolchain(name)
        rows.append(
            {
                "board": name,
                "title": board.title,
                "part": platforms.part(platform),
                "budget": dataclasses.asdict(board.budget),
                "clock": platform.default_clk_frequency,
                "model": board.size(5),
                "toolchain": toolchain,
                "bitstream_here": usable,
            }
        )
    if as_json:
        _print_json(rows)
        return
    table = Table()
    for heading in ("board", "part", "LUT/FF/DSP", "BRAM", "clock", "model", "toolchain"):
        table.add_column(heading)
    for row in rows:
        budget = row["budget"]
        table.add_row(
            row["board"],
            row["part"],
            f"{budget['luts']}/{budget['ffs']}/{budget['dsps']}",
            f"{budget['brams']} x {budget['bram_kbit']}k",
            f"{row['clock'] / 1e6:g} MHz",
            row["model"],
            row["toolchain"] if row["bitstream_here"] else f"[red]needs {row['toolchain']}",
        )
    out.print(table)


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Show what is installed, which version, and what to install."""
    from hwgen.flow import doctor as doctors

    findings = doctors.examine()
    if as_json:
        _print_json([dataclasses.asdict(finding) for finding in findings])
    else:
        out.print(doctors.table(findings))


@app.command(epilog="hwgen export sst2-small-5bit --format verilog -o verilog && make -C verilog")
def export(
    model: Annotated[str, typer.Argument(help="Model folder or shipped model.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")],
    format: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.verilog,
    engine: EngineOption = Engine.spatial,
    lanes: LanesOption = None,
    members: MembersOption = None,
    streams: Annotated[
        int, typer.Option("--streams", min=1, max=2, help="2: two cores side by side, on one embedding table.")
    ] = 1,
    count: Annotated[int, typer.Option("-n", min=1, help="Sentences in the test bench.")] = 32,
    data: Annotated[str | None, typer.Option("--data", help="Test sentences; made-up ones by default.")] = None,
) -> None:
    """Write the circuit as Verilog with AXI4-Stream ports, a README and a self-checking test bench."""
    from hwgen.export.verilog import export as write
    from hwgen.flow.design import made_up_sentences

    _, loaded = _model(model)
    plan = _plan(loaded, lanes is not None or engine is Engine.folded, lanes, members)
    sentences = _test_sentences(loaded, data) if data else made_up_sentences(loaded.graph)
    write(loaded, plan, sentences.head(count), output, streams=streams)
    out.print(f"{output}: run `make` there to simulate")


@contextmanager
def _training_extra() -> Iterator[None]:
    """One line instead of an import error where torch or Brevitas are not installed."""
    try:
        yield
    except ModuleNotFoundError as missing:
        raise HwgenError(f"{missing.name}: not installed, needed to train; pip install 'hwgen[train]'") from None


def _model(given: str | None, size: str = "full", bits: int = 5) -> tuple[str, Model]:
    """A model by folder, by shipped name, or the shipped one of a size and width; with its name."""
    from hwgen import shipped

    if given is None:
        folder = shipped.shipped(size, bits)
    elif Path(given).is_dir():
        folder = Path(given)
    else:
        known = shipped.shipped_models()
        if given not in known:
            raise HwgenError(f"model {given}: not a folder, and not one of the shipped: {', '.join(known)}")
        folder = known[given]
    return folder.resolve().name, Model.load(folder)


def _plan(model: Model, folded: bool, lanes: int | None, members: Members | None) -> AnyPlan:
    """Of a circuit for no board in particular."""
    if folded:
        return circuits.folded(model.graph, lanes, members=members)
    return circuits.spatial(model.graph, members=members)


def _test_sentences(model: Model, data: str) -> Sentences:
    from hwgen.text import datasets

    return model.encode([text for _, text in datasets.load(data).test])


@contextmanager
def _speaker(quiet: bool) -> Iterator[Any]:
    """Tells what is being done: a spinner with the current step on a terminal, plain lines elsewhere."""
    if quiet:
        yield lambda line: None
    elif err.is_terminal:
        with err.status("starting") as status:

            def say(line: str) -> None:
                err.print(f"[dim]{line}", highlight=False)
                status.update(line)

            yield say
    else:
        yield lambda line: err.print(line, highlight=False)


@contextmanager
def _counter(total: int, quiet: bool) -> Iterator[Any]:
    """Counts finished runs: a bar on a terminal, a line each elsewhere; runs that are there already are not shown."""
    if quiet:
        yield None
    elif err.is_terminal:
        with Progress(console=err) as bar:
            task = bar.add_task("runs", total=total)

            def count(line: str, finished: int) -> None:
                bar.console.print(line, highlight=False)
                bar.advance(task, finished)

            yield count
            bar.update(task, completed=total)
    else:
        yield lambda line, finished: err.print(line, highlight=False)


def _print_json(value: Any, indent: int | None = 1) -> None:
    print(json.dumps(value, indent=indent))


if __name__ == "__main__":
    main()
