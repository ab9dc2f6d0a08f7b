"""Outside teachers: tiny random transformers made on the spot, of both kinds, tuned and not, and every refusal."""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("brevitas")
transformers = pytest.importorskip("transformers")

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors  # noqa: E402

from hwgen.compress import outside, pipeline, recipe, recipes  # noqa: E402
from hwgen.compress.recipe import Teacher  # noqa: E402
from hwgen.compress.run import run  # noqa: E402
from hwgen.errors import HwgenError  # noqa: E402
from hwgen.progress import SILENT, Progress  # noqa: E402
from hwgen.text.datasets import Dataset  # noqa: E402

OPINIONS = {"negative": ["dull", "awful", "stale"], "positive": ["superb", "charming", "warm"]}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
SMALL = dict(hidden_size=64, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
UNLABELLED = ["the film is not dull .", "a charming , superb meal", ""]


class Notes(Progress):
    """Keeps what is reported, and checks that no more is done than was announced."""

    def __init__(self) -> None:
        self.steps: int | None = 0
        self.done, self.last = 0, ""

    def step(self, name: str, total: int | None = None) -> None:
        self.steps, self.done = total, 0

    def advance(self, count: int = 1) -> None:
        self.done += count

    def finish(self, note: str = "") -> None:
        assert self.done == self.steps
        self.last = note


@pytest.fixture(scope="module")
def data() -> Dataset:
    """Rows that one word decides."""
    source = random.Random(5)

    def row() -> tuple[str, str]:
        label = source.choice(["negative", "positive"])
        words = source.choices("the film was a rather long story , it is .".split(), k=source.randint(2, 9))
        words.insert(source.randrange(len(words)), source.choice(OPINIONS[label]))
        return label, " ".join(words)

    rows = [row() for _ in range(400)]
    return Dataset("small", tuple(rows[:300]), tuple(rows[300:350]), tuple(rows[350:]))


def numbered(data: Dataset) -> Dataset:
    splits = ([(str(data.labels.index(label)), text) for label, text in rows] for rows in (data.train, data.dev))
    train, dev = map(tuple, splits)
    return Dataset("numbered", train, dev, dev)


def tokeniser(data: Dataset) -> Any:
    words = sorted({word for _, text in data.train for word in text.replace("'", " ' ").split()})
    pieces = [*SPECIAL, *words, *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    special = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), SPECIAL, strict=True))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=40, **special)


