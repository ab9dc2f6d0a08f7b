"""Names of exported modules."""

from __future__ import annotations

import re

from hwgen.errors import HwgenError
from hwgen.tables import shown

DEFAULT = "hwgen_classifier"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_KEYWORDS = frozenset(
    # Verilog and SystemVerilog; those that a name for a classifier might meet, in full for the short ones.
    """always and assign automatic begin bit buf byte case cell class clocking config const cover cross deassign default
    defparam design disable do edge else end endmodule enum event export extends extern final for force forever fork
    function generate genvar global if import in include initial inout input inside instance int integer interface join
    large library local localparam logic longint macromodule medium module nand negedge new nmos nor not null or output
    package packed parameter pmos posedge primitive priority program property protected pull0 pull1 pure rand real
    realtime ref reg release repeat return rtran scalared sequence shortint signed small solve specify static string
    strong strong0 strong1 struct super supply0 supply1 table tagged task this throughout time timeprecision timeunit
    tran tri tri0 tri1 triand trior type typedef union unique unsigned use var vectored virtual void wait wand weak
    weak0 weak1 while wildcard wire with within wor xnor xor""".split()
)


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a Verilog module and of a file.

    Raises:
        HwgenError: saying what it may be.
    """
    if not _NAME.fullmatch(name) or name in _KEYWORDS:
        raise HwgenError(
            f"--name: {shown(name)} is no module's name; use up to 64 letters, digits and underscores, no keyword, "
            f"such as {DEFAULT}"
        )
