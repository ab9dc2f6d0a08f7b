"""Adders of a `Compressor` as the cells of a part: look-up tables and carry chains, placed by hand.

Synthesis alone makes a count of n bits twice to four times as large. The cells are primitives of the vendors' libraries
(Xilinx UG474, Lattice TN-02032, Lattice's iCE technology library, Gowin UG288), for which yosys has models.

On the parts with four-input tables, the chains of a level stand in one line: a cell whose two operands are the same bit
z hands the carry of the chain below it out as its sum, and z up as the carry in of the chain above. So a chain costs
its own cells and one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from amaranth.hdl import C, Cat, Instance, Module, Signal, Value

from hwgen.rtl.compressor import Adder, Atom

LONGEST_LINE = 64
"""Cells of a line; a timing analyser sees a path along the whole of it."""

Wires = dict[int, Value]
"""The bits of a plan that exist so far."""

Ecp5Cell = tuple[int, tuple[Value, ...]]
"""Half of a CCU2C: its table, and what is on A, B, C and D."""

_ZERO = C(0, 1)


def add(m: Module, adders: Sequence[Adder], wires: Wires, family: str | None) -> None:
    """Place `adders`, whose inputs are in `wires`, and put their outputs there.

    Args:
        family: of the part; None writes plain sums, which any synthesis or simulation understands.
    """
    if family is None:
        for adder in adders:
            _put(adder, _plain(m, adder, wires), wires)
        return
    chains = [adder for adder in adders if adder.atoms]
    for adder in adders:
        if not adder.atoms:
            bits = [wires[bit] for bit in adder.single]
            if family == "xilinx":
                _put(adder, two_outputs(m, parity, majority, bits), wires)
            else:
                _put(adder, [_lut(m, function, bits, family) for function in (parity, majority)], wires)
    if family == "xilinx":
        for adder in chains:
            _put(adder, _xilinx_chain(m, adder, wires), wires)
        return
    for line in _lines(chains):
        _line(m, line, wires, family)


def _put(adder: Adder, values: Sequence[Value], wires: Wires) -> None:
    wires.update(zip(adder.outputs, values, strict=False))


def _plain(m: Module, adder: Adder, wires: Wires) -> list[Value]:
    total = Signal(len(adder.outputs), name=f"sum_{adder.outputs[0]}")
    terms = [wires[bit] for bit in (*adder.single, *([] if adder.carry_in is None else [adder.carry_in]))]
    place = 0
    for atom in adder.atoms:
        terms += [wires[bit] << place for bit in atom.low] + [wires[bit] << (place + 1) for bit in atom.high]
        place += atom.cells
    m.d.comb += total.eq(sum(terms, C(0)))
    return list(total)


def _table(function: Callable[..., int], inputs: int) -> int:
    """The truth table of `function`, its first argument counting fastest."""
    return sum(bool(function(*(row >> place & 1 for place in range(inputs)))) << row for row in range(1 << inputs))


def parity(*bits: int) -> int:
    return sum(bits) & 1


def majority(*bits: int) -> int:
    return int(sum(bits) >= 2)


# ---- look-up tables


def _lut(m: Module, function: Callable[..., int], inputs: Sequence[Value], family: str) -> Value:
    """One table with one output."""
    output = Signal()
    count = len(inputs)
    if family == "ice40":
        padded = [*inputs, *[_ZERO] * (4 - count)]
        pins = {f"i_I{place}": value for place, value in enumerate(padded)}
        m.submodules += Instance("SB_LUT4", p_LUT_INIT=C(_wide(function, count, 4), 16), **pins, o_O=output)
    elif family == "ecp5":
        padded = [*inputs, *[_ZERO] * (4 - count)]
        pins = {f"i_{name}": value for name, value in zip("ABCD", padded, strict=True)}
        m.submodules += Instance("LUT4", p_INIT=C(_wide(function, count, 4), 16), **pins, o_Z=output)
    else:
        pins = {f"i_I{place}": value for place, value in enumerate(inputs)}
        output_pin = {"o_F" if family == "gowin" else "o_O": output}
        init = C(_table(function, count), 1 << count)
        m.submodules += Instance(f"LUT{count}", p_INIT=init, **pins, **output_pin)
    return output


def _wide(function: Callable[..., int], count: int, inputs: int) -> int:
    """`function` of `count` arguments as a table of more `inputs`, the rest of which do not matter."""
    return _table(lambda *bits: function(*bits[:count]), inputs)


def two_outputs(
    m: Module, upper: Callable[..., int], lower: Callable[..., int], inputs: Sequence[Value]
) -> tuple[Value, Value]:
    """A 7-series table of up to five inputs with both its outputs, O6 and O5."""
    upper_output, lower_output = Signal(), Signal()
    count = len(inputs)
    padded = [*inputs, *[_ZERO] * (5 - count), C(1, 1)]
    init = C(_wide(upper, count, 5) << 32 | _wide(lower, count, 5), 64)
    pins = {f"i_I{place}": value for place, value in enumerate(padded)}
    m.submodules += Instance("LUT6_2", p_INIT=init, **pins, o_O6=upper_output, o_O5=lower_output)
    return upper_output, lower_output


# ---- 7-series carry chains: sum = S ^ carry, next carry = S ? carry : DI


def _xilinx_chain(m: Module, adder: Adder, wires: Wires) -> list[Value]:
    cells: list[tuple[Value, Value]] = []
    for atom in adder.atoms:
        # The slice has one pin for the first DI and a carry in from the fabric; with both, DI comes from the table.
        cells += _xilinx_atom(m, atom, wires, crowded=not cells and adder.carry_in is not None)
    return xilinx_carries(m, cells, wires[adder.carry_in] if adder.carry_in is not None else _ZERO)


def xilinx_carries(m: Module, cells: Sequence[tuple[Value, Value]], start: Value) -> list[Value]:
    """A 7-series carry chain over `cells`, S and DI of each; their sums, and the last carry.

    Args:
        start: the first carry.
    """
    sums: list[Value] = []
    carry: Value = _ZERO
    for first in range(0, len(cells), 4):
        part = [*cells[first : first + 4]]
        part += [(_ZERO, _ZERO)] * (4 - len(part))
        carries, outputs = Signal(4), Signal(4)
        m.submodules += Instance(
            "CARRY4",
            i_CI=carry,
            i_CYINIT=_ZERO if first else start,
            i_S=Cat(propagate for propagate, _ in part),
            i_DI=Cat(generate for _, generate in part),
            o_CO=carries,
            o_O=outputs,
        )
        sums += list(outputs)
        carry = carries[3]
        last = carries[(len(cells) - 1) % 4]
    return [*sums[: len(cells)], last]


def _xilinx_atom(m: Module, atom: Atom, wires: Wires, *, crowded: bool) -> list[tuple[Value, Value]]:
    low, high = [wires[bit] for bit in atom.low], [wires[bit] for bit in atom.high]
    if atom.cells == 1:
        if len(low) < 2:
            return [(low[0] if low else _ZERO, _ZERO)]
        if crowded:
            return [two_outputs(m, parity, lambda x, y: x, low)]
        return [(_lut(m, parity, low, "xilinx"), low[0])]
    total = _lut(m, parity, low, "xilinx")
    if high:  # the pairs among the first three, and one more
        return [
            (total, low[3]),
            (_lut(m, lambda x, y, z, more: more ^ majority(x, y, z), [*low[:3], *high], "xilinx"), high[0]),
        ]
    pairs = two_outputs(m, lambda *bits: sum(bits) // 2 == 1, lambda *bits: sum(bits) // 2 == 2, low[:5])
    return [(total, low[5]), pairs]


# ---- lines of carry chains where tables have four inputs


@dataclass(frozen=True)
class _Cell:
    """Adds two operands and the carry: two bits, or on ECP5 a function each of ``(a, b)`` and ``(c, d)``.

    Attributes:
        operands: two bits, or four.
        both: of four: whether an operand is the conjunction of its two bits, or else their parity.
        output: the bit of the plan that is its sum; None when nobody wants it.
    """

    operands: tuple[Value, ...]
    output: int | None
    both: bool = False


def _lines(chains: Sequence[Adder]) -> list[list[Adder]]:
    """The chains of a level, as many to a line as it may hold."""
    lines: list[list[Adder]] = []
    room = 0
    for chain in chains:
        if chain.cells + 1 > room or not lines:
            lines.append([])
            room = LONGEST_LINE
        lines[-1].append(chain)
        room -= chain.cells + 1
    return lines


def _line(m: Module, chains: Sequence[Adder], wires: Wires, family: str) -> None:
    cells: list[_Cell] = []
    pending: int | None = None  # the bit that is the carry of the chain before
    carried = False
    for chain in chains:
        carry_in = wires[chain.carry_in] if chain.carry_in is not None else _ZERO
        if carried or chain.carry_in is not None:
            cells.append(_Cell((carry_in, carry_in), pending))
        place = 0
        for atom in chain.atoms:
            operands = tuple(wires[bit] for bit in atom.low)
            if atom.cells == 2:
                cells.append(_Cell(operands, chain.outputs[place]))
                cells.append(_Cell(operands, chain.outputs[place + 1], both=True))
            else:
                cells.append(_Cell((*operands, *[_ZERO] * (2 - len(operands))), chain.outputs[place]))
            place += atom.cells
        carried, pending = chain.ends_in_carry, chain.outputs[-1] if chain.ends_in_carry else None
    if carried:
        cells.append(_Cell((_ZERO, _ZERO), pending))
    outputs = _CELLS[family](m, cells)
    wires.update({cell.output: value for cell, value in zip(cells, outputs, strict=True) if cell.output is not None})


def _ice40_cells(m: Module, cells: Sequence[_Cell]) -> list[Value]:
    sums: list[Value] = []
    carry: Value = _ZERO
    for place, cell in enumerate(cells):
        x, y = cell.operands
        total = Signal()
        if cell.output is not None:
            table = C(_table(lambda _, x, y, carry: parity(x, y, carry), 4), 16)
            pins = {"i_I0": _ZERO, "i_I1": x, "i_I2": y, "i_I3": carry}
            m.submodules += Instance("SB_LUT4", p_LUT_INIT=table, **pins, o_O=total)
        sums.append(total)
        if place < len(cells) - 1:
            following = Signal()
            m.submodules += Instance("SB_CARRY", i_I0=x, i_I1=y, i_CI=carry, o_CO=following)
            carry = following
    return sums


def _gowin_cells(m: Module, cells: Sequence[_Cell]) -> list[Value]:
    sums: list[Value] = []
    carry: Value = _ZERO
    for cell in cells:
        x, y = cell.operands
        total, following = Signal(), Signal()
        # Mode 2 adds or subtracts; I3 says which.
        pins = {"i_I0": x, "i_I1": y, "i_I3": C(1, 1), "i_CIN": carry}
        m.submodules += Instance("ALU", p_ALU_MODE=2, **pins, o_SUM=total, o_COUT=following)
        sums.append(total)
        carry = following
    return sums


def _ecp5_cells(m: Module, cells: Sequence[_Cell]) -> list[Value]:
    return ecp5_carries(m, [_ecp5_table(cell) for cell in cells], _ZERO)


def ecp5_carries(m: Module, cells: Sequence[Ecp5Cell], start: Value | None) -> list[Value]:
    """An ECP5 carry chain: sum = table ^ carry, next carry = table ? carry : the table of A and B at C = D = 0.

    Args:
        start: the first carry. None where the first cell makes the second by itself and nobody wants its sum; place
            and route spends two cells on any other, constants included, and two where a last carry has a wire.

    Returns:
        The sums.
    """
    sums: list[Value] = []
    carry = start
    idle = (0, (_ZERO,) * 4)
    for first in range(0, len(cells), 2):
        pins: dict[str, object] = {} if carry is None else {"i_CIN": carry}
        for half, (table, inputs) in enumerate([*cells[first : first + 2], idle][:2]):
            pins |= {f"p_INIT{half}": C(table, 16), f"p_INJECT1_{half}": "NO"}
            pins |= {f"i_{name}{half}": value for name, value in zip("ABCD", inputs, strict=True)}
        total = Signal(2)
        if first + 2 < len(cells):
            carry = Signal()
            pins["o_COUT"] = carry
        m.submodules += Instance("CCU2C", **pins, o_S0=total[0], o_S1=total[1])
        sums += list(total)
    return sums[: len(cells)]


def ecp5_cell(adds: Callable[[int, int], int], carries: Callable[[int, int], int], x: Value, y: Value) -> Ecp5Cell:
    """Of two bits: what it adds to the carry, and the carry it makes where that is 0.

    D, which is 1, tells the two functions apart.
    """
    return _table(lambda x, y, _, d: adds(x, y) if d else carries(x, y), 4), (x, y, _ZERO, C(1, 1))


def _ecp5_table(cell: _Cell) -> Ecp5Cell:
    if len(cell.operands) == 2:
        return ecp5_cell(lambda x, y: x ^ y, lambda x, _: x, *cell.operands)
    # With C = D = 0 the second operand is 0, and the table shows the first: just the carry where both are equal.
    if cell.both:
        return _table(lambda a, b, c, d: (a & b) ^ (c & d), 4), cell.operands
    return _table(parity, 4), cell.operands


_CELLS = {"ice40": _ice40_cells, "gowin": _gowin_cells, "ecp5": _ecp5_cells}
