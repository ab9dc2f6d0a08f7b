"""What a board offers a model: area against throughput, as a table and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from hwgen.flow.candidates import Choice
from hwgen.flow.fit import front
from hwgen.flow.picture import save_picture
from hwgen.flow.target import Target
from hwgen.rtl.plan import AnyPlan, EnsemblePlan, Folded, HypervectorPlan, InTurnPlan, Spatial

_SYMBOLS = (("*", "tab:red"), ("D", "tab:orange"), ("s", "tab:purple"))
"""Of the marks in a picture: shape and colour."""


DEFAULT, ENGINE, FASTEST, TARGET = "default", "engine", "fastest", "target"


@dataclass(frozen=True)
class Mark:
    """A choice that an aim makes.

    Attributes:
        name: `DEFAULT`, or where an engine is asked for `ENGINE`; `FASTEST`; or `TARGET`.
        choice: one of those that are explored.
        clock: that it would run at, in Hz.
    """

    name: str
    choice: Choice
    clock: float


class Exploration:
    """The choices there are for a model on a board.

    Attributes:
        target: the board, at the clock that its link needs.
        tokens: of the sentences that are counted.
        found: all that fit and that the line does not outrun.
        front: those that no other beats in both look-up tables and throughput, the smallest first.
        marks: what the aims choose, first the one without `--fastest` or `--target`.
    """

    def __init__(
        self, model: str, target: Target, tokens: int, classes: int, choices: Sequence[Choice], marks: Sequence[Mark]
    ) -> None:
        self.model, self.target, self.tokens, self.marks = model, target, tokens, list(marks)
        self.board, self.clock = target.board, target.clock
        self.found, self.front = list(choices), front(choices)
        self.carried = target.link.sentences_per_second(tokens, classes)

    @property
    def chosen(self) -> Choice:
        """What is built: the choice that reaches the rate that was asked for, or else the first that is marked."""
        asked = [mark for mark in self.marks if mark.name == TARGET]
        return (asked or self.marks)[0].choice

    @property
    def shown(self) -> list[Choice]:
        """The front and the marked ones, the smallest first."""
        marked = (mark.choice for mark in self.marks)
        listed = {id(choice): choice for choice in (*self.front, *marked)}
        return sorted(listed.values(), key=lambda choice: choice.cheapest_first)

    def marks_of(self, choice: Choice) -> list[str]:
        """Names of the marks that a choice bears."""
        return [mark.name for mark in self.marks if mark.choice is choice]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "board": self.board.name,
            "model": self.model,
            "clock": self.clock,
            "tokens_per_sentence": self.tokens,
            "link_sentences_per_second": round(self.carried),
            "fitting": len(self.found),
            "marks": {mark.name: {"engine": mark.choice.plan.name, "clock": mark.clock} for mark in self.marks},
            "choices": [
                {
                    "engine": choice.plan.name,
                    "details": details(choice.plan),
                    "estimate": asdict(choice.estimate),
                    "cycles_per_sentence": choice.cycles,
                    "sentences_per_second": round(choice.rate(self.clock)),
                    "on_front": choice in self.front,
                    "marks": self.marks_of(choice),
                    "chosen": choice is self.chosen,
                }
                for choice in self.shown
            ],
        }

    def table(self) -> Table:
        """A line for each choice of the front, and the marked ones."""
        title = f"{self.model} on {self.board.title}: of {len(self.found)} that fit, those that are not beaten"
        table = Table(title=title, title_justify="left")
        for name in ("engine", "with", "LUT", "FF", "DSP", "BRAM", "sentences/s", ""):
            table.add_column(name, justify="left" if name in ("engine", "with", "") else "right")
        budget = self.board.budget
        for choice in self.shown:
            used, marks = choice.estimate, self.marks_of(choice)
            table.add_row(
                choice.plan.name,
                details(choice.plan),
                f"{used.luts:,} ({used.luts / budget.luts:.0%})",
                f"{used.ffs:,}",
                f"{used.dsps:g}",
                f"{used.brams:g}",
                f"{choice.rate(self.clock):,.0f}",
                ", ".join(marks),
                style="bold" if marks else "",
            )
        faster = [f"{mark.name} at {mark.clock / 1e6:g} MHz" for mark in self.marks if mark.clock != self.clock]
        table.caption = (
            f"by estimate, {self.tokens} tokens a sentence, at {self.clock / 1e6:g} MHz"
            + (f" ({', '.join(faster)})" if faster else "")
            + f"; the link carries {self.carried:,.0f} sentences/s"
        )
        return table

    def draw(self, path: Path) -> None:
        """Every choice, the front and the chosen one, as a picture in the format of its name, one of `picture.FORMATS`.

        Raises:
            HwgenError: when it cannot be written.
        """
        # Slow to import, and nothing else here needs it.
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 5), layout="constrained")
        axes = figure.subplots()

        def places(choices: Sequence[Choice]) -> tuple[list[int], list[float]]:
            return [choice.estimate.luts for choice in choices], [choice.rate(self.clock) for choice in choices]

        axes.scatter(*places(self.found), s=12, color="0.75", label="fits")
        axes.step(*places(self.front), where="post", color="tab:blue", marker="o", markersize=4, label="not beaten")
        for mark, (symbol, colour) in zip(self.marks, _SYMBOLS, strict=False):
            axes.scatter(*places([mark.choice]), s=140, marker=symbol, color=colour, zorder=3, label=mark.name)
            axes.annotate(
                mark.choice.plan.name,
                (mark.choice.estimate.luts, mark.choice.rate(self.clock)),
                textcoords="offset points",
                xytext=(10, -16),
            )
        axes.axhline(self.carried, color="tab:green", linestyle=":", label="the link")
        axes.set(
            xscale="log",
            yscale="log",
            xlabel=f"look-up tables, by estimate ({self.board.title} has {self.board.budget.luts:,})",
            ylabel=f"sentences/s at {self.clock / 1e6:g} MHz",
            title=f"{self.model} on {self.board.title}",
        )
        for text in (axes.title, axes.xaxis.label):
            text.set_parse_math(False)  # a name with a dollar is no formula
        axes.grid(which="both", alpha=0.2)
        axes.legend(loc="upper left")
        save_picture(figure, path)


def details(plan: AnyPlan) -> str:
    """What tells a plan from others of its name."""
    if isinstance(plan, InTurnPlan):
        return details(plan.engine)
    if isinstance(plan, EnsemblePlan):
        return details(plan.members[0])
    if isinstance(plan, HypervectorPlan):
        return ""
    said = []
    if isinstance(plan.convolution, Spatial):
        adders = plan.convolution.adders_per_stage
        said.append(f"{adders} adder{'s' * (adders > 1)} a stage")
    elif isinstance(plan.convolution, Folded) and not plan.convolution.memories:
        said.append("window in flip-flops")
    if isinstance(plan.dense, Folded):
        said.append(f"dense x{plan.dense.lanes}")
    return ", ".join(said)
