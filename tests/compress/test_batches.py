"""Batches of token sequences: every row once, and no more memory than the rows need."""

from __future__ import annotations

from functools import partial

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("brevitas")

from hwgen.compress import batches  # noqa: E402
from hwgen.compress.batches import Split  # noqa: E402
from hwgen.compress.recipe import Training  # noqa: E402
from hwgen.compress.train import Outcome, reproducible, train  # noqa: E402
from hwgen.cuts import cuts  # noqa: E402
from hwgen.nn.text_cnn import Shape, TextCNN  # noqa: E402
from hwgen.progress import SILENT  # noqa: E402
from hwgen.text.labels import UNKNOWN  # noqa: E402
from hwgen.text.vocabulary import Vocabulary  # noqa: E402


def test_batches_hold_every_row_once() -> None:
    vocabulary = Vocabulary(("a", "b"), 3)
    rows = [("x", "a b " * (i % 7)) if i % 2 else ("y", "c" * (i % 5)) for i in range(533)]
    split = Split.of(rows, vocabulary, ("x", "y"))
    shuffled = [split.batch(rows) for rows in split.shuffled(8, torch.Generator().manual_seed(1))]
    for some in (list(split.in_order(8)), shuffled):
        assert sorted(int(row) for batch in some for row in batch.rows) == list(range(533))
        for batch in some:
            for row, tokens, length, label in zip(batch.rows, batch.tokens, batch.lengths, batch.labels, strict=True):
                wanted, text = rows[int(row)]
                assert tokens[:length].tolist() == (vocabulary.encode(text) or [0])
                assert not tokens[length:].any() and ("x", "y")[int(label)] == wanted
    assert len(list(split.shuffled(8, torch.Generator()))) == split.batches(8)


def test_a_long_text_does_not_make_its_batch_long() -> None:
    vocabulary = Vocabulary(("a",), 3)
    split = Split.of(
        [("x", "a " * (1 << 16) if i == 20 else "a " * (i % 9)) for i in range(64)], vocabulary, ("x", "y")
    )
    for rows in (torch.arange(64), *split.shuffled(64, torch.Generator())):
        pieces = list(split.pieces(rows))
        assert torch.equal(torch.cat([piece.rows for piece in pieces]), rows)
        assert 1 < len(pieces) <= 3 and max(piece.tokens.numel() for piece in pieces) <= 1 << 18
    assert max(batch.tokens.numel() for batch in split.in_order(64)) <= 1 << 18
    assert [len(batch.rows) for batch in Split.of([("x", "a")] * 64, vocabulary, ("x",)).in_order(64)] == [64]


def test_a_batch_in_pieces_teaches_what_it_teaches_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    vocabulary = Vocabulary(("a", "b"), 3)
    rows = [("xy"[i % 2], "a b " * (1 + i % 5) + "b" * (i % 2)) for i in range(40)]
    split = Split.of(rows, vocabulary, ("x", "y"))
    plain = Training(epochs=2, batch=16, dropout=0.0, word_dropout=0.0, embedding_dropout=0.0, average=0.0)
    networks = []
    for most in (1 << 18, 20):
        monkeypatch.setattr(batches, "cuts", partial(cuts, most=most))
        with reproducible(0, "pieces") as generator:
            network = TextCNN(Shape(len(vocabulary), 4, (3, 3), (2, 3), 2))
            train(network, plain, split, split, generator, SILENT, buckets=3)
        networks.append(network)
    for whole, pieced in zip(*(network.parameters() for network in networks), strict=True):
        torch.testing.assert_close(whole, pieced)


def test_rows_whose_label_train_has_not_count_as_wrong() -> None:
    split = Split.of([("x", "a"), ("z", "a"), ("y", "b"), ("z", "b")], Vocabulary(("a", "b"), 3), ("x", "y"))
    assert split.labels.tolist() == [0, UNKNOWN, 1, UNKNOWN]
    scores = torch.tensor([[2.0, 0.0], [2.0, 0.0], [0.0, 2.0], [0.0, 2.0]])
    known = [0, 2]
    outcome, alone = Outcome.of(scores, split.labels), Outcome.of(scores[known], split.labels[known])
    assert (outcome.accuracy, alone.accuracy) == (0.5, 1.0) and outcome.loss == alone.loss
