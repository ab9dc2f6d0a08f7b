"""The search for a cheap adder graph.

Two searches for common parts, each followed by the same summing up of what is left of every row; of graphs with two
operands an adder, the cheaper is taken. `da4ml.cmvm.solve` (distributed arithmetic with common-subexpression
elimination) looks for what the taps of all rows share of one token, the transposed form. `_Greedy` looks for pairs of
terms that come again with any shift, sign and delay: what one filter does to this token, another does to the last. It
finds the cheaper graph for the shipped models, and the only one where an adder has three operands.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np
from da4ml.cmvm import QInterval, solve

from hwgen.graph.tensor import Integers, TensorType, width_of
from hwgen.rtl.sums.adder_graph import AdderGraph, Sum, Term, interval, moved

_DA4ML_ADD, _DA4ML_SUBTRACT, _DA4ML_INPUT = 0, 1, -1
_CHOICES = 6
"""Terms of a row, the least deep ones, among which the next sum is chosen."""
_DEPTH_PRICE = 0.5
"""Bits of adder that a level of depth may cost: every level is a cycle of latency and a row of registers."""
Search = Callable[["_Builder", Integers], list[list[Term]]]
"""Puts common parts into a builder and returns the terms that are left of each row."""
_DEEPEST = 5
"""Sums on the longest path to a shared pair: more save no bits, but make chains where rows are few and long."""


def pairs(rows: Iterable[Integers]) -> int:
    """Pairs of signed digits in the same row of a matrix, which the searches begin with.

    150,000 of them take some five seconds; the time grows with their square.
    """
    digits = (int(np.bitwise_count(np.abs(row) ^ 3 * np.abs(row)).sum()) for row in rows)  # no two side by side
    return sum(count * (count - 1) // 2 for count in digits)


def adder_graph(matrix: Integers, constants: Integers, source: TensorType, arity: int = 2) -> AdderGraph:
    """A cheap graph for ``matrix`` of shape ``(rows, taps, channels)``, delay 0 first, and inputs inside `source`.

    Args:
        constants: ``(rows,)``, added to the rows.
        arity: operands an adder may have, 2 or 3.

    Raises:
        AssertionError: if a search's graph is not exactly the matrix (a defect, never silently passed on).
    """
    matrix = matrix * ((source.low != 0) | (source.high != 0))  # an input that is always zero takes no adder
    if matrix.shape[1] == 1:  # nor does one that is always the same; before a window's tokens it is zero
        fixed = source.low == source.high
        constants = constants + matrix[:, 0, fixed] @ source.low[fixed]
        matrix = matrix * ~fixed
    data = (matrix.astype(np.int64), constants.astype(np.int64), source.low, source.high)
    return _found(*(array.tobytes() for array in data), matrix.shape, arity)


@lru_cache(maxsize=256)
def _found(
    matrix: bytes, constants: bytes, low: bytes, high: bytes, shape: tuple[int, int, int], arity: int
) -> AdderGraph:
    """`adder_graph` of arrays as bytes, by which what was found once is found again."""
    given = np.frombuffer(matrix, dtype=np.int64).reshape(shape)
    wanted = np.frombuffer(constants, dtype=np.int64)
    source = TensorType(np.frombuffer(low, dtype=np.int64), np.frombuffer(high, dtype=np.int64), per_token=True)
    searches = (by_pairs, by_tap) if arity == 2 else (by_pairs,)
    graphs = [searched(search, given, wanted, source, arity) for search in searches]
    return min(graphs, key=lambda graph: graph.adder_bits(source))


def searched(search: Search, matrix: Integers, constants: Integers, source: TensorType, arity: int) -> AdderGraph:
    """The graph that one search finds, of inputs that are not always zero; see `adder_graph`."""
    builder = _Builder(source, matrix.shape[1])
    rows = search(builder, matrix)
    roots = [builder.row(terms, constant, arity) for terms, constant in zip(rows, constants.tolist(), strict=True)]
    graph = AdderGraph(source.channels, matrix.shape[1], tuple(builder.sums), tuple(roots))
    assert np.array_equal(graph.matrix, matrix), f"{search.__name__}: the adder graph does not compute the matrix"
    assert np.array_equal(graph.constants, constants), f"{search.__name__}: the constants are not those asked for"
    return graph


class _Builder:
    """Sums made so far, with what is known of their nodes."""

    def __init__(self, source: TensorType, taps: int) -> None:
        self.source = source
        self.sums: list[Sum] = []
        units = np.zeros((source.channels, taps, source.channels), dtype=np.int64)
        units[np.arange(source.channels), 0, np.arange(source.channels)] = 1
        self.forms: list[Integers] = list(units)
        self.depths = [0] * source.channels
        self.widths = [width_of(int(low), int(high))[0] for low, high in zip(source.low, source.high, strict=True)]

    def add(self, terms: Sequence[Term], *, aligned: bool = False) -> Term:
        """A sum as a new node, and the term that stands for it: negated where that saves bits.

        Args:
            aligned: whether the node shall begin at the earliest delay, as one that comes again at others must.
        """
        shift = min(term.shift for term in terms)
        delay = min(term.delay for term in terms) if aligned else 0
        # The lowest bits of an operand pass, unless it is negated.
        negate = min((term.shift, term.negate) for term in terms)[1]
        own = [Term(t.node, t.shift - shift, t.delay - delay, t.negate != negate) for t in terms]
        return Term(self._keep(own), shift, delay, negate)

    def row(self, terms: Iterable[Term], constant: int, arity: int) -> Term:
        """Sum up a row's terms and its constant, and return its root."""
        left = list(terms)
        while (operands := len(left) + bool(constant)) > arity:
            spare = (operands - 1) % (arity - 1)  # so that all later sums are full
            choices = sorted(left, key=self._order)[:_CHOICES]
            taken = min(combinations(choices, min(arity - spare, len(choices))), key=self._price)
            left = [*(term for term in left if term not in taken), self.add(taken)]
        if len(left) == arity and all(term.negate for term in left):  # an adder adds one operand at least
            left = [self.add(left)]
        if len(left) == 1 and not constant and not left[0].negate:
            return left[0]
        return Term(self._keep(left, constant))

    def _keep(self, terms: Sequence[Term], constant: int = 0) -> int:
        """The number of a new node."""
        self.sums.append(Sum(tuple(terms), constant))
        self.forms.append(self._form(terms))
        self.widths.append(self._width(terms, constant))
        self.depths.append(1 + max((self.depths[term.node] for term in terms), default=-1))
        return len(self.forms) - 1

    def _form(self, terms: Sequence[Term]) -> Integers:
        return sum((moved(self.forms[term.node], term) for term in terms), np.zeros_like(self.forms[0]))

    def _width(self, terms: Sequence[Term], constant: int = 0) -> int:
        low, high = interval(self._form(terms), np.array(constant), self.source)
        return width_of(int(low), int(high))[0]

    def _order(self, term: Term) -> tuple[int, int, int]:
        return self.depths[term.node], self.widths[term.node] + term.shift, term.node

    def _price(self, terms: Sequence[Term]) -> float:
        """Bits to be added up for their sum, and its depth."""
        bits = self._width(terms) - Sum(tuple(terms)).start
        return bits + _DEPTH_PRICE * max(self.depths[term.node] for term in terms)


