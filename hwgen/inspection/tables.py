"""The facts about a model as tables of a terminal. Names and records come from outside: they are shown escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from hwgen.text.shown import listed, shown

MOST_LABELS = 20
"""Labels that are named."""


def tables(facts: Mapping[str, Any]) -> Iterator[Table]:
    """What `facts.inspect` tells: the model as a whole, node by node, and its stages of training.

    Args:
        facts: of `facts.inspect`.
    """
    yield _whole(facts)
    yield _nodes(facts["graph"])
    if facts["record"]["stages"]:
        yield _stages(facts["record"]["stages"])


def _whole(facts: Mapping[str, Any]) -> Table:
    graph, record = facts["graph"], facts["record"]
    table = Table(show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    rows = {
        "model": facts["model"],
        "kind": f"{graph['kind']}, {_bits(graph['bits'])}, {graph['classes']} classes",
        "digest": facts["digest"],
        "labels": listed(facts["labels"], MOST_LABELS),
        "vocabulary": _vocabulary(facts["vocabulary"]),
        "weights": f"{graph['nonzero']:,} of {graph['weights']:,} are not zero",
        "memory": f"{graph['memory_bits']:,} bits, {graph['memory_bits'] / 8000:,.1f} kB",
        "scores": f"integers times 2^{graph['score_exponent']}",
        "trained by": f"recipe {record['recipe'] or 'unknown'}, seed {record['seed']}",
        "data": _data(record["data"]),
        "accuracy": _accuracy(record["accuracy"]),
        "card": facts["card"] or "none",
        "files": ", ".join(f"{name} {size:,} bytes" for name, size in facts["files"].items()),
    }
    for name, value in rows.items():
        table.add_row(name, shown(str(value)))
    return table


def _vocabulary(vocabulary: Mapping[str, Any]) -> str:
    if vocabulary["tokeniser"] == "words":
        known = f"{vocabulary['words']:,} known words and {vocabulary['buckets']:,} buckets for all others"
        return f"{vocabulary['tokens']:,} tokens: {known}"
    return f"{vocabulary['tokens']:,} tokens: {vocabulary['tokeniser']}"


def _data(data: Mapping[str, Any] | None) -> str:
    if data is None:
        return "unknown"
    counts = ", ".join(f"{count:,} {split}" for split, count in data["rows"].items())
    return f"{data['name']}{', a toy' if data['toy'] else ''}: {counts} rows"


def _accuracy(accuracy: Mapping[str, float] | None) -> str:
    if accuracy is None:
        return "unknown"
    return ", ".join(f"{split} {100 * share:.2f} %" for split, share in accuracy.items())


def _nodes(graph: Mapping[str, Any]) -> Table:
    table = Table(title="Nodes")
    for heading in ("node", "arrays", "settings"):
        table.add_column(heading, overflow="fold")
    for heading in ("not zero", "bits stored"):
        table.add_column(heading, justify="right")
    table.add_column("gives", overflow="fold")
    _add_nodes(table, graph, "")
    return table


def _add_nodes(table: Table, graph: Mapping[str, Any], prefix: str) -> None:
    for node in graph["nodes"]:
        for number, member in enumerate(node.get("members", ()), 1):
            _add_nodes(table, member, f"{prefix}member {number}: ")
        table.add_row(
            prefix + node["node"],
            "\n".join(f"{name} {_array(facts)}" for name, facts in node["arrays"].items()),
            "\n".join(f"{name} {value}" for name, value in node["settings"].items()),
            f"{node['nonzero']:,} of {node['weights']:,}" if node["weights"] else "",
            f"{node['memory_bits']:,}",
            _output(node["output"]),
        )


def _array(facts: Mapping[str, Any]) -> str:
    width = f", {_bits(facts['bits'])}" if "bits" in facts else ""
    return f"{' x '.join(f'{size:,}' for size in facts['shape'])}: {facts['low']:,}..{facts['high']:,}{width}"


def _output(output: Mapping[str, Any]) -> str:
    width = f"{_bits(output['width'])} {'signed' if output['signed'] else 'unsigned'}"
    return f"{output['channels']:,} of {output['low']:,}..{output['high']:,} for {output['of']}, {width}"


def _stages(stages: list[Mapping[str, Any]]) -> Table:
    table = Table(title="Stages of training")
    table.add_column("stage", overflow="fold")
    for heading in ("dev %", "test %", "bits", "kB"):
        table.add_column(heading, justify="right")
    for stage in stages:
        shares = [f"{100 * stage[split]:.2f}" for split in ("dev", "test")]
        table.add_row(shown(stage["name"]), *shares, str(stage["bits"]), f"{stage['kilobytes']:,.1f}")
    return table


def _bits(count: int) -> str:
    return f"{count:,} bit{'s' * (count != 1)}"
