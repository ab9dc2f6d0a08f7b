"""Unlabelled text for distillation: training texts with words exchanged, which only the teachers answer.

Tang et al. (2019) show that a small student learns a teacher's function from such text far better than from the
training rows alone, on which the teacher is surer than it should be.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

from hwgen.text.words import tokenise


def exchange_words(texts: Sequence[str], count: int, share: float, source: random.Random) -> list[str]:
    """`count` texts, each a random one of `texts` with about `share` of its words exchanged.

    A text is drawn in proportion to its length: whole sentences more often than fragments. A word is exchanged for
    one that somewhere follows the same word before it, or (every other time) for any word of the texts.
    """
    sentences = [words for words in map(tokenise, texts) if words]
    if not sentences:
        return []
    every = [word for words in sentences for word in words]
    followers: dict[bytes, list[bytes]] = {}
    for words in sentences:
        for before, word in pairwise(words):
            followers.setdefault(before, []).append(word)
    made = []
    for words in source.choices(sentences, weights=[len(words) for words in sentences], k=count):
        changed = list(words)
        for position in range(len(changed)):
            if source.random() < share:
                near = followers.get(changed[position - 1]) if position and source.random() < 0.5 else None
                changed[position] = source.choice(near or every)
        made.append(b" ".join(changed).decode("utf-8", "surrogateescape"))
    return made
