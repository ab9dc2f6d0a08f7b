"""`hwgen export --format verilog`: a folder that stands on its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jinja2

from hwgen.errors import HwgenError
from hwgen.export.axi import SCORE_BITS, AxiCore, AxiCores
from hwgen.files import Kind, written_whole
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import ConvolutionGraph
from hwgen.graph.tensor import Integers
from hwgen.model import Model
from hwgen.rtl.core import Core
from hwgen.rtl.embedding import embedding_table
from hwgen.rtl.plan import AnyPlan, Outside, Plan
from hwgen.rtl.verilog import to_verilog
from hwgen.text.vocabulary import Vocabulary

TOP = "hwgen_classifier"
EXPORT = Kind("export", "an export", room=1 << 22, made_by_use=("testbench.vvp",))
_MAKEFILE = f"""simulate: testbench.vvp
\tvvp -n testbench.vvp

testbench.vvp: testbench.v {TOP}.v
\tiverilog -g2005 -o $@ $^

.PHONY: simulate
"""


def export(model: Model, plan: AnyPlan, sentences: Sentences, folder: Path, *, streams: int = 1) -> None:
    """Write Verilog, README, vocabulary, test bench and golden vectors; all or nothing.

    Args:
        sentences: what the test bench sends.
        streams: 1, or 2 cores side by side that share an embedding table.

    Raises:
        HwgenError: if `folder` exists and is not an earlier export, or the model has no one table to share.
    """
    top = _top(model, plan, streams)
    core = (top.cores[0] if isinstance(top, AxiCores) else top).core
    expected = golden.scores(model.graph, sentences)
    tokens = _token_words(sentences)
    words = _result_words(expected)
    facts = {
        "top": TOP,
        "streams": [str(number) for number in range(streams)] if streams > 1 else [""],
        "bits": model.bits,
        "classes": model.graph.classes,
        "vocabulary": model.graph.vocabulary,
        "takes_words": isinstance(model.vocabulary, Vocabulary),
        "labels": model.labels,
        "record": model.record,
        "digest": model.digest.hex(),
        "engine": plan.name,
        "score_exponent": model.graph.score_exponent,
        "period": round(1 / core.tokens_per_cycle),
        "sentences": len(sentences),
        "tokens": len(tokens),
        "words": len(words),
    }
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("hwgen.export"), undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    with written_whole(folder, EXPORT) as scratch:
        (scratch / f"{TOP}.v").write_text(to_verilog(top, name=TOP), encoding="utf-8")
        for name in ("testbench.v", "README.md"):
            (scratch / name).write_text(environment.get_template(f"{name}.jinja").render(facts), encoding="utf-8")
        (scratch / "tokens.hex").write_text("".join(f"{word:05x}\n" for word in tokens), encoding="utf-8")
        (scratch / "expected.hex").write_text("".join(f"{word:09x}\n" for word in words), encoding="utf-8")
        if isinstance(model.vocabulary, Vocabulary):
            lines = [str(model.vocabulary.buckets), *model.vocabulary.words]
            (scratch / "vocabulary.txt").write_bytes("\n".join(lines).encode("utf-8", "surrogateescape") + b"\n")
        (scratch / "Makefile").write_text(_MAKEFILE, encoding="utf-8")


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


def _token_words(sentences: Sentences) -> list[int]:
    ends = set((sentences.starts + sentences.lengths - 1).tolist())
    return [token | (place in ends) << 16 for place, token in enumerate(sentences.tokens.tolist())]


def _result_words(scores: Integers) -> list[int]:
    words = []
    for label, row in zip(golden.classes(scores).tolist(), scores.tolist(), strict=True):
        words += [label, *(score % (1 << SCORE_BITS) for score in row)]
        words[-1] |= 1 << SCORE_BITS  # tlast
    return words
