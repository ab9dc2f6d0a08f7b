"""The whole way from text to model, on the toy corpus."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("brevitas")

from rich.console import Console  # noqa: E402

from hwgen import shipped  # noqa: E402
from hwgen.compress import pipeline, recipe, recipes, report  # noqa: E402
from hwgen.compress.augment import exchange_words  # noqa: E402
from hwgen.compress.card import render  # noqa: E402
from hwgen.compress.from_torch import integer_scores, to_torch  # noqa: E402
from hwgen.compress.ngrams import NgramClassifier  # noqa: E402
from hwgen.compress.recipe import Recipe  # noqa: E402
from hwgen.compress.run import run  # noqa: E402
from hwgen.compress.train import reproducible  # noqa: E402
from hwgen.errors import HwgenError  # noqa: E402
from hwgen.graph import golden, storage  # noqa: E402
from hwgen.model import Model  # noqa: E402
from hwgen.nn.text_cnn import Shape  # noqa: E402
from hwgen.progress import Progress  # noqa: E402
from hwgen.text import datasets  # noqa: E402
from hwgen.text.datasets import Dataset  # noqa: E402

QUICK = ["float.epochs=12", "factorised.epochs=2", "pruned.epochs=2", "quantised.epochs=2"]


@pytest.fixture(scope="module")
def plan() -> Recipe:
    return recipes.override(recipes.load(shipped.recipe_path("demo")), QUICK)


@pytest.fixture(scope="module")
def trained(plan: Recipe) -> Model:
    return run(plan, datasets.load("demo"), bits=5, seed=1)


def same(first: Model, second: Model) -> bool:
    arrays, others = storage.to_arrays(first.graph)[0], storage.to_arrays(second.graph)[0]
    equal = all(np.array_equal(arrays[name], others[name]) for name in arrays)
    return equal and first.digest == second.digest and first.record == second.record


def test_accuracy_is_what_the_golden_model_has(trained: Model) -> None:
    data = datasets.load("demo")
    for split in ("dev", "test"):
        rows = getattr(data, split)
        found = golden.classes(golden.scores(trained.graph, trained.encode([text for _, text in rows])))
        right = np.mean([trained.labels[number] == label for number, (label, _) in zip(found, rows, strict=True)])
        assert trained.record["accuracy"][split] == right
    assert trained.record["accuracy"]["test"] > 0.8
    confusion = np.array(trained.record["confusion"])
    assert confusion.sum() == len(data.test)
    assert confusion.trace() / confusion.sum() == trained.record["accuracy"]["test"]


def test_float_stages_are_shared_without_changing_the_result(plan: Recipe, trained: Model) -> None:
    parent = pipeline.compress(plan, datasets.load("demo"), seed=1)
    for bits in (2, 8):
        pipeline.quantise(parent, bits)
    assert same(pipeline.quantise(parent, 5), trained)


def test_seed_decides(plan: Recipe, trained: Model) -> None:
    torch.manual_seed(99)  # the state of the process must not matter
    assert same(run(plan, datasets.load("demo"), bits=5, seed=1), trained)
    assert not same(run(plan, datasets.load("demo"), bits=5, seed=2), trained)


def test_record_is_plain_json_and_the_model_loads(trained: Model, tmp_path: Path) -> None:
    trained.save(tmp_path / "toy")
    loaded = Model.load(tmp_path / "toy")
    assert same(loaded, trained)
    assert json.loads(json.dumps(loaded.record)) == trained.record
    assert recipes.parse(loaded.record["recipe"]).name == "demo"


def test_stage_rows(trained: Model) -> None:
    stages = trained.record["stages"]
    assert [row["name"] for row in stages] == ["float", "factorised", "pruned", "quantised"]
    assert [row["bits"] for row in stages] == [32, 32, 32, 5]
    kernels = sum(kernel.size for kernel in trained.graph.convolution.kernels)
    assert stages[1]["nonzero"] - stages[2]["nonzero"] == round(0.6 * kernels)
    assert stages[0]["kilobytes"] == stages[0]["weights"] * 4 / 1000
    nonzero = trained.graph.convolution.products
    assert nonzero <= kernels - round(0.6 * kernels)


def test_memory_figures(trained: Model) -> None:
    memory, graph = report.memory(trained.graph), trained.graph
    words = len(trained.vocabulary)
    assert memory["embedding"] == words * 8 * 5
    assert memory["convolution"] == 8 * (2 + 3 + 4) * 8 * 5
    assert memory["dense"] == 2 * 24 * 5
    assert memory["total"] == sum(memory[name] for name in ("embedding", "convolution", "dense", "biases"))
    saved = report.reductions(graph, Shape(words, 24, (8, 8, 8), (2, 3, 4), 2))
    parent = 32 * (words * 24 + 8 * 9 * 24 + 24 + 2 * 24 + 2)
    assert saved["parent"] == 1 - memory["total"] / parent
    assert saved["kim"] == 1 - memory["total"] / (32 * (words * 300 + 100 * 12 * 300 + 300 + 2 * 300 + 2))
    assert saved["same_shape"] < saved["parent"] < saved["kim"]


def test_stage_table_says_toy(trained: Model) -> None:
    console = Console(file=io.StringIO(), width=120)
    stages = [report.Stage(**row) for row in trained.record["stages"]]
    console.print(report.stage_table(stages, toy=True))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "toy" in text
    for stage in stages:
        assert f"{100 * stage.test:.2f}" in text and stage.name in text


def test_card(trained: Model, tmp_path: Path) -> None:
    trained.save(tmp_path / "toy")
    text = render(trained, "toy", "hwgen train demo")
    assert "this is a toy" in text and "`hwgen train demo`" in text
    assert f"test {trained.record['accuracy']['test']:.2%}" in text
    assert all(f"| {row['name']} |" in text for row in trained.record["stages"])
    assert not list((tmp_path / "toy").glob("*.tmp"))


def test_middle_stages_can_be_left_out(plan: Recipe) -> None:
    short = recipes.override(plan, ['stages=["float", "quantised"]'])
    model = run(short, datasets.load("demo"), bits=4)
    stages = report.stages_of(model.record)
    assert [stage.name for stage in stages] == ["float", "quantised"]
    assert model.graph.embedding.rank == 24 and model.bits == 4


@pytest.mark.parametrize(
    "order",
    [
        ["float", "narrowed", "pruned", "quantised"],
        ["float", "shortened", "factorised", "narrowed", "pruned", "quantised"],
        ["float", "factorised", "pruned", "narrowed", "shortened", "quantised"],
    ],
)
def test_stages_in_any_order(plan: Recipe, order: list[str]) -> None:
    settings = [f"stages={json.dumps(order)}", "narrowed.share=0.5", "shortened.share=0.4", "pruned.cost=adders"]
    settings += ["narrowed.epochs=1", "shortened.epochs=1", "float.epochs=4"]
    short = recipes.override(plan, settings)
    model = run(short, datasets.load("demo"), bits=5)
    stages = report.stages_of(model.record)
    assert [stage.name for stage in stages] == order
    assert model.graph.convolution.filters == 12
    assert model.graph.embedding.rank == (8 if "factorised" in order else 24)
    words = len(
        pipeline.compress(
            recipes.override(plan, ['stages=["float", "quantised"]', "float.epochs=1"]), datasets.load("demo")
        ).encoded.vocabulary
    )
    gone = round(0.4 * (words - 1 - 8)) if "shortened" in order else 0
    assert len(model.vocabulary) == words - gone
    # Zeros of the pruning hold in every later stage.
    after = stages[order.index("pruned") :]
    for layer in ("convolution 2", "convolution 3", "convolution 4"):
        if order[-2] == "pruned":
            assert after[0].zeros[layer] <= after[-1].zeros[layer]
    assert max(after[-1].zeros.values()) > 0.3
    saved = model.record["reduction"]
    assert saved["parent"] > saved["same_shape"]


def test_layers_of_different_widths(plan: Recipe) -> None:
    mixed = recipes.override(plan, ["quantised.embedding=3", "quantised.dense=8", "quantised.activation=4"])
    model = run(mixed, datasets.load("demo"), bits=5)
    graph = model.graph
    assert (graph.embedding.bits, graph.convolution.bits, graph.requantise.bits, graph.dense.bits) == (3, 5, 4, 8)
    assert model.record["precision"] == {"embedding": 3, "convolution": 5, "activation": 4, "dense": 8}
    assert model.bits == 5


@pytest.mark.parametrize("embedding", [1, 4])
def test_binary_by_way_of_wider_activations(plan: Recipe, embedding: int) -> None:
    settings = ['stages=["float", "factorised", "quantised"]', "quantised.convolution=1", "quantised.through=[2]"]
    settings += [f"quantised.embedding={embedding}", "quantised.learn_scales=true", "quantised.epochs=3"]
    model = run(recipes.override(plan, settings), datasets.load("demo"), 1)
    graph = model.graph
    assert [row["name"] for row in model.record["stages"]][-2:] == ["quantised 2b", "quantised"]
    assert (graph.embedding.bits, graph.convolution.bits, graph.requantise.bits) == (embedding, 1, 1)
    assert model.record["accuracy"]["dev"] > 0.5
    sentences = model.encode([text for _, text in datasets.load("demo").test])
    assert np.array_equal(integer_scores(to_torch(graph), sentences), golden.scores(graph, sentences))


def test_calibration_alone(plan: Recipe) -> None:
    parent = pipeline.compress(recipes.override(plan, ["quantised.epochs=0"]), datasets.load("demo"), seed=1)
    model = pipeline.quantise(parent, 8)
    # Eight bits without training hardly move anything.
    assert abs(model.record["accuracy"]["dev"] - parent.stages[-1].dev) < 0.05


def test_falling_widths_teach_each_other(plan: Recipe, trained: Model) -> None:
    settings = ["quantised.through=[8, 5, 3]", "quantised.distil=0.7", "quantised.previous=1", "quantised.features=0.5"]
    parent = pipeline.compress(recipes.override(plan, settings), datasets.load("demo"), seed=1)
    names = {bits: [row["name"] for row in pipeline.quantise(parent, bits).record["stages"][3:]] for bits in (8, 4, 2)}
    assert names[8] == ["quantised"]
    assert names[4] == ["quantised 8b", "quantised 5b", "quantised"]
    assert names[2] == ["quantised 8b", "quantised 5b", "quantised 3b", "quantised"]
    model = pipeline.quantise(parent, 2)
    assert same(model, pipeline.quantise(parent, 2))
    assert [row["bits"] for row in model.record["stages"][3:]] == [8, 5, 3, 2]


@pytest.mark.parametrize("schedule", recipe.SCHEDULES)
def test_every_schedule_trains(plan: Recipe, schedule: str) -> None:
    quick = recipes.override(plan, [f"{stage}.schedule={schedule}" for stage in ("float", "factorised", "quantised")])
    model = run(quick, datasets.load("demo"), bits=5)
    assert model.record["accuracy"]["test"] > 0.6


def test_memory_shares_what_recipes_have_in_common(plan: Recipe) -> None:
    memory, data = pipeline.Memory(), datasets.load("demo")
    first = pipeline.compress(plan, data, 1, memory=memory)
    other = recipes.override(plan, ["pruned.sparsity=0.3"])
    second = pipeline.compress(other, data, 1, memory=memory)
    assert first.stages[:2] == second.stages[:2] and first.stages[2] != second.stages[2]
    assert second.recipe == other
    assert same(pipeline.quantise(second, 4), pipeline.quantise(pipeline.compress(other, data, 1), 4))
    assert same(pipeline.quantise(first, 4), pipeline.quantise(pipeline.compress(plan, data, 1), 4))


def test_memory_tells_recipes_with_lessons_from_those_without(plan: Recipe) -> None:
    memory, data = pipeline.Memory(), datasets.load("demo")
    pipeline.compress(recipes.override(plan, ["teacher.ngrams=1"]), data, 1, memory=memory)
    taught = recipes.override(plan, ["teacher.ngrams=1", "quantised.distil=1"])
    assert pipeline.compress(taught, data, 1, memory=memory).lessons is not None


@pytest.mark.parametrize("learn", ["true", "false"])
def test_distillation_with_every_teacher_and_learned_scales(plan: Recipe, learn: str) -> None:
    settings = ["teacher.members=1", "teacher.ngrams=0.5", "teacher.unlabelled=0.5", "teacher.embedding=16"]
    settings += ["teacher.vocabulary=90"]
    settings += ["teacher.filters=8", "float.distil=1", "quantised.distil=0.5", f"quantised.learn_scales={learn}"]
    settings += ["quantised.word_dropout=0.1", "quantised.embedding_dropout=0.1", "float.average=0"]
    taught = recipes.override(plan, [*settings, "teacher.training.epochs=3", "float.epochs=4"])
    first, second = (run(taught, datasets.load("demo"), bits=3) for _ in range(2))
    assert same(first, second)


def test_the_last_checkpoint_leaves_dev_no_say(plan: Recipe) -> None:
    settings = [f"{stage}.checkpoint=last" for stage in ("float", "factorised", "pruned", "quantised")]
    data, wrong = datasets.load("demo"), {"negative": "positive", "positive": "negative"}
    blind = replace(data, dev=tuple((wrong[label], text) for label, text in data.dev))
    last = recipes.override(plan, [*settings, "float.patience=1"])
    right, misled = (run(last, rows) for rows in (data, blind))
    assert right.digest == misled.digest
    assert run(plan, blind).digest != run(plan, data).digest


def test_letters_know_words_by_their_parts() -> None:
    rows = tuple((label, f"{stem}{end}") for label, stem in (("a", "walk"), ("b", "sing")) for end in ("s", "ed", "er"))
    data = Dataset("stems", rows, rows, rows)
    unseen = ["walking", "singing"]
    words, letters = (NgramClassifier(data, longest).answers(unseen) for longest in (0, 4))
    assert torch.equal(words[0], words[1])
    assert letters.argmax(dim=1).tolist() == [0, 1]


def test_bits_are_refused_before_training(plan: Recipe) -> None:
    with pytest.raises(HwgenError, match=r"outside 1\.\.8"):
        run(plan, datasets.load("demo"), bits=9)
    with pytest.raises(HwgenError, match="recipe demo: stage pruned: binary weights have no zero"):
        run(plan, datasets.load("demo"), bits=1)


def test_progress_counts_every_step(plan: Recipe) -> None:
    class Counter(Progress):
        done: dict[str, int] = {}
        limit: dict[str, int] = {}

        def step(self, name: str, total: int | None = None) -> None:
            assert total is not None
            self.stage, self.limit[name], self.done[name] = name, total, 0

        def advance(self, count: int = 1) -> None:
            self.done[self.stage] += count

    counter = Counter()
    run(plan, datasets.load("demo"), reporter=counter)
    assert list(counter.limit) == ["float", "factorised", "pruned 1", "pruned", "quantised 5b"]
    assert all(0 < counter.done[stage] <= counter.limit[stage] for stage in counter.limit)


def test_random_state_and_threads_are_left_alone() -> None:
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    with reproducible(3, "float") as generator:
        first = torch.rand(4), torch.rand(4, generator=generator)
    assert torch.equal(torch.get_rng_state(), state) and torch.get_num_threads() == threads
    with reproducible(3, "float") as generator:
        assert torch.equal(torch.rand(4), first[0]) and torch.equal(torch.rand(4, generator=generator), first[1])
    with reproducible(3, "pruned"):
        assert not torch.equal(torch.rand(4), first[0])


def test_exchanged_words() -> None:
    texts = ["one two three four", "five two six", ""]
    made = exchange_words(texts, 50, 0.5, random.Random(1))
    assert made == exchange_words(texts, 50, 0.5, random.Random(1)) and len(made) == 50
    known = set(" ".join(texts).split())
    assert all(set(text.split()) <= known and len(text.split()) in (3, 4) for text in made)
    assert set(exchange_words(texts, 20, 0.0, random.Random(1))) <= set(texts)
    assert exchange_words([""], 5, 0.5, random.Random(1)) == []


def test_a_text_far_longer_than_the_others_is_drawn_in_pieces() -> None:
    long = [f"w{number}" for number in range(5000)]
    made = [text.split() for text in exchange_words(["a b c"] * 50 + [" ".join(long)], 300, 0.0, random.Random(1))]
    assert max(map(len, made)) == 256 and sum(map(len, made)) < 300 * 256
    assert all(words == long[int(words[0][1:]) :][: len(words)] for words in made if words[0] != "a")


def test_parts_and_joints() -> None:
    texts = ["a b c d e f", "g h i j k l"]
    made = exchange_words(texts, 400, 0.0, random.Random(1), parts=0.25, joints=0.5)
    assert made == exchange_words(texts, 400, 0.0, random.Random(1), parts=0.25, joints=0.5)
    joints, parts, wholes = made[:200], made[200:300], made[300:]
    assert set(wholes) == set(texts)
    assert all(any(text in whole for whole in texts) for text in parts)
    assert {len(text.split()) for text in parts} == {3, 4, 5, 6}
    for text in joints:
        words = text.split()
        assert words[0] in "ag" and words[-1] in "fl" and 2 <= len(words) <= 12
    # A beginning and an end, so at most one place where a word does not follow the one before it.
    assert all(sum(ord(b) - ord(a) != 1 for a, b in pairwise(text.split())) <= 1 for text in joints)
    assert {(text[0], text[-1]) for text in joints} == {("a", "f"), ("a", "l"), ("g", "f"), ("g", "l")}


def test_rare_words() -> None:
    texts = ["one " * 50, "two"]
    made = " ".join(exchange_words(texts, 200, 1.0, random.Random(1), rare=["two", "three"])).split()
    shares = [made.count(word) / len(made) for word in ("one", "two", "three")]
    assert shares == pytest.approx([0.5, 0.25, 0.25], abs=0.03)
