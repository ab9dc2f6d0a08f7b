"""What `hwgen build` found: a table for people, `report.json` for machines."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from hwgen import report_file, tables
from hwgen.errors import HwgenError
from hwgen.flow.link import Link
from hwgen.flow.utilisation import Utilisation


@dataclass(frozen=True)
class Report:
    """One build.

    Attributes:
        board, title, model, digest, bits, engine: what was built.
        aim: what decided, in words, such as "keeps up with the link".
        dev_accuracy, test_accuracy: of the model, from its record; None when it has none.
        toy: trained on the generated demo corpus.
        checked_sentences: how many the circuit answered in simulation, all equal to the golden model.
        oscillator: frequency of the board's own clock, in Hz.
        clock: that the board runs at, in Hz.
        pll: whether a PLL makes it of the oscillator's.
        fmax: what the routed design could run at, in Hz; None without place and route.
        baud: of the line to the host, in bits per second.
        critical_path: what bounds `fmax`, in words; empty without place and route.
        seed: of the placer; None without place and route.
        token: what a token is.
        tokens_per_sentence: length of the sentences the speeds are for.
        classes: of the model.
        cycles_per_sentence: measured in simulation, sentences back to back.
        first_token_cycles, last_token_cycles: latency from first and last token in to class out.
        luts, ffs, dsps, brams, sprams: used and available.
        bitstream: file name, None when none was made.
        estimated: what the resource model said the design would take.
        netlist: what it foretells, where that is not what is `used`; see `Built`.
        image: name of the file with the bitstream and the embedding table for the board's flash, None where the
            bitstream holds all.
        note: what is left to the user.
        seconds: of each step.
        peak_megabytes: of the largest tool process.
        tools: names and versions.

    Raises:
        HwgenError: when `bitstream` or `image` names a file elsewhere.
    """

    board: str
    title: str
    model: str
    digest: str
    bits: int
    engine: str
    aim: str
    dev_accuracy: float | None
    test_accuracy: float | None
    toy: bool
    checked_sentences: int
    oscillator: float
    clock: float
    pll: bool
    baud: int
    fmax: float | None
    critical_path: str
    seed: int | None
    token: str
    tokens_per_sentence: int
    classes: int
    cycles_per_sentence: float
    first_token_cycles: int
    last_token_cycles: int
    luts: tuple[float, int]
    ffs: tuple[float, int]
    dsps: tuple[float, int]
    brams: tuple[float, int]
    bitstream: str | None
    note: str
    seconds: dict[str, float]
    peak_megabytes: int
    tools: dict[str, str]
    estimated: Utilisation
    sprams: tuple[float, int] = (0, 0)
    image: str | None = None
    netlist: Utilisation | None = None

    def __post_init__(self) -> None:
        for name in ("bitstream", "image"):
            file = getattr(self, name)
            if file is not None and Path(file).name != file:
                raise HwgenError(f"{name}: {tables.shown(file)} is not the name of a file")

    @property
    def sentences_per_second(self) -> float:
        """Sentences a second of the circuit at the clock that the board runs at."""
        return self.clock / self.cycles_per_sentence

    @property
    def sentences_per_second_over_link(self) -> float:
        """Sentences a second that the line to the host carries, or the circuit where that is slower."""
        carried = Link(self.baud).sentences_per_second(self.tokens_per_sentence, self.classes)
        return min(carried, self.sentences_per_second)

    def as_json(self) -> dict[str, Any]:
        """Plain values, with the derived speeds."""
        return dataclasses.asdict(self) | {
            "sentences_per_second_over_link": round(self.sentences_per_second_over_link),
            "sentences_per_second_at_board_clock": round(self.sentences_per_second),
            "sentences_per_second_at_fmax": self.fmax and round(self.fmax / self.cycles_per_sentence),
            "first_token_latency_ns": round(self.first_token_cycles / self.clock * 1e9),
            "last_token_latency_ns": round(self.last_token_cycles / self.clock * 1e9),
        }

    @classmethod
    def load(cls, folder: Path) -> Report:
        """Read what `save` wrote, and check it.

        Raises:
            HwgenError: as `hwgen.report_file.read`.
        """
        return report_file.read(cls, folder)

    def _estimate(self, name: str) -> str:
        """What had been expected of a resource, and how far off that was."""
        expected, used = getattr(self.estimated, name), getattr(self, name)[0]
        counted = getattr(self.netlist, name) if self.netlist else used
        if expected == counted:
            return ", as estimated" if used else ""
        of = f" of the netlist's {counted:g}" if counted != used else ""
        return f", estimated {expected:g}" + (f" ({expected / counted - 1:+.0%}{of})" if counted else "")

    def save(self, folder: Path) -> None:
        """Write `report.json` into the folder of a build that is not finished."""
        (folder / report_file.FILE).write_text(json.dumps(self.as_json(), indent=1) + "\n", encoding="utf-8")

    def table(self, folder: Path) -> Table:
        """One table, a line each."""
        table = Table(title=f"{self.model} on {self.title}", show_header=False, title_justify="left")
        table.add_column(style="bold")
        table.add_column()
        toy = " (toy corpus)" if self.toy else ""
        if self.test_accuracy is not None:
            table.add_row("accuracy", f"test {self.test_accuracy:.1%}, dev {self.dev_accuracy or 0:.1%}{toy}")
        table.add_row("golden check", f"{self.checked_sentences} sentences equal in simulation, every score")
        table.add_row("aim", self.aim)
        table.add_row("engine", f"{self.engine}, {self.bits} bits")
        source = f", by PLL from {self.oscillator / 1e6:g} MHz" if self.pll else ""
        routed = f"; routed {self.fmax / 1e6:.1f} MHz" if self.fmax else "; not routed"
        table.add_row("clock", f"{self.clock / 1e6:g} MHz{source}{routed}")
        if self.critical_path:
            table.add_row("critical path", self.critical_path)
        sentences = f"sentences/s of {self.tokens_per_sentence} {self.token}s"
        carried = f"{self.sentences_per_second_over_link:,.0f} {sentences}"
        table.add_row("throughput over the link", f"{carried} ({self.baud:,} baud)")
        reached = f", {self.fmax / self.cycles_per_sentence:,.0f} at the routed clock" if self.fmax else ""
        table.add_row("throughput of the circuit", f"{self.sentences_per_second:,.0f}{reached}")
        for name, cycles in (("first", self.first_token_cycles), ("last", self.last_token_cycles)):
            micro = cycles / self.clock * 1e6
            table.add_row(f"latency, {name} {self.token} to class", f"{cycles} cycles, {micro:.2f} µs")
        for name in ("luts", "ffs", "dsps", "brams", "sprams"):
            used, available = getattr(self, name)
            if name == "sprams" and not available:
                continue
            share = f" ({used / available:.0%})" if available else ""
            table.add_row(name[:-1].upper(), f"{used:g} of {available}{share}{self._estimate(name)}")
        table.add_row("bitstream", str(folder / self.bitstream) if self.bitstream else f"none: {self.note}")
        if self.image:
            table.add_row("flash image", f"{folder / self.image} (bitstream and embedding table)")
        return table
