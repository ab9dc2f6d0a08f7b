"""What a board offers a model: area against throughput, as a table and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from hwgen.flow.board import Board
from hwgen.flow.fit import Choice, front
from hwgen.flow.picture import save_picture
from hwgen.rtl.plan import AnyPlan, EnsemblePlan, Folded, HypervectorPlan, InTurnPlan, Spatial


class Exploration:
    """The choices there are for a model on a board, at the board's clock.

    Attributes:
        tokens: of the sentences that are counted.
        found: all that fit.
        front: those that no other beats in both look-up tables and throughput, the smallest first.
        chosen: the one that would be built.
    """

    def __init__(
        self, model: str, board: Board, clock: float, tokens: int, found: Sequence[Choice], chosen: Choice
    ) -> None:
        self.model, self.board, self.clock, self.tokens = model, board, clock, tokens
        self.found, self.front, self.chosen = list(found), front(found), chosen

    @property
    def shown(self) -> list[Choice]:
        """The front and the chosen one, the smallest first."""
        both = self.front if self.chosen in self.front else [*self.front, self.chosen]
        return sorted(both, key=lambda choice: choice.cheapest_first)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "board": self.board.name,
            "model": self.model,
            "clock": self.clock,
            "tokens_per_sentence": self.tokens,
            "fitting": len(self.found),
            "choices": [
                {
                    "engine": choice.plan.name,
                    "details": details(choice.plan),
                    "estimate": asdict(choice.estimate),
                    "cycles_per_sentence": choice.cycles,
                    "sentences_per_second": round(choice.rate(self.clock)),
                    "on_front": choice in self.front,
                    "chosen": choice is self.chosen,
                }
                for choice in self.shown
            ],
        }

    def table(self) -> Table:
        """A line for each choice of the front, the chosen one marked."""
        title = f"{self.model} on {self.board.title}: of {len(self.found)} that fit, those that are not beaten"
        table = Table(title=title, title_justify="left")
        for name in ("engine", "with", "LUT", "FF", "DSP", "BRAM", "sentences/s", ""):
            table.add_column(name, justify="left" if name in ("engine", "with", "") else "right")
        budget = self.board.budget
        for choice in self.shown:
            used = choice.estimate
            table.add_row(
                choice.plan.name,
                details(choice.plan),
                f"{used.luts:,} ({used.luts / budget.luts:.0%})",
                f"{used.ffs:,}",
                f"{used.dsps:g}",
                f"{used.brams:g}",
                f"{choice.rate(self.clock):,.0f}",
                "chosen" if choice is self.chosen else "",
                style="bold" if choice is self.chosen else "",
            )
        table.caption = f"by estimate, {self.tokens} tokens a sentence, at the board's {self.clock / 1e6:g} MHz"
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
        axes.scatter(*places([self.chosen]), s=140, marker="*", color="tab:red", zorder=3, label="chosen")
        axes.annotate(
            self.chosen.plan.name,
            (self.chosen.estimate.luts, self.chosen.rate(self.clock)),
            textcoords="offset points",
            xytext=(10, -16),
        )
        axes.set(
            xscale="log",
            yscale="log",
            xlabel=f"look-up tables, by estimate ({self.board.title} has {self.board.budget.luts:,})",
            ylabel=f"sentences/s at {self.clock / 1e6:g} MHz",
            title=f"{self.model} on {self.board.title}",
        )
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
