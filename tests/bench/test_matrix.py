"""Which runs a measurement consists of."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.bench import matrix
from hwgen.compress import recipes
from hwgen.errors import HwgenError

PLAIN = recipes.parse({"name": "plain"})


def crossed(folder: Path) -> str:
    folder.mkdir()
    (folder / "all.tsv").write_text("".join(f"{'ab'[n % 2]}\trow {n}\n" for n in range(30)))
    return str(folder)


def test_seeds_for_splits_and_folds_for_whole_sets(tmp_path: Path) -> None:
    other = recipes.parse({"name": "other", "float": {"epochs": 2}})
    found = matrix.jobs(["demo", crossed(tmp_path / "mine")], [PLAIN, other], (2, 5), seeds=2, folds=4)
    assert [(job.dataset, job.recipe.name, job.seed, job.fold) for job in found if job.dataset == "demo"] == [
        ("demo", "plain", 0, None),
        ("demo", "plain", 1, None),
        ("demo", "other", 0, None),
        ("demo", "other", 1, None),
    ]
    assert [(job.seed, job.fold) for job in found if job.dataset == "mine"] == [(0, 0), (0, 1), (0, 2), (0, 3)] * 2
    keys = [job.key(bits) for job in found for bits in job.bits]
    assert len(set(keys)) == len(keys) == 2 * (2 * 2 + 2 * 4)
    assert found[-1].label == "mine other fold 3"


def test_sweeps_are_combined() -> None:
    found = matrix.jobs(["demo"], [PLAIN], sweeps=["pruned.sparsity=0.5,0.9", "pruned.cost=weights,adders"], seeds=1)
    assert [(job.recipe.pruned.sparsity, job.recipe.pruned.cost) for job in found] == [
        (0.5, "weights"),
        (0.5, "adders"),
        (0.9, "weights"),
        (0.9, "adders"),
    ]
    assert found[1].settings == ("pruned.sparsity=0.5", "pruned.cost=adders")


def test_the_name_of_a_recipe_does_not_make_a_new_run() -> None:
    renamed = recipes.parse({**PLAIN.as_dict(), "name": "copy"})
    first, second = (matrix.jobs(["demo"], [plan], seeds=1)[0] for plan in (PLAIN, renamed))
    assert first.key(5) == second.key(5) != first.key(4)


@pytest.mark.parametrize(("text", "widths"), [("5", (5,)), ("2-8", (2, 3, 4, 5, 6, 7, 8)), ("3,5,7-8", (3, 5, 7, 8))])
def test_widths(text: str, widths: tuple[int, ...]) -> None:
    assert matrix.parse_bits(text) == widths


@pytest.mark.parametrize("text", ["", "five", "2-", "3,,4", "8-2", "0", "1-99999999999999", "9" * 5000])
def test_bad_widths(text: str) -> None:
    with pytest.raises(HwgenError, match="--bits"):
        matrix.parse_bits(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bits": (9,)}, r"--bits: 9 is outside 1\.\.8"),
        ({"seeds": 0}, "--seeds 0"),
        ({"seeds": 10**12}, "--seeds 1000000000000"),
        ({"folds": 11}, "--folds 11"),
        ({"sweeps": ["pruned.sparsity"]}, "--sweep pruned.sparsity: expected"),
        ({"sweeps": ["pruned.sparsity=0.5,,"]}, "expected"),
        ({"sweeps": ["pruned.sparsity=2"]}, "pruned.sparsity: 2.0 is outside"),
    ],
)
def test_bad_matrices(changes: dict[str, object], message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        matrix.jobs(["demo"], [PLAIN], **changes)  # type: ignore[arg-type]
