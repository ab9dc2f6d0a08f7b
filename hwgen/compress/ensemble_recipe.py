"""The recipe of an ensemble."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from hwgen.compress.recipe import Data
from hwgen.compress.settings import check, choose, plain

METHODS = ("boosting", "bagging")


@dataclass(frozen=True)
class EnsembleRecipe:
    """Several models of one recipe, each trained on rows drawn anew, and their vote.

    Attributes:
        member: the members' recipe, as plain values; in a file its name or path.
        members: how many, 2..15.
        method: boosting (AdaBoost: rows that were answered wrongly are drawn more often, and members vote with their
            weight) or bagging (all rows alike, one vote each).
        rate: of boosting, 0..1: less of it draws the next member's rows more evenly, and members vote more alike.
        epochs, learning_rate: of sentence CNNs, which all go on from one network of the member's recipe and few bits;
            hypervector members begin anew, as their recipe says.
        vote_bits: votes are whole numbers of so many bits.
    """

    name: str
    member: dict[str, Any]
    kind: str = "ensemble"
    members: int = 3
    method: str = "boosting"
    rate: float = 1.0
    epochs: int = 2
    learning_rate: float = 5e-4
    vote_bits: int = 4
    data: Data = field(default_factory=Data)

    def __post_init__(self) -> None:
        check("members", self.members, 2, 15)
        choose("method", self.method, METHODS)
        check("rate", self.rate, 0.01, 1)
        check("epochs", self.epochs, 1, 10_000)
        check("learning_rate", self.learning_rate, 1e-9, 10)
        check("vote_bits", self.vote_bits, 1, 8)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; `recipes.parse` takes them back."""
        values: dict[str, Any] = plain(asdict(self))
        return values
