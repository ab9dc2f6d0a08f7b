"""The payloads of hwgen's data paths, each carried by an `amaranth.lib.stream`."""

from __future__ import annotations

from amaranth import signed, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data, stream
from amaranth.utils import bits_for

from hwgen.graph.tensor import TensorType


def token_stream(vocabulary: int) -> stream.Signature:
    """One token a beat: ``token``, and ``first``/``last`` marks of its sentence (both set on a single token)."""
    return stream.Signature(data.StructLayout({"token": unsigned(bits_for(vocabulary - 1)), "first": 1, "last": 1}))


def element_shape(kind: TensorType) -> ShapeLike:
    """The one shape that holds every channel of `kind`."""
    return signed(kind.width) if kind.signed else unsigned(kind.width)


def vector_stream(kind: TensorType) -> stream.Signature:
    """One vector a beat: ``values`` (all channels), and the sentence marks of the token it belongs to.

    A vector per sentence (`TensorType.per_token` false) carries both marks.
    """
    layout = data.StructLayout({"values": data.ArrayLayout(element_shape(kind), kind.channels), "first": 1, "last": 1})
    return stream.Signature(layout)


def result_stream(scores: TensorType) -> stream.Signature:
    """One sentence a beat: ``label`` (number of the winning class) and ``scores`` (every class)."""
    layout = data.StructLayout(
        {
            "label": unsigned(bits_for(scores.channels - 1)),
            "scores": data.ArrayLayout(signed(scores.width + (not scores.signed)), scores.channels),
        }
    )
    return stream.Signature(layout)
