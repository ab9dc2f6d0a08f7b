"""Several classifiers and their weighted vote (after Tian et al., 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwgen.errors import HwgenError
from hwgen.graph.graph import Graph
from hwgen.graph.nodes import STORED, check_integers
from hwgen.graph.tensor import Integers, TensorType


@dataclass(frozen=True, eq=False)
class Vote:
    """Each member gives the class of its answer a whole number of votes.

    Attributes:
        members: graphs over the same tokens and classes, at least two, none of which is an ensemble.
        votes: ``(members,)``, at least 1 each.
    """

    name: ClassVar[str] = "vote"
    members: tuple[Graph, ...]
    votes: Integers

    def __post_init__(self) -> None:
        object.__setattr__(self, "members", tuple(self.members))
        votes = check_integers(self, "votes", 1, (1, STORED[1]))
        if len(self.members) != votes.size or len(self.members) < 2:
            raise HwgenError(f"Vote.votes: {votes.size} numbers for {len(self.members)} members; need at least 2")
        if any(isinstance(member, EnsembleGraph) for member in self.members):
            raise HwgenError("Vote.members: a vote of votes; name the members of both in one")
        if len({(member.vocabulary, member.classes) for member in self.members}) != 1:
            raise HwgenError("Vote.members: differ in their tokens or classes")

    @property
    def vocabulary(self) -> int:
        return self.members[0].vocabulary

    @property
    def classes(self) -> int:
        return self.members[0].classes

    @property
    def channels(self) -> int:
        """Answers that are counted."""
        return len(self.members)

    def output_type(self, source: TensorType | None = None) -> TensorType:
        return TensorType(np.zeros(self.classes, int), np.full(self.classes, self.votes.sum()), per_token=False)


class EnsembleGraph(Graph):
    """A vote; the scores are the votes for each class."""

    ORDER = (Vote,)

    def check_channels(self) -> None:
        pass

    @property
    def vote(self) -> Vote:
        return self.nodes[0]  # type: ignore[return-value]

    @property
    def bits(self) -> int:
        return max(member.bits for member in self.vote.members)

    @property
    def score_exponent(self) -> int:
        return 0
