"""`hwgen export`: a folder of Verilog that stands on its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2

from hwgen import markdown, tools
from hwgen.errors import HwgenError
from hwgen.export import names
from hwgen.export.axi import AxiCore, AxiCores
from hwgen.export.bench import Vectors
from hwgen.export.check import Checked, affordable, by_icarus, by_program
from hwgen.files import Kind, require_replaceable, written_whole
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import ConvolutionGraph
from hwgen.model import Model
from hwgen.progress import SILENT, Say
from hwgen.rtl.core import Core
from hwgen.rtl.plan import AnyPlan, Outside, Plan
from hwgen.rtl.table.embedding import embedding_table
from hwgen.rtl.verilog import to_verilog
from hwgen.sim import compiler
from hwgen.text.vocabulary import Vocabulary

EXPORT = Kind("export", "an export", room=1 << 22, made_by_use=("testbench.vvp", "testbench.log"))
_PATIENCE = 100_000
"""Cycles that any circuit may take for an answer beside the tokens."""


def export(
    model: Model,
    plan: AnyPlan,
    sentences: Sentences,
    folder: Path,
    *,
    streams: int = 1,
    name: str = names.DEFAULT,
    say: Say = SILENT,
) -> Checked | None:
    """Write Verilog, README, vocabulary, test bench and golden vectors; all or nothing.

    Args:
        sentences: what the test bench sends.
        streams: 1, or 2 cores side by side that share an embedding table.
        name: of the top module and its file, and what all other modules' names begin with.
        say: told what is being done.

    Returns:
        What the check of the written Verilog saw; None where nothing can simulate it.

    Raises:
        HwgenError: if `folder` exists and is not an earlier export, the model has no one table to share, `name` is no
            module's, or the written Verilog does not equal the golden model in simulation.
    """
    names.check_name(name)
    require_replaceable(folder, EXPORT)
    top = _top(model, plan, streams)
    vectors = Vectors.of(model.graph, sentences, top.widths)
    facts = _facts(model, plan, sentences, top, vectors, name)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("hwgen.export"), undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    environment.filters |= {"text": markdown.text, "code": markdown.code}
    with written_whole(folder, EXPORT) as scratch:

        def fill(template: str, **more: Any) -> None:
            text = environment.get_template(f"{template}.jinja").render(facts | more)
            (scratch / template).write_text(text, encoding="utf-8")

        say("writing Verilog")
        verilog = to_verilog(top, name=name)
        (scratch / f"{name}.v").write_text(verilog, encoding="utf-8")
        checked: Checked | None = None
        if tools.find("iverilog"):
            some = sentences.head(affordable(len(verilog), facts["period"], sentences.lengths.tolist()))
            say(f"{len(some)} sentences through the written Verilog, by Icarus")
            part = Vectors.of(model.graph, some, top.widths)
            part.write(scratch)
            fill("testbench.v", **_counts(some, part))
            checked = by_icarus(scratch, name, part)
        elif compiler.find():
            say(f"{len(sentences)} sentences through the circuit, compiled")
            checked = by_program(top, vectors, say)
        vectors.write(scratch)
        fill("testbench.v")
        fill("Makefile")
        fill("README.md", checked=checked)
        if isinstance(model.vocabulary, Vocabulary):
            lines = [str(model.vocabulary.buckets), *model.vocabulary.words]
            (scratch / "vocabulary.txt").write_bytes("\n".join(lines).encode("utf-8", "surrogateescape") + b"\n")
    return checked


def _facts(
    model: Model, plan: AnyPlan, sentences: Sentences, top: AxiCore | AxiCores, vectors: Vectors, name: str
) -> dict[str, Any]:
    """What the templates say."""
    cores = [top] if isinstance(top, AxiCore) else top.cores
    period = round(1 / cores[0].core.tokens_per_cycle)
    scores = cores[0].core.scores
    return {
        "top": name,
        "streams": [str(number) for number in range(len(cores))] if len(cores) > 1 else [""],
        "token_bits": vectors.widths.tokens,
        "result_bits": vectors.widths.results,
        "low": int(scores.low.min()),
        "high": int(scores.high.max()),
        "bits": model.bits,
        "classes": model.graph.classes,
        "vocabulary": model.graph.vocabulary,
        "takes_words": isinstance(model.vocabulary, Vocabulary),
        "labels": model.labels,
        "data_name": model.facts.data.name if model.facts.data else "unknown data",
        "digest": model.digest.hex(),
        "engine": plan.name,
        "score_exponent": model.graph.score_exponent,
        "period": period,
        # With random pauses a token takes two cycles more often than not.
        "patience": _PATIENCE + 8 * int(sentences.lengths.max()) * max(period, 1),
    } | _counts(sentences, vectors)


def _counts(sentences: Sentences, vectors: Vectors) -> dict[str, Any]:
    """What the bench says of its vectors."""
    return {
        "sentences": len(sentences),
        "tokens": len(vectors.tokens),
        "words": len(vectors.words),
        "first_tokens": vectors.first_tokens,
    }


def _top(model: Model, plan: AnyPlan, streams: int) -> AxiCore | AxiCores:
    """The top module, one core or two.

    Raises:
        HwgenError: when two cores have no table to share.
    """
    if streams == 1:
        return AxiCore(Core(model.graph, plan))
    if not isinstance(model.graph, ConvolutionGraph) or not isinstance(plan, Plan):
        raise HwgenError(f"--streams {streams}: the model has no embedding table, or several, to share; leave it out")
    table = embedding_table(model.graph.embedding, None, readers=streams)
    return AxiCores([Core(model.graph, replace(plan, embedding=Outside())) for _ in range(streams)], table)