def by_tap(builder: _Builder, matrix: Integers) -> list[list[Term]]:
    """Transposed form: what the taps of all rows make of one token is one matrix."""
    rows, taps, channels = matrix.shape
    values = _da4ml(builder, matrix.reshape(rows * taps, channels))
    by_row = (values[row * taps : (row + 1) * taps] for row in range(rows))
    return [
        [Term(v.node, v.shift, v.delay + delay, v.negate) for delay, v in enumerate(row) if v is not None]
        for row in by_row
    ]


def _da4ml(builder: _Builder, matrix: Integers) -> list[Term | None]:
    """The rows of ``matrix @ x`` as terms; None for a row of zeros."""
    source = builder.source
    distinct, scaling = _distinct_rows(matrix)
    # hard_dc=0: no deeper than a balanced tree, since every level is a cycle of latency and a row of registers.
    pipeline = solve(
        np.ascontiguousarray(distinct.T, dtype=np.float32),
        # With zero in every interval: da4ml takes a constant for nothing.
        qintervals=[
            QInterval(float(min(low, 0)), float(max(high, 0)), 1.0)
            for low, high in zip(source.low, source.high, strict=True)
        ],
        hard_dc=0,
    )
    values: list[Term | None] = [Term(channel) for channel in range(source.channels)]
    for stage in pipeline.solutions:
        values = _da4ml_stage(builder, stage, values)
    return [_moved(values[row], shift, negate) for row, shift, negate in scaling]


def _distinct_rows(matrix: Integers) -> tuple[Integers, list[tuple[int, int, bool]]]:
    """Rows that differ by more than shift and sign, and each row of `matrix` as (distinct row, shift, negated)."""
    joint = np.bitwise_or.reduce(np.abs(matrix), axis=1)
    shifts = np.log2(np.maximum(joint & -joint, 1)).astype(np.int64)  # trailing zeros all entries share
    first = matrix[np.arange(len(matrix)), (matrix != 0).argmax(axis=1)]
    signs = np.where(first < 0, -1, 1)
    rows, which = np.unique(signs[:, None] * (matrix >> shifts[:, None]), axis=0, return_inverse=True)
    return rows, list(zip(which.tolist(), shifts.tolist(), (signs < 0).tolist(), strict=True))


def _da4ml_stage(builder: _Builder, stage: object, sources: list[Term | None]) -> list[Term | None]:
    """Add the sums of one of da4ml's stages; returns its outputs."""
    buffer: list[Term | None] = []
    for op in stage.ops:  # type: ignore[attr-defined]
        if op.opcode == _DA4ML_INPUT:
            buffer.append(_moved(sources[op.id0], stage.inp_shifts[op.id0], False))  # type: ignore[attr-defined]
        elif op.opcode in (_DA4ML_ADD, _DA4ML_SUBTRACT):
            operands = [buffer[op.id0], _moved(buffer[op.id1], op.data, op.opcode == _DA4ML_SUBTRACT)]
            present = [operand for operand in operands if operand is not None]
            buffer.append(builder.add(present) if len(present) == 2 else present[0] if present else None)
        else:
            raise AssertionError(f"unexpected operation {op.opcode} in a constant matrix")
    outputs = zip(stage.out_idxs, stage.out_shifts, stage.out_negs, strict=True)  # type: ignore[attr-defined]
    return [None if index < 0 else _moved(buffer[index], shift, negate) for index, shift, negate in outputs]


