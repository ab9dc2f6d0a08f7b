"""Each member's first greatest score gets its votes."""

from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.graph.ensemble import Vote
from hwgen.graph.golden import classes
from hwgen.graph.tensor import TensorType
from hwgen.rtl.decision.ballot import Ballot
from rtl_tests.stream_bench import beat, run
from tests.random_graph import random_graph


def vote(members: int, count: int, most: int) -> Vote:
    random = np.random.default_rng(0)
    graphs = tuple(random_graph(random, classes=count, filters=1, widths=(1,)) for _ in range(members))
    return Vote(graphs, random.integers(1, most + 1, members))


@pytest.mark.parametrize(("low", "high"), [(-3, 2), (0, 1), (-4, -2)])
@pytest.mark.parametrize(("members", "count", "most"), [(2, 2, 1), (3, 3, 15), (5, 4, 7), (3, 20, 200)])
def test_votes_for_the_first_of_the_greatest(
    members: int, count: int, most: int, low: int, high: int, tmp_path: Path
) -> None:
    """Few distinct scores, so that ties are common."""
    random = np.random.default_rng(count)
    node = vote(members, count, most)
    source = TensorType(np.full(members * count, low), np.full(members * count, high), per_token=False)
    scores = random.integers(low, high + 1, (80, members, count))
    expected = np.zeros((80, count), dtype=np.int64)
    for member, votes in enumerate(node.votes):
        expected[np.arange(80), classes(scores[:, member])] += votes
    component = Ballot(node, source)
    given = [beat(component.scores, values=row, first=1, last=1) for row in scores.reshape(80, -1).tolist()]
    wanted = [beat(component.votes, values=row, first=1, last=1) for row in expected.tolist()]
    run(tmp_path, component, "scores", given, "votes", wanted, seed=members)


def test_scores_of_another_number_are_refused() -> None:
    source = TensorType(np.zeros(5, int), np.ones(5, int), per_token=False)
    with pytest.raises(HwgenError, match="5 scores of 3 members of 2 classes"):
        Ballot(vote(3, 2, 1), source)
