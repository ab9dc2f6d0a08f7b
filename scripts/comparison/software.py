"""The same sentences on one core of this machine: the same network in ONNX Runtime, and a linear classifier.

Both take token numbers and give classes, as the circuit does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from scipy.sparse import csr_matrix

from hwgen.compress.logistic import fit
from hwgen.graph import golden
from hwgen.graph.golden import Sentences
from hwgen.graph.graph import ConvolutionGraph
from hwgen.graph.tensor import Integers, unsigned_range

SECONDS = 2.0
"""A timing goes on for so long, at least."""
BATCH = 256
BUCKETS = 1 << 18
"""Of the linear classifier's pairs of words."""
Classify = Callable[[Integers], Integers]
"""Classes ``(sentences,)`` of tokens ``(sentences, length)``."""


def onnx_model(graph: ConvolutionGraph) -> onnx.ModelProto:
    """The network in floating point, all of whose values are integers that float32 holds exactly: tokens
    ``(sentences, length)`` to scores ``(sentences, classes)``."""
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []

    def constant(name: str, value: Any, kind: Any = np.float32) -> str:
        constants.append(numpy_helper.from_array(np.asarray(value, dtype=kind), name))
        return name

    def add(operation: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(operation, inputs, [output], **attributes))
        return output

    rows = add("Gather", [constant("table", graph.embedding.table), "tokens"], "rows", axis=0)
    columns = add("Transpose", [rows], "columns", perm=[0, 2, 1])
    branches = [
        add(
            "Conv",
            [columns, constant(f"kernel_{i}", kernel.transpose(0, 2, 1))],
            f"sums_{i}",
            pads=[kernel.shape[1] - 1, 0],
        )
        for i, kernel in enumerate(graph.convolution.kernels)
    ]
    sums = add("Concat", branches, "sums", axis=1)
    requantise = graph.requantise
    offset = constant("offset", requantise.offset[:, None])
    scale = constant("scale", 2.0 ** -requantise.shift[:, None].astype(float))
    shifted = add("Floor", [add("Mul", [add("Add", [sums, offset], "moved"), scale], "scaled")], "shifted")
    low, high = unsigned_range(requantise.bits)
    clipped = add("Clip", [shifted, constant("low", low), constant("high", high)], "clipped")
    pooled = add("ReduceMax", [clipped, constant("time", [2], np.int64)], "pooled", keepdims=0)
    weights = constant("weights", graph.dense.weights.T)
    add("Gemm", [pooled, weights, constant("bias", graph.dense.bias)], "scores")
    made = helper.make_graph(
        nodes,
        "hwgen",
        [helper.make_tensor_value_info("tokens", TensorProto.INT64, ["sentences", "length"])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["sentences", graph.classes])],
        constants,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def onnx_classifier(graph: ConvolutionGraph) -> Classify:
    """ONNX Runtime on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    session = onnxruntime.InferenceSession(
        onnx_model(graph).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )

    def classify(tokens: Integers) -> Integers:
        (scores,) = session.run(None, {"tokens": tokens})
        return golden.classes(scores)

    return classify


def linear_classifier(train: Sentences, labels: Integers, vocabulary: int) -> Classify:
    """Words and pairs of words, hashed, their weights averaged: fastText's classifier (Joulin et al., 2017) with its
    two matrices multiplied out, fitted as a logistic regression."""
    counts = csr_matrix(
        (
            1 / np.repeat(2 * train.lengths - 1, 2 * train.lengths - 1),
            np.concatenate([_features(words, vocabulary) for words in np.split(train.tokens, train.starts[1:])]),
            np.concatenate([[0], np.cumsum(2 * train.lengths - 1)]),
        ),
        shape=(len(train), vocabulary + BUCKETS),
    )
    model = fit(counts, labels, strength=100.0, iterations=100)
    weights = model.coef_[0].astype(np.float32)
    bias = float(model.intercept_[0])

    def classify(tokens: Integers) -> Integers:
        found = weights[_features(tokens, vocabulary)].mean(axis=-1) + bias
        return (found > 0).astype(np.int64)

    return classify


def _features(tokens: Integers, vocabulary: int) -> Integers:
    """Numbers ``(..., 2 * length - 1)`` of words and of pairs of words."""
    pairs = (tokens[..., :-1] * 40_503 + tokens[..., 1:] * 2_654_435_761) % BUCKETS
    return np.concatenate([tokens, pairs + vocabulary], axis=-1)


def classes_of(classify: Classify, sentences: Sentences) -> Integers:
    """Of every sentence, one at a time: they differ in length."""
    words = np.split(sentences.tokens, sentences.starts[1:])
    return np.concatenate([classify(each[None]) for each in words])


def timed(classify: Classify, vocabulary: int, length: int) -> dict[str, float]:
    """Sentences a second in batches, and microseconds for one sentence alone (the median), of `length` words."""
    tokens = np.random.default_rng(0).integers(0, vocabulary, (BATCH, length))
    singles: list[float] = []
    until = time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        each = tokens[len(singles) % BATCH][None]
        start = time.perf_counter()
        classify(each)
        singles.append(time.perf_counter() - start)
    done, start = 0, time.perf_counter()
    while time.perf_counter() < start + SECONDS:
        classify(tokens)
        done += BATCH
    rate = done / (time.perf_counter() - start)
    return {"sentences_per_second": rate, "microseconds": 1e6 * float(np.median(singles))}


def row(
    name: str,
    classify: Classify,
    vocabulary: int,
    length: int,
    sentences: Sentences,
    labels: Integers,
    expected: Integers | None,
) -> dict[str, Any]:
    """Of the table of software: speed, accuracy on the test set, and the share of golden classes it gives."""
    found = classes_of(classify, sentences)
    agreement = None if expected is None else float((found == expected).mean())
    figures = timed(classify, vocabulary, length)
    return {"name": name, **figures, "accuracy": float((found == labels).mean()), "agreement": agreement}
