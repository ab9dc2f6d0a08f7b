"""The slowest path of a routed design, in the names of hwgen's components."""

from typing import Any

import pytest

from hwgen.flow.timing import Leg, component_of, critical_path


def report(*steps: tuple[str, str, float], clocks: tuple[str, str] = ("posedge clk", "posedge clk")) -> dict[str, Any]:
    cells = [steps[0][0], *(cell for cell, _, _ in steps)]
    path = [
        {"type": kind, "delay": delay, "from": {"cell": before}, "to": {"cell": cell}}
        for before, (cell, kind, delay) in zip(cells, steps, strict=False)
    ]
    return {"critical_paths": [{"from": clocks[0], "to": clocks[1], "path": path}]}


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("shell.core.dense.node_4_LUT4_Z", ("dense", "node_4_LUT4_Z")),
        ("\\shell.core.vote.member_0.argmax.x", ("vote", "member_0", "argmax", "x")),
        ("shell.parser.state", ()),
        ("hardcore.x", ()),
    ],
)
def test_a_cells_name_tells_its_place(cell: str, names: tuple[str, ...]) -> None:
    assert component_of(cell) == names


def test_the_legs_of_a_path_add_up_to_it() -> None:
    path = critical_path(
        report(
            ("shell.core.embedding.a", "clk-to-q", 0.5),
            ("shell.core.activations__payload_SB_DFF_Q_3", "routing", 1.5),
            ("shell.core.activations__payload_SB_DFF_Q_3", "logic", 0.25),
            ("shell.parser.b", "routing", 2.0),
            ("shell.parser.b", "setup", 0.75),
        )
    )
    assert path is not None
    assert (path.start, path.end, path.nanoseconds, path.routing) == ("embedding", "parser", 5.0, 0.7)
    assert path.legs == (
        Leg("embedding", 0.5, 0, 1),
        Leg("activations", 0.25, 1.5, 1),
        Leg("parser", 0.75, 2.0, 1),
    )


def test_a_cell_between_parts_of_the_shell_is_the_shells() -> None:
    """It is called after the stream and its own pins."""
    path = critical_path(report(("shell.parser.b", "logic", 1.0), ("shell.given__payload_SB_DFFE_Q", "setup", 1.0)))
    assert path is not None and (path.start, path.end) == ("parser", "the shell")


def test_a_path_to_a_pin_is_none() -> None:
    assert critical_path(report(("a", "logic", 9.0), clocks=("posedge clk", "<async>"))) is None