def _moved(value: Term | None, shift: int, negate: bool) -> Term | None:
    return value and Term(value.node, value.shift + int(shift), value.delay, value.negate != bool(negate))


def by_pairs(builder: _Builder, matrix: Integers) -> list[list[Term]]:
    """Again and again the pair of terms that is worth most, at all shifts, signs and delays at once."""
    return [[Term(*term) for term in sorted(row)] for row in _Greedy(builder, matrix).rows]


_Item = tuple[int, int, int, bool]
"""Node, shift, delay, negated: a `Term` that is cheap to hash."""
_Pattern = tuple[int, int, int, int, bool]
"""Two nodes, and the second one's shift, delay and sign as the first one sees them."""


class _Greedy:
    """Rows as sets of terms, at first the digits of the weights, and how often each pair comes in them.

    After Hartley's (IEEE TCAS II 43, 1996) elimination of two-term sub-expressions among signed digits, with delays
    beside shifts.
    """

    def __init__(self, builder: _Builder, matrix: Integers) -> None:
        self.builder = builder
        self.rows: list[set[_Item]] = [set() for _ in matrix]
        self.counts: dict[_Pattern, int] = {}
        self.worth: dict[_Pattern, float] = {}
        self.queue: list[tuple[float, _Pattern]] = []
        for row, delay, channel in np.argwhere(matrix).tolist():
            for shift, negate in signed_digits(int(matrix[row, delay, channel])):
                self._put(self.rows[row], (channel, shift, delay, negate))
        while self.queue:
            promised, pattern = heapq.heappop(self.queue)
            value = self._value(pattern)
            if value == -promised:
                self._share(pattern)
            elif value > 0:  # there were more of them when it was promised
                heapq.heappush(self.queue, (-value, pattern))

    def _share(self, pattern: _Pattern) -> None:
        """Put a new node in the place of every such pair."""
        first, second, shift, delay, negate = pattern
        matches = []
        for row in self.rows:
            used: set[_Item] = set()
            for item in sorted(row):
                partner = (second, item[1] + shift, item[2] + delay, item[3] != negate)
                if item[0] == first and item not in used and partner in row and partner not in used:
                    used |= {item, partner}
                    matches.append((row, item, partner))
        if len(matches) < 2:  # pairs that overlap, such as two of three equal steps
            self.counts[pattern] = 0
            return
        _, item, partner = matches[0]
        node, at, since, sign = self._node(item, partner)
        for row, item, partner in matches:
            self._take(row, item)
            self._take(row, partner)
            self._put(row, (node, at + item[1], since + item[2], sign != item[3]))

    def _node(self, item: _Item, partner: _Item) -> _Item:
        """A node for the pair, and where it stands as the first of them sees it."""
        term = self.builder.add([Term(*item), Term(*partner)], aligned=True)
        return term.node, term.shift - item[1], term.delay - item[2], term.negate != item[3]

    def _put(self, row: set[_Item], item: _Item) -> None:
        for other in row:
            pattern = _pattern(item, other)
            count = self.counts[pattern] = self.counts.get(pattern, 0) + 1
            if count > 1 and (value := self._value(pattern)):
                heapq.heappush(self.queue, (-value, pattern))
        row.add(item)

    def _take(self, row: set[_Item], item: _Item) -> None:
        row.discard(item)
        for other in row:
            self.counts[_pattern(item, other)] -= 1

    def _value(self, pattern: _Pattern) -> float:
        """Adders saved, those with long overlaps the sooner."""
        worth = self.worth.get(pattern)
        if worth is None:
            first, second, shift, _, _ = pattern
            widths, depths = self.builder.widths, self.builder.depths
            overlap = min(widths[first], widths[second] + shift) - max(0, shift)
            deep = max(depths[first], depths[second]) >= _DEEPEST
            worth = self.worth[pattern] = 0 if deep else 1 + 0.05 * max(overlap, 0)
        return worth * (self.counts[pattern] - 1)


def _pattern(one: _Item, other: _Item) -> _Pattern:
    first, second = (one, other) if one < other else (other, one)
    return first[0], second[0], second[1] - first[1], second[2] - first[2], first[3] != second[3]


def signed_digits(value: int) -> list[tuple[int, bool]]:
    """Shifts and signs of the powers of two whose sum is `value`, no two next to each other: the fewest there are."""
    digits = []
    shift = 0
    while value:
        if value & 1:
            digit = 2 - (value & 3)
            digits.append((shift, digit < 0))
            value -= digit
        value >>= 1
        shift += 1
    return digits
