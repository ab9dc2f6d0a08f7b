"""From flash to an embedding's memory: the table, checked."""

from __future__ import annotations

from amaranth.hdl import Array, C, Cat, Module, ResetInserter, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import Out, connect, flipped

from hwgen.graph.nodes import Embedding
from hwgen.rtl.table.flash_reader import FLASH_PINS, FlashPlace, FlashReader
from hwgen.rtl.table.spram_embedding import TABLE
from hwgen.rtl.table.table_image import CRC, crc, header, table_bytes

ATTEMPTS = 4


class TableLoader(wiring.Component):
    """Reads a table's image, writes the table as it comes, and opens it once header and CRC are found right.

    An image that is wrong is read again, `ATTEMPTS` times in all. Then the table is opened as it is, so that nothing
    waits for ever, and `fault` is set: no result counts any more.

    Takes ``16 x bytes + 2 x pause + 100`` cycles if all is well; a wrong header ends an attempt at once.

    Ports:
        flash: pins of the flash.
        table: `TABLE`, to the embedding.
        fault: there is no table.
    """

    def __init__(self, node: Embedding, digest: bytes, place: FlashPlace) -> None:
        """
        Args:
            digest: of the model, as the header must have it.
        """
        self.header, self.bytes = header(node, digest), table_bytes(node)
        self.reader = FlashReader(place)
        super().__init__({"flash": Out(FLASH_PINS), "table": Out(TABLE), "fault": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        restart = Signal()
        # Once all is read, it stays in reset, and the flash unselected.
        m.submodules.reader = ResetInserter(restart | self.table.open)(self.reader)
        m.submodules.crc = check = crc()
        connect(m, self.reader.flash, flipped(self.flash))
        bytes_, table = self.reader.bytes, self.table
        place, low = Signal(range(self.bytes)), Signal(8)
        attempt = Signal(range(ATTEMPTS))
        size = len(self.header)
        expected = Array(C(byte, 8) for byte in self.header)[place[: (size - 1).bit_length()]]
        moved = bytes_.valid & bytes_.ready
        m.d.comb += [
            check.data.eq(bytes_.payload),
            check.valid.eq(moved),
            table.words.payload.eq(Cat(low, bytes_.payload)),
            table.restart.eq(restart),
        ]
        with m.If(moved):
            m.d.sync += [place.eq(place + 1), low.eq(bytes_.payload)]
        with m.FSM():
            with m.State("HEADER"):
                m.d.comb += [bytes_.ready.eq(1), check.start.eq(place == 0)]
                with m.If(moved & (bytes_.payload != expected)):
                    m.next = "AGAIN"
                with m.Elif(moved & (place == size - 1)):
                    m.d.sync += place.eq(0)
                    m.next = "TABLE"
            with m.State("TABLE"):
                m.d.comb += [
                    table.words.valid.eq(bytes_.valid & place[0]),
                    bytes_.ready.eq(~place[0] | table.words.ready),
                ]
                with m.If(moved & (place == self.bytes - 1)):
                    m.d.sync += place.eq(0)
                    m.next = "CRC"
            with m.State("CRC"):
                m.d.comb += bytes_.ready.eq(1)
                with m.If(moved & (place == CRC.size - 1)):
                    m.next = "JUDGE"
            with m.State("JUDGE"):
                m.next = "AGAIN"
                with m.If(check.match_detected):
                    m.next = "OPEN"
            with m.State("AGAIN"):
                m.d.comb += restart.eq(1)
                m.d.sync += [place.eq(0), attempt.eq(attempt + 1)]
                m.next = "HEADER"
                with m.If(attempt == ATTEMPTS - 1):
                    m.d.sync += self.fault.eq(1)
                    m.next = "OPEN"
            with m.State("OPEN"):
                m.d.comb += table.open.eq(1)
        return m
