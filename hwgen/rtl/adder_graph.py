"""A constant matrix as a graph of shifts and adders, with shared sub-expressions and exact widths.

The search is `da4ml.cmvm.solve` (distributed arithmetic with common-subexpression elimination). What comes back is
re-expressed in plain integers, checked to be the very matrix that was asked for, and given the exact interval of
every node: a node is a linear form of the inputs, so its extremes follow from its coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from da4ml.cmvm import QInterval, solve

from hwgen.graph.tensor import Integers, TensorType

_ADD, _SUBTRACT, _INPUT = 0, 1, -1


@dataclass(frozen=True)
class Adder:
    """``(left << left_shift) +- (right << right_shift)``; operands are node numbers, inputs first."""

    left: int
    right: int
    left_shift: int
    right_shift: int
    subtract: bool


@dataclass(frozen=True)
class Root:
    """One output: ``+-(node << shift)``, or zero when `node` is None."""

    node: int | None
    shift: int = 0
    negate: bool = False


@dataclass(frozen=True)
class AdderGraph:
    """Adders that compute ``matrix @ x`` for a constant integer matrix (columns of ever-zero inputs as zeros).

    Attributes:
        inputs: length of x; nodes ``0 .. inputs-1`` are its elements.
        adders: node ``inputs + i`` is adder i; operands come before it.
        roots: one per row of the matrix.
    """

    inputs: int
    adders: tuple[Adder, ...]
    roots: tuple[Root, ...]

    @classmethod
    def solve(cls, matrix: Integers, source: TensorType) -> AdderGraph:
        """Search a cheap graph for ``matrix`` of shape ``(rows, channels)`` and inputs inside `source`.

        Raises:
            AssertionError: if the solver's graph is not exactly the matrix (a defect, never silently passed on).
        """
        matrix = matrix * ((source.low != 0) | (source.high != 0))  # an input that is always zero takes no adder
        rows, scaling = _distinct_rows(matrix)
        intervals = [QInterval(float(low), float(high), 1.0) for low, high in zip(source.low, source.high, strict=True)]
        # hard_dc=0: no deeper than a balanced tree, since every level is a cycle of latency and a row of registers.
        pipeline = solve(np.ascontiguousarray(rows.T, dtype=np.float32), qintervals=intervals, hard_dc=0)
        builder = _Builder(matrix.shape[1])
        values: list[_Scaled | None] = [_Scaled(i, 0, False) for i in range(matrix.shape[1])]
        for stage in pipeline.solutions:
            values = builder.add_stage(stage, values)
        roots = []
        for row, shift, negate in scaling:
            value = _moved(values[row], shift, negate)
            if value is None:
                roots.append(Root(None))
            else:
                assert value.exponent >= 0, "a row with a fractional factor"
                roots.append(Root(value.node, value.exponent, value.negate))
        graph = cls(matrix.shape[1], tuple(builder.adders), tuple(roots))
        assert np.array_equal(graph.matrix, matrix), "the adder graph does not compute the matrix"
        return graph

    @cached_property
    def coefficients(self) -> Integers:
        """``(nodes, inputs)``: every node as a linear form of the inputs."""
        rows = list(np.eye(self.inputs, dtype=np.int64))
        for adder in self.adders:
            right = rows[adder.right] << adder.right_shift
            rows.append((rows[adder.left] << adder.left_shift) + (-right if adder.subtract else right))
        return np.array(rows)

    @property
    def matrix(self) -> Integers:
        """``(rows, inputs)``: what the roots compute."""
        zero = np.zeros(self.inputs, dtype=np.int64)
        return np.array(
            [
                zero if root.node is None else (self.coefficients[root.node] << root.shift) * (-1 if root.negate else 1)
                for root in self.roots
            ]
        )

    def intervals(self, source: TensorType) -> tuple[Integers, Integers]:
        """Least and greatest value of every node for inputs inside `source`."""
        positive: Integers = np.maximum(self.coefficients, 0)
        negative: Integers = np.minimum(self.coefficients, 0)
        return positive @ source.low + negative @ source.high, positive @ source.high + negative @ source.low

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """Adders on the longest path to each node."""
        depths = [0] * self.inputs
        for adder in self.adders:
            depths.append(1 + max(depths[adder.left], depths[adder.right]))
        return tuple(depths)

    @property
    def depth(self) -> int:
        """Adders on the longest path to any root."""
        return max((self.depths[root.node] for root in self.roots if root.node is not None), default=0)


def _distinct_rows(matrix: Integers) -> tuple[Integers, list[tuple[int, int, bool]]]:
    """Rows that differ by more than shift and sign, and each row of `matrix` as (distinct row, shift, negated)."""
    joint = np.bitwise_or.reduce(np.abs(matrix), axis=1)
    shifts = np.log2(np.maximum(joint & -joint, 1)).astype(np.int64)  # trailing zeros all entries share
    first = matrix[np.arange(len(matrix)), (matrix != 0).argmax(axis=1)]
    signs = np.where(first < 0, -1, 1)
    rows, which = np.unique(signs[:, None] * (matrix >> shifts[:, None]), axis=0, return_inverse=True)
    return rows, list(zip(which.tolist(), shifts.tolist(), (signs < 0).tolist(), strict=True))


@dataclass(frozen=True)
class _Scaled:
    """``+-node * 2**exponent``, a value while the solver's stages are strung together."""

    node: int
    exponent: int
    negate: bool


class _Builder:
    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self.adders: list[Adder] = []

    def add_stage(self, stage: object, sources: list[_Scaled | None]) -> list[_Scaled | None]:
        """Append one of the solver's stages; returns its outputs."""
        buffer: list[_Scaled | None] = []
        for op in stage.ops:  # type: ignore[attr-defined]
            if op.opcode == _INPUT:
                buffer.append(_moved(sources[op.id0], stage.inp_shifts[op.id0], False))  # type: ignore[attr-defined]
            elif op.opcode in (_ADD, _SUBTRACT):
                right = _moved(buffer[op.id1], op.data, op.opcode == _SUBTRACT)
                buffer.append(self._sum(buffer[op.id0], right))
            else:
                raise AssertionError(f"unexpected operation {op.opcode} in a constant matrix")
        outputs = zip(stage.out_idxs, stage.out_shifts, stage.out_negs, strict=True)  # type: ignore[attr-defined]
        return [None if index < 0 else _moved(buffer[index], shift, negate) for index, shift, negate in outputs]

    def _sum(self, left: _Scaled | None, right: _Scaled | None) -> _Scaled | None:
        if left is None or right is None:
            return left or right
        if left.negate and not right.negate:
            left, right = right, left
        exponent = min(left.exponent, right.exponent)
        subtract = left.negate != right.negate
        self.adders.append(Adder(left.node, right.node, left.exponent - exponent, right.exponent - exponent, subtract))
        return _Scaled(self.inputs + len(self.adders) - 1, exponent, left.negate)


def _moved(value: _Scaled | None, shift: int, negate: bool) -> _Scaled | None:
    return value and _Scaled(value.node, value.exponent + int(shift), value.negate != bool(negate))
