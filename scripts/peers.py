"""hwgen beside its peers: the same weights as circuits of other makes, by the same commands; docs/results/peers.md.

    python scripts/peers.py --data ../shared/data/glue_sst2

Everything measured is kept in the work folder by the hash of what it was measured on, so that the script can be stopped
and started again. The page holds the rows there are.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import common
import numpy as np
from comparison import page, software
from comparison.contenders import FOLDED, Contender, eight_bits, of_kernel, of_model
from comparison.kernels import Kernel
from comparison.measure import SEEDS, WORDS, Task, measure

from hwgen.files import write_whole
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import ConvolutionGraph
from hwgen.graph.tensor import Integers
from hwgen.model import Model
from hwgen.shipped import model_name, shipped
from hwgen.text import datasets
from hwgen.text.datasets import Dataset

KERNELS, SIZES, BITS = (0, 1), ("small", "full"), 5
TOKENS = 40_000
"""That every circuit of a random kernel is checked on."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of SST-2 in GLUE's split")
    parser.add_argument("--work", type=Path, default=Path("build/peers"), help="what was measured")
    parser.add_argument("--only", action="append", help="part of `task: contender`; may be given more than once")
    parser.add_argument("--no-route", action="store_true", help="leave place and route to a later run")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), choices=SEEDS, help="how many to place with")
    parser.add_argument("--no-software", action="store_true", help="keep the software's figures of the last run")
    return common.guarded(lambda: run(parser.parse_args()))


def run(arguments: argparse.Namespace) -> None:
    """Measure what is asked for, and write the page."""
    work: Path = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    kept = work / "rows.json"
    rows: dict[str, Any] = json.loads(kept.read_text()) if kept.is_file() else {}
    data = datasets.load(arguments.data)

    def say(line: str) -> None:
        common.console.print(f"  {line}", highlight=False)

    seeds = () if arguments.no_route else SEEDS[: arguments.seeds]
    order = []
    for task in tasks(data):
        for contender in task.contenders:
            name = f"{task.name}: {contender.name}"
            order.append(name)
            if arguments.only and not any(part in name for part in arguments.only):
                continue
            common.console.print(name, highlight=False)
            rows[name] = measure(task, contender, work, say, seeds=seeds)
            write_whole(kept, json.dumps(rows, indent=1))
            publish(rows, order)
    if not arguments.no_software:
        rows["software"] = list(on_one_core(data))
        write_whole(kept, json.dumps(rows, indent=1))
    publish(rows, order)


def publish(rows: dict[str, Any], order: list[str]) -> None:
    """The page, its figures and its picture."""
    known = [name for name in order if name in rows]
    later = [name for name in rows if name not in known and name != "software"]
    page.write([rows[name] for name in known + later], rows.get("software", []), common.RESULTS)


def tasks(data: Dataset) -> Iterator[Task]:
    """The random kernels, then the shipped models."""
    for seed in KERNELS:
        yield kernel_task(f"kernel-{seed}", Kernel.random(seed), TOKENS)
    for size in SIZES:
        model = Model.load(shipped(size, BITS))
        graph = model.graph
        assert isinstance(graph, ConvolutionGraph)
        yield model_task(model_name(size, BITS), graph, model.encode([text for _, text in data.test]))


def kernel_task(name: str, kernel: Kernel, tokens: int) -> Task:
    """Of a random kernel."""
    requantise = eight_bits(kernel)

    def expected(contender: Contender, sentences: Sentences) -> Integers:
        maxima = kernel.maxima(sentences)
        return golden.apply(requantise, maxima, sentences) if contender.kind == FOLDED else maxima

    return Task(name, tuple(of_kernel(kernel)), kernel.sentences(tokens), expected, model=False)


def model_task(name: str, graph: ConvolutionGraph, sentences: Sentences) -> Task:
    """Of a shipped model."""
    scores = golden.scores(graph, sentences)
    return Task(name, tuple(of_model(graph)), sentences, lambda contender, given: scores, model=True)


def on_one_core(data: Dataset) -> Iterator[dict[str, Any]]:
    """Software that gives classes of the same tokens."""
    for size in SIZES:
        model = Model.load(shipped(size, BITS))
        graph = model.graph
        assert isinstance(graph, ConvolutionGraph)
        sentences, labels = encoded(model, data, data.test)
        expected = golden.classes(golden.scores(graph, sentences))
        name, classify = f"ONNX Runtime, {model_name(size, BITS)}", software.onnx_classifier(graph)
        yield software.row(name, classify, graph.vocabulary, WORDS, sentences, labels, expected)
    linear = software.linear_classifier(*encoded(model, data, data.train), graph.vocabulary)
    yield software.row("linear, words and pairs of words", linear, graph.vocabulary, WORDS, sentences, labels, None)


def encoded(model: Model, data: Dataset, rows: Sequence[tuple[str, str]]) -> tuple[Sentences, Integers]:
    """Tokens and classes of some of `data`."""
    return model.encode([text for _, text in rows]), np.array([data.labels.index(label) for label, _ in rows])


if __name__ == "__main__":
    raise SystemExit(main())
