"""A small measurement from end to end: resumed, shared stages, summary and pictures."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("brevitas")

from hwgen import shipped
from hwgen.bench import accuracy, plots, summary
from hwgen.bench.accuracy import measure, perform
from hwgen.bench.ledger import Ledger
from hwgen.bench.matrix import Job, jobs
from hwgen.compress import pipeline, recipes
from hwgen.errors import HwgenError
from hwgen.progress import Progress
from hwgen.text import datasets

QUICK = ["float.epochs=8", "factorised.epochs=1", "pruned.epochs=1", "quantised.epochs=1"]


def matrix(bits: tuple[int, ...] = (3, 5)) -> list[Job]:
    plan = recipes.override(recipes.load(shipped.recipe_path("demo")), QUICK)
    return jobs(["demo"], [plan], bits, seeds=2, sweeps=["pruned.sparsity=0.5,0.9"])


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "runs.jsonl"
    measure(matrix(), path, workers=2)
    return path


def test_every_run_is_there_and_equals_one_made_alone(ledger: Path) -> None:
    runs, job = Ledger(ledger).runs(), matrix()[3]
    assert set(runs) == {job.key(bits) for job in matrix() for bits in job.bits}
    alone = pipeline.quantise(pipeline.compress(job.recipe, datasets.load("demo", job.seed), job.seed), 5)
    run = runs[job.key(5)]
    assert run["stages"] == alone.record["stages"] and run["test"] == alone.record["accuracy"]["test"]


def test_nothing_is_done_twice(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ledger.read_bytes()
    told: list[int] = []

    class Counter(Progress):
        def advance(self, count: int = 1) -> None:
            told.append(count)

    runs = measure(matrix(), ledger, progress=Counter())
    assert len(runs) == 8 and told == [] and ledger.read_bytes() == before
    # One run lost: only that one is made again, and it comes out the same.
    lines = before.splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:3] + lines[4:]) + lines[3][:50])
    again = measure(matrix(), ledger, progress=Counter())
    assert told == [1] and [{**run, "seconds": 0} for run in again] == [{**run, "seconds": 0} for run in runs]


def test_recipes_that_hold_out_other_rows_are_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    for split in ("train", "test"):
        rows = getattr(datasets.load("demo"), split)
        (tmp_path / "toy" / f"{split}.tsv").write_text("".join(f"{label}\t{text}\n" for label, text in rows))
    wanted = jobs([str(tmp_path / "toy")], [matrix()[0].recipe], (5,), 1, sweeps=["data.holdout=0.1,0.5"])
    runs = measure(wanted, tmp_path / "runs.jsonl")
    whole = len(datasets.load("demo").train)
    assert [run["rows"]["dev"] for run in runs] == [whole // 10, whole // 2]


def test_a_failing_run_is_one_line_and_the_others_are_kept(tmp_path: Path) -> None:
    broken = recipes.override(matrix()[0].recipe, ["factorised.rank=0", "factorised.reduction=0.99999"])
    with pytest.raises(HwgenError, match="leaves no rank"):
        measure(jobs(["demo"], [broken], (5,), seeds=1), tmp_path / "runs.jsonl")


def test_shared_stages_are_trained_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    real = pipeline.advance
    monkeypatch.setattr(
        pipeline, "advance", lambda state, stage, reporter: made.append(stage) or real(state, stage, reporter)
    )
    perform([job for job in matrix((5,)) if job.seed == 0], tmp_path / "runs.jsonl")
    assert made == ["float", "factorised", "pruned", "pruned"]


def test_summary(ledger: Path) -> None:
    found = summary.groups(list(Ledger(ledger).runs().values()))
    assert len(found) == 4 and {len(group.runs) for group in found} == {2}
    for group in found:
        assert group.figure().mean == pytest.approx(sum(100 * run["test"] for run in group.runs) / 2)
        assert group.drop().mean == pytest.approx(group.stage(0).mean - group.figure().mean)
        wanted = 0.5 if "pruned.sparsity=0.5" in group.settings else 0.9
        assert wanted <= group.sparsity < wanted + 0.1
        rows = sum(run["rows"]["test"] for run in group.runs)
        right = sum(run["rows"]["test"] * run["test"] for run in group.runs)
        assert group.confusion.sum() == rows and group.confusion.trace() == round(right)
    assert summary.table(found).count("\n") == 2 + len(found)


def test_a_model_without_kernels_has_a_row_and_pictures(tmp_path: Path) -> None:
    plan = recipes.override(recipes.load(shipped.recipe_path("intents-tiny-hd")), ["items.dimension=128"])
    found = summary.groups(measure(jobs(["demo"], [plan], (1,), seeds=1), tmp_path / "runs.jsonl"))
    assert found[0].sparsity == 0 and "| 0.0% |" in summary.table(found)
    assert set(plots.draw(found)) >= {"bits.svg", "memory.svg"}


def test_a_run_that_somebody_has_changed_is_named(ledger: Path, tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text(ledger.read_text().replace('"reduction":{', '"reduction":5,"was":{'))
    with pytest.raises(HwgenError, match=rf"{path}: run '\w+': reduction: 5 is not a table; remove its line"):
        measure(matrix(), path)


def test_pareto_front() -> None:
    points = [(5.0, 80.0), (1.0, 70.0), (2.0, 69.0), (5.0, 81.0), (9.0, 81.0), (10.0, 90.0)]
    assert [points[index] for index in summary.pareto(points)] == [(1.0, 70.0), (5.0, 81.0), (10.0, 90.0)]


def test_pictures(ledger: Path) -> None:
    runs = [run | {"labels": [r"$\no{formula$", "b"]} for run in Ledger(ledger).runs().values()]
    found = summary.groups(runs)
    drawn = plots.draw(found)
    assert set(drawn) >= {"bits.svg", "memory.svg", "sparsity.svg"}
    assert sum(name.startswith("confusion-demo") for name in drawn) == 4
    assert all(any(fnmatch(name, pattern) for pattern in plots.NAMES) for name in drawn)
    assert all(picture.startswith(b"<?xml") for picture in drawn.values()) and plots.draw(found) == drawn
    assert all(rb"$\no{formula$" in picture for name, picture in drawn.items() if name.startswith("confusion"))


def test_workers_are_told_apart_by_data_and_seed() -> None:
    assert [[job.seed for job in batch] for batch in accuracy._alike(matrix())] == [[0, 0], [1, 1]]


def test_a_run_of_an_ensemble_has_its_row(tmp_path: Path) -> None:
    member = {"name": "tiny", "kind": "hypervector", "items": {"dimension": 64}, "head": {"kind": "nearest"}}
    plan = recipes.parse({"name": "pair", "kind": "ensemble", "members": 2, "member": member})
    wanted = jobs(["demo"], [plan], (1,), seeds=1)
    (run,) = measure(wanted, tmp_path / "runs.jsonl", 1)
    assert run["bits"] == 1 and run["filters"] == 2 and run["stages"][-1]["name"] == "vote"
