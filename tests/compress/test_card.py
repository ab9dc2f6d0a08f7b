"""A model card shows names from outside as they are, in tables that stay whole."""

import numpy as np
import pytest

pytest.importorskip("torch")

from hwgen.compress import card
from hwgen.errors import HwgenError
from hwgen.model import Model
from hwgen.text.vocabulary import Vocabulary
from tests.random_graph import random_graph

LABELS = ("a|b", "c`d,\ne", "*f*_g_")
RECORD = {
    "recipe": {"name": "r|s", "network": {"embedding": 8}},
    "seed": 1,
    "data": {"name": "my|data", "toy": False, "rows": {"train": 5, "dev": 2, "test": 2}},
    "stages": [{"name": "float", "dev": 0.5, "test": 0.5, "weights": 9, "nonzero": 9, "bits": 32, "kilobytes": 1}],
    "accuracy": {"dev": 0.5, "test": 0.5},
    "confusion": [[1, 0, 0], [0, 1, 0], [0, 0, 0]],
    "memory_bits": {"convolution_nonzero": 5, "embedding": 1, "convolution": 5, "dense": 1, "biases": 1, "total": 8},
    "reduction": {"parent": 0.5, "same_shape": 0.5, "kim": 0.5},
}


def _model(record: dict[str, object]) -> Model:
    words = Vocabulary(tuple(f"w{i}" for i in range(46)), 3)
    return Model(random_graph(np.random.default_rng(0)), words, LABELS, record)


def test_names_are_escaped_and_every_row_has_the_columns_of_its_table() -> None:
    page = card.render(_model(RECORD), "a|b", "hwgen train --data 'my `data|x'")
    assert r"(a\|b, c\`d, e, \*f\*\_g\_)" in page
    assert r"| data | my\|data: 5 train" in page and r"| recipe, seed | r\|s, 1 |" in page
    assert r"| command | `` hwgen train --data 'my `data\|x' `` |" in page
    for table in (part.splitlines() for part in page.split("\n\n") if part.startswith("|")):
        assert len({row.replace(r"\|", "").count("|") for row in table}) == 1, table


def test_a_card_without_its_facts_is_one_line() -> None:
    with pytest.raises(HwgenError, match="lacks data, stages or accuracy"):
        card.render(_model({}), "x", "hwgen")
