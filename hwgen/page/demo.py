"""What the page of `hwgen demo` answers: class, margin, deciding words and cycles of a sentence."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock, Thread
from typing import Any

from hwgen.classify import Answer
from hwgen.flow.pace import foretold_cycles
from hwgen.model import Model
from hwgen.page.examples import example, ours
from hwgen.page.templating import fill, style
from hwgen.places import GOLDEN, RTL
from hwgen.rtl.core import Core
from hwgen.rtl.plan import spatial
from hwgen.text.rows import check_length

SHOWN_SCORES = 5
"""Classes whose scores are shown."""
_WHERE = {GOLDEN: "by the golden model", RTL: "by the circuit in simulation"}


class Demo:
    """One model and the place where it is asked; may be asked from several threads, which wait for each other."""

    def __init__(self, model: Model, name: str, on: str, ask: Callable[[str | bytes], Answer]) -> None:
        """
        Args:
            name: of the model, for people.
            on: where it is asked: `GOLDEN`, `RTL` or a serial port.
            ask: answers a text, as `hwgen.classify.classifier` gives it.
        """
        self.model, self.name, self.on = model, name, on
        self._ask, self._lock = ask, Lock()
        self._core: Core | None = None
        if on == GOLDEN:
            # Laying out a large circuit takes seconds, and the first answers need not wait for it.
            Thread(target=self._lay_out, daemon=True).start()

    def answer(self, text: str) -> dict[str, Any]:
        """Everything that is shown of a text, in plain values.

        Raises:
            HwgenError: when the text cannot be taken, or the place does not answer, or wrongly.
        """
        check_length(text, "the text")
        with self._lock:
            start = time.monotonic()
            answer = self._ask(text)
            seconds = time.monotonic() - start
        explained = example(self.model, text)
        ranked = sorted(range(len(answer.scores)), key=lambda place: -answer.scores[place])[:SHOWN_SCORES]
        return answer.as_json() | {
            "stretches": [{"text": each.text, "shade": each.shade} for each in explained.stretches],
            "ranking": [{"class": self.model.labels[place], "score": answer.scores[place]} for place in ranked],
            "cycles": self._cycles(answer, text),
            "milliseconds": round(seconds * 1e3, 3),
        }

    def _cycles(self, answer: Answer, text: str) -> str:
        """The cycles from the first token in to the class out, and where that is known from, in words."""
        if answer.cycles is not None:
            return f"{answer.cycles:,} cycles, measured in simulation"
        if self.on != GOLDEN:
            return "the board does not count its cycles"
        if self._core is None:
            return "the circuit is still being laid out"
        tokens = max(len(self.model.vocabulary.encode(text)), 1)
        return f"{foretold_cycles(self._core, tokens):,} cycles, by the model of the spatial circuit"

    def _lay_out(self) -> None:
        self._core = Core(self.model.graph, spatial(self.model.graph))

    def page(self, token: str, nonce: str) -> str:
        """The page that asks.

        Args:
            token: that a request has to bring.
            nonce: of the page's own style and script.
        """
        return fill(
            "demo.html",
            name=self.name,
            where=_WHERE.get(self.on, f"by the board at {self.on}"),
            labels=self.model.labels,
            digest=self.model.digest.hex(),
            samples=ours(self.model),
            token=token,
            nonce=nonce,
            style=style() + style("demo.css"),
            script=style("demo.js"),
        )
