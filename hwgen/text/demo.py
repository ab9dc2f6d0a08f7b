"""A toy corpus from a small grammar: opinions about things, so that training can be tried anywhere.

The grammar has negation, contrast ("... but ...") and a few per cent of wrong labels, so that a bag of words falls
short and no model reaches 100 %. It is made up: accuracy on it says nothing about real text.
"""

from __future__ import annotations

import random

Row = tuple[str, str]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_THINGS = _words(
    "film story plot cast ending script music book meal service room view staff device screen battery "
    "lesson journey garden concert painting recipe engine keyboard"
)
_GOOD = _words(
    "wonderful charming clever moving delightful superb fresh warm honest brilliant elegant touching "
    "funny graceful solid inventive gripping reliable tasty comfortable"
)
_BAD = _words(
    "dull clumsy tedious awful stale cold shallow noisy predictable bland lifeless sloppy boring broken "
    "bitter tired pointless fragile confusing greasy"
)
_DEGREES = _words("very really quite rather truly so surprisingly")
_NEUTRAL = (
    "we saw it on a monday",
    "my friend came along",
    "it lasts two hours",
    "the box is blue",
    "they opened last year",
    "it rained all day",
)
_WRONG_LABELS = 0.04


def corpus(rows: int = 2400, seed: int = 20) -> tuple[tuple[Row, ...], tuple[Row, ...], tuple[Row, ...]]:
    """Train, dev and test splits, 80/10/10, labels `negative` and `positive`; the same for the same arguments."""
    source = random.Random(f"demo/{seed}")
    generated = [_row(source) for _ in range(rows)]
    tenth = rows // 10
    return tuple(generated[2 * tenth :]), tuple(generated[:tenth]), tuple(generated[tenth : 2 * tenth])


def _row(source: random.Random) -> Row:
    positive = source.random() < 0.5
    clause = _clause(source, positive)
    if source.random() < 0.35:
        # What follows the "but" decides.
        clause = f"{_clause(source, not positive)} , but {clause}"
    if source.random() < 0.3:
        neutral = source.choice(_NEUTRAL)
        clause = f"{neutral} . {clause}" if source.random() < 0.5 else f"{clause} . {neutral}"
    if source.random() < _WRONG_LABELS:
        positive = not positive
    return ("positive" if positive else "negative"), f"{clause} ."


def _clause(source: random.Random, positive: bool) -> str:
    thing = source.choice(_THINGS)
    negated = source.random() < 0.3
    word = source.choice(_GOOD if positive != negated else _BAD)
    degree = f"{source.choice(_DEGREES)} " if source.random() < 0.4 else ""
    form = source.randrange(4)
    if form == 0:
        return f"the {thing} is {'not ' if negated else ''}{degree}{word}"
    if form == 1:
        return f"{'never ' if negated else ''}a {degree}{word} {thing}"
    if form == 2:
        return f"i {'did n' + chr(39) + 't find' if negated else 'found'} the {thing} {degree}{word}"
    return f"this {thing} was {'hardly ' if negated else ''}{degree}{word}"
