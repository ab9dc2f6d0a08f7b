"""What a build's page is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hwgen.flow.explore import Exploration
from hwgen.flow.report import Report
from hwgen.flow.target import Target
from hwgen.graph.golden import Sentences
from hwgen.model import Model
from hwgen.page.examples import Row
from hwgen.rtl.core import Core


@dataclass(frozen=True)
class Subject:
    """What a page is made of.

    Attributes:
        report: of the build.
        model: that was built.
        core: its circuit.
        target: the board at its clock.
        folder: where the build's netlist and place-and-route report are.
        sentences: that the circuit was checked on.
        rows: labels and texts of them; None where they are made up.
        exploration: what else the board offers; None where nothing is known of that.
        command: what makes the build again, as it is typed.
    """

    report: Report
    model: Model
    core: Core
    target: Target
    folder: Path
    sentences: Sentences
    rows: Sequence[Row] | None
    exploration: Exploration | None
    command: str
