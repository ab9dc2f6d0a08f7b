"""What the test bench sends and expects, as files of hexadecimal words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hwgen.export.axi import Widths
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import Graph

TOKENS, EXPECTED = "tokens.hex", "expected.hex"


@dataclass(frozen=True)
class Vectors:
    """The beats of both streams, each with its mark of the last one.

    Attributes:
        widths: of their data.
        tokens: (token, last of its sentence).
        words: (class number or score as an unsigned number of the port's width, last of its sentence).
        first_tokens: tokens of the first sentence.
        beats: words of a sentence.
    """

    widths: Widths
    tokens: list[tuple[int, bool]]
    words: list[tuple[int, bool]]
    first_tokens: int
    beats: int

    @classmethod
    def of(cls, graph: Graph, sentences: Sentences, widths: Widths) -> Vectors:
        """The sentences and the golden model's answers to them."""
        ends = set((sentences.starts + sentences.lengths - 1).tolist())
        tokens = [(token, place in ends) for place, token in enumerate(sentences.tokens.tolist())]
        scores = golden.scores(graph, sentences)
        words: list[tuple[int, bool]] = []
        for label, row in zip(golden.classes(scores).tolist(), scores.tolist(), strict=True):
            values = [label, *(score % (1 << widths.results) for score in row)]
            words += [(value, place == len(row)) for place, value in enumerate(values)]
        return cls(widths, tokens, words, int(sentences.lengths[0]), 1 + graph.classes)

    @property
    def sentences(self) -> int:
        return len(self.words) // self.beats

    def write(self, folder: Path) -> None:
        """Both files, a word a line: the mark above the data."""
        (folder / TOKENS).write_text(_hex(self.tokens, self.widths.tokens), encoding="ascii")
        (folder / EXPECTED).write_text(_hex(self.words, self.widths.results), encoding="ascii")


def _hex(beats: Iterable[tuple[int, bool]], bits: int) -> str:
    digits = bits // 4 + 1
    return "".join(f"{data | last << bits:0{digits}x}\n" for data, last in beats)
