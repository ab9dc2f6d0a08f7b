from pathlib import Path

import numpy as np
import pytest

from hwgen.graph.golden import classes
from hwgen.graph.tensor import TensorType
from hwgen.rtl.decision.argmax import Argmax
from hwgen.rtl.decision.folded_argmax import FoldedArgmax
from rtl_tests.stream_bench import beat, run
from rtl_tests.vectors import vector_beats
from tests.random_graph import random_graph, random_sentences


@pytest.mark.parametrize("kind", [Argmax, FoldedArgmax])
@pytest.mark.parametrize(("low", "high"), [(-3, 2), (0, 3), (-4, -1)])
@pytest.mark.parametrize("count", [2, 3, 5, 8, 150])
def test_first_of_the_greatest(
    kind: type[Argmax] | type[FoldedArgmax], low: int, high: int, count: int, tmp_path: Path
) -> None:
    """Few distinct scores, so that ties are common."""
    random = np.random.default_rng(count)
    source = TensorType(np.full(count, low), np.full(count, high), per_token=False)
    sentences = random_sentences(random, random_graph(random), 60)
    scores = random.integers(low, high + 1, (len(sentences), count))
    component = kind(source)
    results = [
        beat(component.results, label=int(label), scores=row)
        for label, row in zip(classes(scores), scores.tolist(), strict=True)
    ]
    run(
        tmp_path,
        component,
        "scores",
        vector_beats(component.scores, scores, sentences, per_token=False),
        "results",
        results,
    )
