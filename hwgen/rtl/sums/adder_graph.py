"""Constant sums over a window of tokens as a graph of shifts, delays and adders, with shared parts and exact widths.

A node is a linear form of the inputs of this token and of earlier ones, and a constant: its extremes follow from its
coefficients, so every register and adder is exactly as wide as its values need.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwgen.graph.tensor import Integers, TensorType, width_of


@dataclass(frozen=True)
class Term:
    """``+-(node << shift)``, of `delay` tokens ago."""

    node: int
    shift: int = 0
    delay: int = 0
    negate: bool = False


@dataclass(frozen=True)
class Sum:
    """Terms and a constant. Terms and a non-zero constant are its operands; with two or more, one at least is added."""

    terms: tuple[Term, ...]
    constant: int = 0

    @property
    def operands(self) -> list[tuple[int, bool]]:
        """Shift, and whether negated, of each."""
        shifted = [(term.shift, term.negate) for term in self.terms]
        return [*shifted, (trailing_zeros(self.constant), False)] if self.constant else shifted

    @property
    def start(self) -> int:
        """The lowest bit that is added up; those below pass from the one operand that has them."""
        operands = sorted(self.operands)
        if len(operands) < 2 or operands[0][1]:
            return operands[0][0] if operands else 0
        return operands[1][0]


def trailing_zeros(value: int) -> int:
    """Of an integer that is not zero."""
    return (value & -value).bit_length() - 1


@dataclass(frozen=True)
class AdderGraph:
    """Adders that compute ``sum over d, c of matrix[r, d, c] * x[t - d, c] + constants[r]`` for every row r.

    Before the first token, x is zero.

    Attributes:
        inputs: channels of x; nodes ``0 .. inputs-1`` are they, at this token.
        taps: tokens of the window; delays are below it.
        sums: node ``inputs + i`` is sum i, whose terms come before it.
        roots: the node of each row, as it is or shifted or delayed, never negated.
    """

    inputs: int
    taps: int
    sums: tuple[Sum, ...]
    roots: tuple[Term, ...]

    @cached_property
    def forms(self) -> tuple[Integers, Integers]:
        """Every node as coefficients ``(nodes, taps, inputs)`` and constants ``(nodes,)``."""
        count = self.inputs + len(self.sums)
        coefficients = np.zeros((count, self.taps, self.inputs), dtype=np.int64)
        constants = np.zeros(count, dtype=np.int64)
        coefficients[np.arange(self.inputs), 0, np.arange(self.inputs)] = 1
        for node, each in enumerate(self.sums, start=self.inputs):
            constants[node] = each.constant
            for term in each.terms:
                coefficients[node] += moved(coefficients[term.node], term)
                constants[node] += _scaled(constants[term.node], term)
        return coefficients, constants

    @property
    def matrix(self) -> Integers:
        """``(rows, taps, inputs)``: what the roots compute; delay 0 first."""
        return np.array([moved(self.forms[0][root.node], root) for root in self.roots])

    @property
    def constants(self) -> Integers:
        """``(rows,)``."""
        return np.array([_scaled(self.forms[1][root.node], root) for root in self.roots])

    def intervals(self, source: TensorType) -> tuple[Integers, Integers]:
        """Least and greatest value of every node for inputs inside `source`, and zero ones before the first token."""
        return interval(*self.forms, source)

    def adder_bits(self, source: TensorType) -> int:
        """Bits that are added up, all sums together."""
        total = 0
        for each, low, high in zip(self.sums, *(ends[self.inputs :] for ends in self.intervals(source)), strict=True):
            if len(each.operands) > 1 or any(negate for _, negate in each.operands):
                total += width_of(int(low), int(high))[0] - each.start
        return total

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """Sums on the longest path to each node."""
        depths = [0] * self.inputs
        for each in self.sums:
            depths.append(1 + max((depths[term.node] for term in each.terms), default=-1))
        return tuple(depths)

    @property
    def depth(self) -> int:
        """Sums on the longest path to any root."""
        return max(self.depths[root.node] for root in self.roots)


def moved(form: Integers, term: Term) -> Integers:
    """Coefficients of a term, ``(taps, inputs)``, whose node has `form`."""
    result = np.zeros_like(form)
    result[term.delay :] = form[: len(form) - term.delay] << term.shift
    return -result if term.negate else result


def _scaled(constant: np.int64, term: Term) -> np.int64:
    scaled = constant << term.shift
    return -scaled if term.negate else scaled


def interval(coefficients: Integers, constants: Integers, source: TensorType) -> tuple[Integers, Integers]:
    """Least and greatest value of forms ``(..., taps, inputs)`` with constants ``(...)``.

    At delay 0 there is a token; at every other, there may be none, which counts as zeros.
    """
    positive, negative = np.maximum(coefficients, 0), np.minimum(coefficients, 0)
    lows = positive @ source.low + negative @ source.high
    highs = positive @ source.high + negative @ source.low
    lows[..., 1:], highs[..., 1:] = np.minimum(lows[..., 1:], 0), np.maximum(highs[..., 1:], 0)
    return lows.sum(axis=-1) + constants, highs.sum(axis=-1) + constants
