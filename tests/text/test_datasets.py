"""Data sets from folders, by name and from the demo grammar; bad input is one line."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from hwgen.errors import HwgenError
from hwgen.text import datasets, demo, hub

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
ROWS = [("a", f"text {i}") if i % 2 else ("b", f"other {i}") for i in range(100)]


def tsv(path: Path, rows: list[tuple[str, str]]) -> None:
    path.write_text("".join(f"{label}\t{text}\n" for label, text in rows), encoding="utf-8")


def test_three_splits_as_tsv(tmp_path: Path) -> None:
    for split, rows in (("train", ROWS[:80]), ("dev", ROWS[80:90]), ("test", ROWS[90:])):
        tsv(tmp_path / f"{split}.tsv", rows)
    data = datasets.load(tmp_path)
    assert (list(data.train), list(data.dev), list(data.test)) == (ROWS[:80], ROWS[80:90], ROWS[90:])
    assert data.labels == ("a", "b") and data.name == tmp_path.name and not data.toy


def test_csv_with_header_quotes_and_column_order(tmp_path: Path) -> None:
    content = '\ufefftext,label\r\n"one, ""two""\nthree",a\r\nfour,b\r\n'
    (tmp_path / "train.csv").write_bytes(content.encode())
    (tmp_path / "dev.csv").write_text("label,text\na,x\n", encoding="utf-8")
    tsv(tmp_path / "test.tsv", [("b", "y")])
    assert datasets.load(tmp_path).train == (("a", 'one, "two"\nthree'), ("b", "four"))


@pytest.mark.parametrize(("share", "dev"), [(0.03, 3), (0.5, 50), (0.001, 1)])
def test_the_share_held_out(tmp_path: Path, share: float, dev: int) -> None:
    tsv(tmp_path / "all.tsv", ROWS)
    whole, fold = datasets.load(tmp_path, holdout=share), datasets.load(tmp_path, fold=3, holdout=share)
    assert (len(whole.train), len(whole.dev), len(whole.test)) == (90 - dev, dev, 10)
    assert len(fold.dev) == max(int(90 * share), 1) and fold.test == datasets.load(tmp_path, fold=3).test
    assert sorted(fold.train + fold.dev + fold.test) == sorted(ROWS)


def test_without_dev_a_tenth_of_train_is_held_out_by_seed(tmp_path: Path) -> None:
    tsv(tmp_path / "train.tsv", ROWS)
    tsv(tmp_path / "test.tsv", ROWS[:4])
    first, again, other = (datasets.load(tmp_path, seed) for seed in (0, 0, 1))
    assert (len(first.train), len(first.dev), len(first.test)) == (90, 10, 4)
    assert sorted(first.train + first.dev) == sorted(ROWS)
    assert first == again and set(first.dev) != set(other.dev)


def test_one_file_is_split_80_10_10(tmp_path: Path) -> None:
    tsv(tmp_path / "all.tsv", ROWS)
    data = datasets.load(tmp_path, 3)
    assert (len(data.train), len(data.dev), len(data.test)) == (80, 10, 10)
    assert sorted(data.train + data.dev + data.test) == sorted(ROWS)


@pytest.mark.parametrize("name", ["train", "all"])
def test_hold_out_leaves_every_label_in_train(tmp_path: Path, name: str) -> None:
    rows = [("common", f"text {i}") for i in range(20)] + [(f"rare {i}", "text") for i in range(20)]
    tsv(tmp_path / f"{name}.tsv", rows)
    if name == "train":
        tsv(tmp_path / "test.tsv", rows[:3])
    for seed in range(5):
        data = datasets.load(tmp_path, seed)
        assert len(data.labels) == 21 and len(data.dev) == 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\tok\nno tab here\n", r"train.tsv:2: expected label TAB text"),
        (b"a\tok\n\tno label\n", r"train.tsv:2: expected label TAB text"),
        (b"a\tok\nb\tfine\na\t\xff\xfe\n", r"train.tsv:3: not UTF-8"),
        (b"", r"train.tsv: no rows"),
        (b"a\tone\na\ttwo\n", r"only the label 'a'"),
        (b"c\tone\nd\ttwo\n", r"no label of the dev split is in train"),
    ],
)
def test_bad_files_are_named_with_their_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "train.tsv").write_bytes(content)
    tsv(tmp_path / "dev.tsv", ROWS[:2])
    tsv(tmp_path / "test.tsv", ROWS[:2])
    with pytest.raises(HwgenError, match=message) as caught:
        datasets.load(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [("a,b\n1,2\n", r"train.csv:1: expected the header"), ("label,text\na,b,c\n", r"train.csv:2: expected 2 fields")],
)
def test_bad_csv(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "train.csv").write_text(content, encoding="utf-8")
    tsv(tmp_path / "test.tsv", ROWS[:2])
    with pytest.raises(HwgenError, match=message):
        datasets.load(tmp_path)


def test_missing_ambiguous_and_unknown_sources(tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match="neither a folder nor one of demo,"):
        datasets.load("no-such-set")
    with pytest.raises(HwgenError, match="no train"):
        datasets.load(tmp_path)
    tsv(tmp_path / "train.tsv", ROWS)
    with pytest.raises(HwgenError, match="no test"):
        datasets.load(tmp_path)
    tsv(tmp_path / "all.tsv", ROWS)
    with pytest.raises(HwgenError, match="keep one or the other"):
        datasets.load(tmp_path)
    (tmp_path / "all.csv").write_text("label,text\n")
    with pytest.raises(HwgenError, match="holds both all"):
        datasets.load(tmp_path)


@pytest.mark.parametrize("name", [name for name in hub.NAMES if name not in ("chatbot", "askubuntu", "webapplication")])
def test_public_set_without_the_package_says_what_to_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(HwgenError, match="pip install datasets"):
        datasets.load(name)


@pytest.mark.parametrize("name", ["chatbot", "askubuntu", "webapplication"])
def test_intent_sets_come_from_their_corpus(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = [
        {"text": f"how {number}", "intent": "ab"[number % 2], "training": number < 40, "entities": []}
        for number in range(60)
    ]
    monkeypatch.setattr(
        hub.urllib.request, "urlopen", lambda url, timeout: io.BytesIO(json.dumps({"sentences": corpus}).encode())
    )
    data = datasets.load(name)
    assert (len(data.train), len(data.dev), len(data.test)) == (36, 4, 20) and data.labels == ("a", "b")


def test_folds_cover_every_row_once(tmp_path: Path) -> None:
    tsv(tmp_path / "all.tsv", [("ab"[number % 2], f"row {number}") for number in range(103)])
    assert datasets.has_folds(tmp_path)
    tests = []
    for fold in range(datasets.FOLDS):
        first, second = (datasets.load(tmp_path, seed, fold) for seed in (0, 1))
        assert first.test == second.test and first.dev != second.dev
        rows = [*first.train, *first.dev, *first.test]
        assert len(rows) == 103 and len(set(rows)) == 103 and len(first.dev) == (103 - len(first.test)) // 10
        tests += first.test
    assert sorted(tests) == sorted(rows)


def test_folds_are_refused_where_there_is_a_test_split(tmp_path: Path) -> None:
    for split in ("train", "test"):
        tsv(tmp_path / f"{split}.tsv", ROWS)
    assert not datasets.has_folds(tmp_path) and datasets.has_folds("mr") and not datasets.has_folds("trec")
    for source in (tmp_path, "trec", "demo"):
        with pytest.raises(HwgenError, match="test split of its own"):
            datasets.load(source, fold=0)
    with pytest.raises(HwgenError, match=r"fold: 10 is outside 0\.\.9"):
        datasets.load("mr", fold=10)


def test_a_cross_validated_public_set_joins_its_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    splits = {split: [("ab"[number % 2], f"{split} {number}") for number in range(20)] for split in ("train", "test")}
    monkeypatch.setattr(hub, "fetch", lambda name: splits)
    data = datasets.load("subj", fold=3)
    assert len(data.train) + len(data.dev) + len(data.test) == 40 and len(data.test) == 4


def test_public_set_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    class Package:
        @staticmethod
        def load_dataset(*arguments: str, split: str, revision: str | None) -> None:
            raise ConnectionError("unreachable\nsecond line")

    monkeypatch.setitem(sys.modules, "datasets", Package)
    with pytest.raises(HwgenError, match="is there a network") as caught:
        datasets.load("trec")
    assert "\n" not in str(caught.value)


def test_public_set_takes_label_names_and_holds_dev_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Names:
        @staticmethod
        def int2str(number: int) -> str:
            return ("what", "who")[number]

    class Rows(dict):  # type: ignore[type-arg]
        features = {"coarse_label": Names()}

    class Package:
        @staticmethod
        def load_dataset(path: str, *, split: str, revision: str) -> Rows:
            return Rows(coarse_label=[0, 1] * 20, text=[f" {path} {split} {i} " for i in range(40)])

    monkeypatch.setitem(sys.modules, "datasets", Package)
    data = datasets.load("trec")
    assert (len(data.train), len(data.dev), len(data.test)) == (36, 4, 40)
    assert data.labels == ("what", "who") and all(text == text.strip() for _, text in data.train)


def test_demo_is_deterministic_balanced_and_a_toy() -> None:
    data = datasets.load("demo")
    assert data.toy and data == datasets.load("demo")
    assert demo.corpus(seed=1) != demo.corpus(seed=2)
    assert (len(data.train), len(data.dev), len(data.test)) == (1920, 240, 240)
    share = sum(label == "positive" for label, _ in data.train) / len(data.train)
    assert 0.45 < share < 0.55


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no data sets at {DATA}")
@pytest.mark.parametrize("name", ["glue_sst2", "trec", "mr", "banking77", "clinc150", "snips"])
def test_real_sets_load(name: str) -> None:
    data = datasets.load(DATA / name)
    expected = {"glue_sst2": (67349, 872, 1821), "mr": (8530, 1066, 1066), "trec": (4907, 545, 500)}
    sizes = len(data.train), len(data.dev), len(data.test)
    assert sizes == expected.get(name, sizes)
