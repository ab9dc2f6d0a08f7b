"""What a core will take on a part, by a model that was fitted to synthesis; a family's `costs` are its coefficients."""

from __future__ import annotations

from collections.abc import Iterable

from hwgen.chips.family import ChipFamily
from hwgen.flow.features import Part, parts
from hwgen.flow.utilisation import Utilisation
from hwgen.rtl.core import Core


def estimate(core: Core, family: ChipFamily) -> Utilisation:
    """Of a core with its shell, in about as many milliseconds as it has components.

    Look-up tables and flip-flops are sums of features by coefficients, linear for each kind of component; block RAMs,
    multipliers and SPRAMs are counted. Look-up tables are those of yosys's netlist, carry chains included; of ECP5 and
    iCE40 as nextpnr packs them, with the ends of carry chains, and registers that want a logic cell for themselves.
    """
    return total(parts(core, family), family)


def total(several: Iterable[Part], family: ChipFamily) -> Utilisation:
    """What some parts take together."""
    listed, known = list(several), family.costs

    def sum_of(resource: str) -> int:
        return round(
            sum(
                known[part.kind][resource].get(name, 0) * count
                for part in listed
                for name, count in part.features.items()
            )
        )

    exact = (sum(getattr(part, name) for part in listed) for name in ("dsps", "brams", "sprams"))
    return Utilisation(sum_of("luts"), sum_of("ffs"), *exact)