@pytest.fixture(scope="module")
def encoder(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, tokens = tmp_path_factory.mktemp("encoder"), tokeniser(data)
    torch.manual_seed(3)
    config = transformers.BertConfig(vocab_size=len(tokens), max_position_embeddings=64, initializer_range=0.1, **SMALL)
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokens.save_pretrained(folder)
    return folder


def classifier_folder(folder: Path, data: Dataset, names: Mapping[int, str], **more: Any) -> Path:
    tokens = tokeniser(data)
    torch.manual_seed(4)
    config = transformers.BertConfig(
        vocab_size=len(tokens), max_position_embeddings=64, initializer_range=0.1, id2label=names, **{**SMALL, **more}
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    tokens.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def classifier(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return classifier_folder(tmp_path_factory.mktemp("named"), data, {0: "Positive", 1: "neutral", 2: "NEGATIVE"})


def ask(folder: Path | str, data: Dataset, seed: int = 1, notes: Notes | None = None, **settings: Any) -> Any:
    wanted = Teacher(model=str(folder), outside=1.0, **settings)
    return outside.answers(wanted, data, UNLABELLED, seed, notes or Notes())


def accuracy(given: Any, data: Dataset) -> float:
    right = [data.labels[int(found)] == label for found, (label, _) in zip(given.argmax(1), data.train, strict=False)]
    return sum(right) / len(right)


@pytest.mark.parametrize("epochs", [0, 4])
def test_encoder(epochs: int, encoder: Path, data: Dataset) -> None:
    notes = Notes()
    given = ask(encoder, data, notes=notes, tune_epochs=epochs, tune_rate=4e-3)
    assert given.shape == (len(data.train) + len(UNLABELLED), 2)
    assert torch.allclose(given.exp().sum(dim=1), torch.ones(len(given)), atol=1e-5)
    assert not given.requires_grad
    assert accuracy(given, data) > 0.9
    assert notes.last.startswith("dev ") and float(notes.last[4:-1]) > 90
    torch.manual_seed(99)  # the state of the process must not matter
    random.seed(99)
    assert torch.equal(ask(encoder, data, tune_epochs=epochs, tune_rate=4e-3), given)
    # A frozen encoder has nothing random; a tuned one sees the rows in another order.
    assert torch.equal(ask(encoder, data, seed=2, tune_epochs=epochs, tune_rate=4e-3), given) == (epochs == 0)


def test_answers_do_not_depend_on_the_batch(encoder: Path, data: Dataset) -> None:
    alone = outside._load(str(encoder), data.labels)
    texts = [("negative", text) for _, text in data.train[:70]]
    alone._half = False
    together = alone.pooled(alone.split(texts, data.labels), SILENT)
    single = [alone.pooled(alone.split([row], data.labels), SILENT) for row in texts[:5]]
    assert torch.allclose(together[:5], torch.cat(single), atol=1e-5)


@pytest.mark.parametrize("modes", [("cls_token",), ("max_tokens", "mean_tokens"), ("mean_sqrt_len_tokens",), ()])
def test_pooling_is_what_the_folder_says(modes: tuple[str, ...], encoder: Path, data: Dataset, tmp_path: Path) -> None:
    folder = shutil.copytree(encoder, tmp_path / "pooled")
    if modes:
        write_pooling(folder, {f"pooling_mode_{mode}": mode in modes for mode in outside._POOLINGS})
    voice = outside._load(str(folder), data.labels)
    voice._half = False
    voice.eval()
    text = data.train[0][1]
    with torch.no_grad():
        pieces = torch.tensor([voice._tokeniser(text)["input_ids"]])
        hidden = voice.body(input_ids=pieces).last_hidden_state[0]
        expected = {
            "cls_token": hidden[0],
            "max_tokens": hidden.max(dim=0).values,
            "mean_tokens": hidden.mean(dim=0),
            "mean_sqrt_len_tokens": hidden.sum(dim=0) / len(hidden) ** 0.5,
        }
    # Beside a longer text, so that padding would show.
    found = voice.pooled(voice.split([("positive", text), ("positive", f"{text} {text}")], data.labels), SILENT)[0]
    wanted = [expected[mode] for mode in modes or ("mean_tokens",)]
    assert torch.allclose(found, torch.cat(wanted), atol=1e-5)


def write_pooling(folder: Path, settings: Any) -> None:
    modules = [
        {"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(settings))


def scores(folder: Path, text: str) -> Any:
    body = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    pieces = transformers.AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return body(input_ids=pieces).logits[0]


def test_classifier_by_name(classifier: Path, data: Dataset) -> None:
    given = ask(classifier, data)
    assert given.shape == (len(data.train) + len(UNLABELLED), 2)
    # The data's classes are negative, positive; the model's 2 and 0. Its third class plays no part.
    expected = scores(classifier, data.train[0][1])[[2, 0]].log_softmax(0)
    assert torch.allclose(given[0], expected, atol=0.05)  # bfloat16, where the processor has it
    assert accuracy(ask(classifier, data, tune_epochs=4, tune_rate=4e-3), data) > accuracy(given, data) + 0.1


def test_classifier_by_number(data: Dataset, tmp_path: Path) -> None:
    folder = classifier_folder(tmp_path, data, {0: "LABEL_0", 1: "LABEL_1"})
    given = ask(folder, numbered(data))
    assert torch.allclose(given[0], scores(folder, data.train[0][1]).log_softmax(0), atol=0.05)


def test_name_on_the_hub(encoder: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def fetch(name: str, allow_patterns: list[str]) -> str:
        asked.update(name=name, patterns=allow_patterns)
        return str(encoder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    assert torch.equal(ask("some/encoder", data), ask(encoder, data))
    assert asked["name"] == "some/encoder"
    assert not any(pattern.endswith((".bin", ".py", "*")) for pattern in asked["patterns"])


class Trap:
    """Leaves a mark when unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.mark,)


def only_a_pickle(folder: Path) -> None:
    torch.save(Trap(folder / "sprung"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def named_pickle(folder: Path) -> None:
    torch.save(Trap(folder / "sprung"), folder / "pytorch_model.bin")
    change(folder, transformers_weights="pytorch_model.bin")


def change(folder: Path, **settings: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **settings}))


def lose_a_tensor(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    tensors.pop("embeddings.word_embeddings.weight")
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def no_padding(folder: Path) -> None:
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings.pop("pad_token")
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "special_tokens_map.json").unlink(missing_ok=True)


def other_tokeniser(folder: Path) -> None:
    tokens = transformers.AutoTokenizer.from_pretrained(folder)
    tokens.add_tokens([f"more{number}" for number in range(9)])
    tokens.save_pretrained(folder)


def own_code(folder: Path) -> None:
    (folder / "own.py").write_text(f"open({str(folder / 'sprung')!r}, 'w')\n")
    change(folder, model_type="own", auto_map={"AutoConfig": "own.Config", "AutoModel": "own.Model"})


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (only_a_pickle, "no model.safetensors; only safetensors weights are read"),
        (lose_a_tensor, "its weights lack embeddings.word_embeddings.weight"),
        (lambda folder: (folder / "config.json").write_text("{"), "transformers cannot load it"),
        (lambda folder: (folder / "config.json").unlink(), "transformers cannot load it"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"no tensors"), "transformers cannot load it"),
        (lambda folder: [path.unlink() for path in folder.glob("token*")], "no tokeniser beside the weights"),
        (other_tokeniser, "knows more pieces than it has embeddings"),
        (own_code, "code that comes with a model is not run"),
        (no_padding, "its tokeniser has no padding token"),
        (lambda folder: change(folder, is_encoder_decoder=True), "gives no sentence vector|cannot load"),
        (lambda folder: write_pooling(folder, {"pooling_mode_lasttoken": True}), "pools by lasttoken; known are cls"),
        (lambda folder: write_pooling(folder, {}), "pools by nothing"),
        (lambda folder: write_pooling(folder, [1]), "cannot read how it pools"),
        (lambda folder: (folder / "modules.json").write_text("{}"), "cannot read how it pools"),
    ],
)
def test_bad_folders(harm: Callable[[Path], Any], message: str, encoder: Path, data: Dataset, tmp_path: Path) -> None:
    folder = shutil.copytree(encoder, tmp_path / "harmed")
    harm(folder)
    refused(folder, data, message)
    assert not (folder / "sprung").exists()


def refused(folder: Path | str, data: Dataset, message: str) -> None:
    with pytest.raises(HwgenError, match=message) as caught:
        ask(folder, data)
    assert str(caught.value).startswith(f"teacher.model {folder}: ")
    assert "\n" not in str(caught.value)


def test_settings_cannot_name_a_pickle(encoder: Path, data: Dataset, tmp_path: Path) -> None:
    folder = shutil.copytree(encoder, tmp_path / "named")
    named_pickle(folder)
    assert torch.equal(ask(folder, data), ask(encoder, data))
    assert not (folder / "sprung").exists()


def test_bad_labels(data: Dataset, tmp_path: Path) -> None:
    folder = classifier_folder(tmp_path / "stars", data, {0: "1 star", 1: "2 stars"})
    refused(folder, data, "no class for the label 'negative', it knows 1 star, 2 stars; rename the data's labels")
    many = Dataset("many", (*numbered(data).train, ("2", "so so")), data_dev := numbered(data).dev, data_dev)
    refused(folder, many, "no class for the label '0'")
    refused(classifier_folder(tmp_path / "one", data, {0: "score"}), data, "not a classifier with one right class")
    several = classifier_folder(
        tmp_path / "several", data, {0: "negative", 1: "positive"}, problem_type="multi_label_classification"
    )
    refused(several, data, "not a classifier with one right class")


def test_no_package(encoder: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] in ("transformers", "huggingface_hub")]:
        monkeypatch.setitem(sys.modules, name, None)
    refused(encoder, data, r"need the package `transformers` \(pip install hwgen\[teacher\]\)")


@pytest.mark.parametrize("name", ["some/encoder", "no/such/folder", "../x y", "/nowhere/at/all"])
def test_no_network_and_no_folder(name: str, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    refused(name, data, "neither a folder nor a model that could be fetched")


def plan(encoder: Path, **teacher: Any) -> recipe.Recipe:
    epochs = {"epochs": 1, "distil": 1.0}
    stages = {stage: epochs for stage in ("float", "quantised")}
    sizes = {"network": {"filters": 4}, "vocabulary": {"size": 300}, "stages": list(stages)}
    return recipes.parse(
        {"name": "taught", "teacher": {"model": str(encoder), "training": {"epochs": 1}, **teacher}, **sizes, **stages}
    )


def test_shares(encoder: Path, data: Dataset) -> None:
    def lessons(**teacher: Any) -> Any:
        wanted = plan(encoder, unlabelled=0.5, **teacher)
        return pipeline.teach(wanted, data, pipeline.Encoded.of(wanted, data), 1, SILENT).answers.log()

    alone = lessons(outside=1.0)
    assert alone.shape == (len(data.train) + round(0.5 * len(data.train)), 2)
    grams = lessons(outside=1.0, members=1, ngrams=1.0)  # a share of 1 leaves nothing for the others
    assert torch.equal(alone, grams)
    both = lessons(outside=0.5, ngrams=1.0)
    # Mixing is linear in log-probabilities: what 0.25 gives lies half way between 0.5 and nothing.
    quarter = lessons(outside=0.25, ngrams=1.0)
    odds = [voice[:, 1] - voice[:, 0] for voice in (alone, both, quarter)]
    assert torch.allclose(odds[0] - odds[1], 2 * (odds[1] - odds[2]), atol=1e-3)


def test_pipeline(encoder: Path, data: Dataset) -> None:
    model = run(plan(encoder, outside=1.0), data, bits=4, seed=1)
    assert model.record["recipe"]["teacher"]["model"] == str(encoder)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["teacher.model=x"], "teacher.outside: 0.0 is the share of model"),
        (["teacher.outside=0.5"], "teacher.outside: 0.5 is the share of model"),
        (["teacher.model=x", "teacher.outside=1.5"], "teacher.outside: 1.5 is outside"),
        (["teacher.tune_epochs=-1"], "teacher.tune_epochs: -1 is outside"),
        (["teacher.parts=0.6", "teacher.joints=0.6"], "teacher.parts: 0.6 is more than what joints = 0.6 leaves"),
        (["teacher.tune_rate=0"], "teacher.tune_rate: 0.0 is outside"),
    ],
)
def test_bad_recipes(settings: list[str], message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        recipes.override(recipes.parse({"name": "plain"}), settings)
