"""Unlabelled text for distillation: made of the training texts, answered by the teachers alone.

Tang et al. (2019) show that a small student learns a teacher's function from such text far better than from the
training rows alone, on which the teacher is surer than it should be. It need not make sense: a teacher that knows the
language has an opinion on every heap of words, and the student learns what each word does to it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from hwgen.text.words import tokenise

_SHORTEST_PART = 3
_LONGEST, _MEDIANS = 256, 32
"""Words of a piece of a long text: so many, or so many times as many as the median text has."""


def exchange_words(
    texts: Sequence[str],
    count: int,
    share: float,
    source: random.Random,
    *,
    parts: float = 0.0,
    joints: float = 0.0,
    rare: Sequence[str] = (),
) -> list[str]:
    """`count` texts, each a random one of `texts` with about `share` of its words exchanged.

    A text is drawn in proportion to its length: whole sentences more often than fragments, and one that is far longer
    than the others in pieces. A word is exchanged for
    one that somewhere follows the same word before it, or (every other time) for any word of the texts.

    Args:
        texts: where all words come from.
        count: texts to make.
        share: of words to exchange, 0..1.
        source: of all chance.
        parts: share of texts of which only some consecutive words are taken.
        joints: share of texts that are the beginning of one and the end of another.
        rare: every other exchanged word is one of these, each as likely as any other; none means never.
    """
    sentences = _of_usual_length([words for words in map(tokenise, texts) if words])
    if not sentences:
        return []
    every = [word for words in sentences for word in words]
    followers: dict[bytes, list[bytes]] = {}
    for words in sentences:
        for before, word in pairwise(words):
            followers.setdefault(before, []).append(word)
    seldom = [word.encode("utf-8", "surrogateescape") for word in rare]
    weights = [len(words) for words in sentences]
    drawn = source.choices(sentences, weights=weights, k=count)
    joined, cut = round(joints * count), round(parts * count)
    for index, other in enumerate(source.choices(sentences, weights=weights, k=joined)):
        first = drawn[index]
        drawn[index] = first[: source.randint(1, len(first))] + other[source.randrange(len(other)) :]
    for index in range(joined, min(joined + cut, count)):
        words = drawn[index]
        length = source.randint(min(_SHORTEST_PART, len(words)), len(words))
        start = source.randint(0, len(words) - length)
        drawn[index] = words[start : start + length]
    exchanged = []
    for words in drawn:
        changed = list(words)
        for position in range(len(changed)):
            if source.random() < share:
                if seldom and source.random() < 0.5:
                    changed[position] = source.choice(seldom)
                    continue
                near = followers.get(changed[position - 1]) if position and source.random() < 0.5 else None
                changed[position] = source.choice(near or every)
        exchanged.append(b" ".join(changed).decode("utf-8", "surrogateescape"))
    return exchanged


def _of_usual_length(sentences: list[list[bytes]]) -> list[list[bytes]]:
    """The same words in the same order; a text of 10,000 words among short ones would be most of what is drawn."""
    if not sentences:
        return []
    most = max(_LONGEST, int(_MEDIANS * median(map(len, sentences))))
    return [words[start : start + most] for words in sentences for start in range(0, len(words), most)]
