"""A SPI flash in simulation, and circuits that boot from it."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.rtl.core import Core
from hwgen.rtl.shell import Shell
from hwgen.rtl.streams import result_stream, token_stream
from hwgen.rtl.table.flash_reader import FLASH_PINS, READ, RELEASE, FlashPlace
from hwgen.rtl.table.table_image import table_image
from hwgen.rtl.table.table_loader import TableLoader

PLACE = FlashPlace(offset=1 << 17, pause=20)
"""Where a simulated core's table is."""


class SimulatedFlash(wiring.Component):
    """A flash in deep power-down that knows two commands: release, and read (SPI mode 0).

    It needs `wake` cycles after the release, and ignores what comes before. Where nothing was written it reads 0xFF.
    Its output follows the falling edge of `clk` one cycle later.

    Ports:
        pins: `FLASH_PINS`, from its side.
    """

    def __init__(self, contents: bytes, offset: int, *, wake: int = 0, bad_reads: int = 0) -> None:
        """
        Args:
            offset: of `contents`; elsewhere it is empty.
            bad_reads: in so many read commands, the first ones, a bit in the middle of `contents` comes out wrong.
        """
        self.contents, self.offset, self.wake, self.bad_reads = contents, offset, wake, bad_reads
        super().__init__({"pins": In(FLASH_PINS)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pins = self.pins
        size = max(len(self.contents), 1)
        m.submodules.memory = memory = Memory(shape=8, depth=size, init=self.contents or b"\xff")
        port = memory.read_port(domain="comb")
        clk, rising, falling = Signal(), Signal(), Signal()
        shift, count, address = Signal(32), Signal(range(33)), Signal(24)
        bit = Signal(3)
        awake, waking = Signal(), Signal(range(self.wake + 1), init=self.wake)
        deaf, reading, reads = Signal(), Signal(), Signal(range(self.bad_reads + 2))
        place, inside = Signal(25), Signal()
        byte = Signal(8)
        bad = (reads <= self.bad_reads) & (place == len(self.contents) // 2)
        m.d.comb += [
            rising.eq(pins.cs & pins.clk & ~clk),
            falling.eq(pins.cs & ~pins.clk & clk),
            place.eq(address - self.offset),
            inside.eq(place < len(self.contents)),
            port.addr.eq(Mux(inside, place, 0)),
            byte.eq(Mux(inside, port.data, 0xFF) ^ bad),
        ]
        m.d.sync += clk.eq(pins.clk)
        released = Signal()
        m.d.comb += released.eq(awake | (~pins.cs & (count == 8) & (shift[:8] == RELEASE)))
        m.d.sync += awake.eq(released)
        with m.If(released & (waking != 0)):
            m.d.sync += waking.eq(waking - 1)
        with m.If(~pins.cs):
            m.d.sync += [count.eq(0), bit.eq(7), deaf.eq(waking != 0), reading.eq(0)]
        with m.If(rising):
            m.d.sync += shift.eq(Cat(pins.copi, shift))
            with m.If(count != 32):
                m.d.sync += count.eq(count + 1)
            with m.If(count == 31):
                m.d.sync += [
                    reading.eq((shift[23:31] == READ) & ~deaf),
                    address.eq(Cat(pins.copi, shift)),
                    reads.eq(Mux(reads > self.bad_reads, reads, reads + 1)),
                ]
        with m.If(falling & reading):
            m.d.sync += [pins.cipo.eq(byte.bit_select(bit, 1)), bit.eq(bit - 1)]
            with m.If(bit == 0):
                m.d.sync += address.eq(address + 1)
        return m


class BootedCore(wiring.Component):
    """A core whose embedding is filled from a simulated flash; has the core's two streams.

    Ports:
        tokens, results: the core's.
    """

    def __init__(self, core: Core, digest: bytes = bytes(8)) -> None:
        assert core.stored is not None
        self.core = core
        self.loader = TableLoader(core.stored.node, digest, PLACE)
        self.flash = SimulatedFlash(table_image(core.stored.node, digest), PLACE.offset, wake=PLACE.pause)
        super().__init__(
            {"tokens": In(token_stream(core.graph.vocabulary)), "results": Out(result_stream(core.scores))}
        )

    @property
    def boot_cycles(self) -> int:
        """Before the first token is taken, at most."""
        return 2 * PLACE.pause + 16 * (len(self.flash.contents) + 16)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.core, m.submodules.loader, m.submodules.flash = self.core, self.loader, self.flash
        connect(m, self.loader.table, self.core.table)
        connect(m, self.loader.flash, self.flash.pins)
        connect(m, flipped(self.tokens), self.core.tokens)
        connect(m, self.core.results, flipped(self.results))
        return m


class FlashedShell(wiring.Component):
    """A shell beside a simulated flash; has the shell's other ports.

    Ports:
        rx, tx: the shell's.
    """

    def __init__(self, shell: Shell, flash: SimulatedFlash) -> None:
        self.shell, self.flash = shell, flash
        self.baud = shell.baud
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shell, flash = self.shell, self.flash
        m.submodules.shell, m.submodules.flash = shell, flash
        connect(m, shell.flash, flash.pins)
        m.d.comb += [shell.rx.eq(self.rx), self.tx.eq(shell.tx)]
        return m


def bootable(core: Core) -> Core | BootedCore:
    """What a simulator runs: the core, beside a flash where its table comes from one."""
    return core if core.stored is None else BootedCore(core)


def flashed(shell: Shell, flash: SimulatedFlash | None = None) -> Shell | FlashedShell:
    """What a virtual board runs: the shell, beside a flash where its table comes from one.

    Args:
        flash: another than the one that `hwgen flash` would leave.
    """
    if shell.loader is None:
        return shell
    place = shell.loader.reader.place
    return FlashedShell(shell, flash or SimulatedFlash(shell.table or b"", place.offset, wake=place.pause))
