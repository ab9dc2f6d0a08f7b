"""A teacher from outside: a pre-trained transformer answers on the training texts. It never ships.

Two kinds of Hugging Face model will do: a sequence classifier whose labels are the data set's, and any encoder (a
sentence-embedding model, say), on whose pooled vector a linear head learns the training labels. Only safetensors
weights are read, and no code that comes with a model is run.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from hwgen import documents
from hwgen.compress import logistic
from hwgen.compress.batches import Batch, Split
from hwgen.compress.recipe import Teacher
from hwgen.compress.train import Outcome, reproducible
from hwgen.errors import HwgenError
from hwgen.progress import SILENT, Progress
from hwgen.text.datasets import Dataset
from hwgen.text.hub import Row
from hwgen.text.labels import numbers

# What is fetched of a model on the hub: weights, settings and vocabularies, never a pickle or a program.
_FILES = ["model.safetensors", "model-*.safetensors", "*.json", "*.txt", "*.model", "*/config.json"]
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
# One of them must be there: without any, transformers makes up an empty one.
_TOKENISERS = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")
# Pieces of a text that are read; the rest is cut.
_LONGEST = 512
_ANSWERING_BATCH, _TUNING_BATCH = 64, 32
_DROPOUT, _WEIGHT_DECAY, _CLIP, _WARM_UP, _HEAD_RATE = 0.1, 0.01, 1.0, 0.06, 20.0
_STRENGTHS, _ITERATIONS = (0.001, 0.01, 0.1, 1.0, 10.0), 200


def answers(settings: Teacher, dataset: Dataset, unlabelled: Sequence[str], seed: int, reporter: Progress) -> Tensor:
    """What the model `settings.model` says, after it has learnt from train what `settings` lets it learn.

    A classifier answers as it comes, or tuned for `wanted.tune_epochs`. An encoder's linear head is fitted to the
    frozen encoder (`tune_epochs` 0), or trained together with it. Dev chooses the strength of the head's regularisation
    or the epoch, by accuracy, then by loss; the reporter's last note is the dev accuracy.

    Returns:
        Log-probabilities ``(training rows + unlabelled texts, classes)``, classes as in `dataset.labels`.

    Raises:
        HwgenError: when the package `transformers` is missing, the model cannot be had or is of neither kind, its
            weights are no safetensors, it needs code of its own, or its labels are not the data set's.
    """
    reporter.step("outside", 1)
    with reproducible(seed, "outside") as generator, _quiet():
        voice = _load(settings.model, dataset.labels)
        train, dev = (voice.split(rows, dataset.labels) for rows in (dataset.train, dataset.dev))
        rest = [voice.split([(dataset.labels[0], text) for text in unlabelled], dataset.labels)] if unlabelled else []
        steps = sum(_batches(split) for split in (train, dev, *rest))
        tuning = train.batches(_TUNING_BATCH) + _batches(dev)
        reporter.step("outside", steps + settings.tune_epochs * tuning)
        if settings.tune_epochs:
            _tune(voice, settings, train, dev, generator, reporter)
        seen, held = voice.pooled(train, reporter), voice.pooled(dev, reporter)
        if voice.fresh and not settings.tune_epochs:
            voice.head = _fitted(seen, train.labels, held, dev.labels, len(dataset.labels))
        with torch.no_grad():
            logits = torch.cat([voice.head(seen), *(voice.pooled(split, reporter, voice.head) for split in rest)])
            outcome = Outcome.of(voice.head(held), dev.labels)
    reporter.finish(f"dev {outcome.accuracy:.2%}")
    return functional.log_softmax(logits, dim=1)


class Voice(nn.Module):
    """A transformer and what turns its output into class scores.

    Attributes:
        body: the transformer.
        head: from what `pooled` gives to class scores: a linear layer, or for a classifier the choice of classes.
        fresh: the head knows nothing yet.
    """

    def __init__(self, body: nn.Module, head: nn.Module, tokeniser: Any, poolings: tuple[str, ...], limit: int) -> None:
        super().__init__()
        self.body = body
        self.head = head
        self.fresh = bool(poolings)
        self._tokeniser, self._poolings, self._limit = tokeniser, poolings, limit
        # Half the time in bfloat16, where the processor multiplies it itself; elsewhere it would be slower.
        self._half = any(_capabilities().get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))

    def split(self, rows: Sequence[Row], labels: Sequence[str]) -> Split:
        """(label, text) rows in the model's own word pieces."""
        texts = [text.encode("utf-8", "replace").decode() for _, text in rows]
        pieces = self._tokeniser(texts, truncation=True, max_length=self._limit)["input_ids"]
        pieces = [sequence or [self._tokeniser.pad_token_id] for sequence in pieces]
        lengths = torch.tensor([len(sequence) for sequence in pieces])
        tokens = torch.tensor([piece for sequence in pieces for piece in sequence])
        return Split(tokens, lengths.cumsum(0) - lengths, lengths, torch.tensor(numbers(rows, labels)))

    def forward(self, batch: Batch) -> Tensor:
        """What the head takes: pooled vectors ``(batch, width)``, or the classifier's own scores."""
        inside = torch.arange(batch.tokens.shape[1]) < batch.lengths[:, None]
        tokens = torch.where(inside, batch.tokens, self._tokeniser.pad_token_id)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._half):
            output = self.body(input_ids=tokens, attention_mask=inside.long())
        if not self._poolings:
            return output.logits.float()
        hidden = output.last_hidden_state.float()
        return torch.cat([_POOLINGS[name](hidden, inside[..., None]) for name in self._poolings], dim=1)

    @torch.no_grad()
    def pooled(self, split: Split, reporter: Progress, head: nn.Module | None = None) -> Tensor:
        """`forward` of every row in evaluation mode, in the split's order; with `head`, what that makes of it."""
        training = self.training
        self.eval()
        parts, rows = [], []
        for batch in split.in_order(_ANSWERING_BATCH):
            vectors = self(batch)
            parts.append(vectors if head is None else head(vectors))
            rows.append(batch.rows)
            reporter.advance(1)
        self.train(training)
        return torch.cat(parts)[torch.argsort(torch.cat(rows))]


_POOLINGS = {
    "cls_token": lambda hidden, inside: hidden[:, 0],
    "max_tokens": lambda hidden, inside: hidden.masked_fill(~inside, -torch.inf).amax(dim=1),
    "mean_tokens": lambda hidden, inside: (hidden * inside).sum(dim=1) / inside.sum(dim=1),
    "mean_sqrt_len_tokens": lambda hidden, inside: (hidden * inside).sum(dim=1) / inside.sum(dim=1).sqrt(),
}
"""By their names in a sentence-transformers pooling file, less "pooling_mode_"."""


class _Chosen(nn.Module):
    """Some of a classifier's scores, in the order of the data set's labels."""

    def __init__(self, classes: Sequence[int]) -> None:
        super().__init__()
        self._classes = list(classes)

    def forward(self, scores: Tensor) -> Tensor:
        return scores[:, self._classes]


def _fitted(seen: Tensor, labels: Tensor, held: Tensor, held_labels: Tensor, classes: int) -> nn.Linear:
    """Logistic regression on standardised vectors; dev chooses the strength of its regularisation."""
    mean, deviation = seen.mean(dim=0), seen.std(dim=0).clamp(min=1e-6)
    inputs = ((seen - mean) / deviation).numpy()
    best: tuple[Outcome, nn.Linear] | None = None
    for strength in _STRENGTHS:
        model = logistic.fit(inputs, labels.numpy(), strength, _ITERATIONS)
        weight, bias = (torch.from_numpy(values).float() for values in (model.coef_, model.intercept_))
        if classes == 2:  # one row tells them apart
            weight, bias = torch.cat([-weight / 2, weight / 2]), torch.cat([-bias / 2, bias / 2])
        head = nn.Linear(seen.shape[1], classes)
        with torch.no_grad():
            # The standardisation goes into the weights.
            head.weight.copy_(weight / deviation)
            head.bias.copy_(bias - head.weight @ mean)
            outcome = Outcome.of(head(held), held_labels)
        if best is None or outcome.rank > best[0].rank:
            best = outcome, head
    assert best is not None
    return best[1]


def _tune(
    voice: Voice, settings: Teacher, train: Split, dev: Split, generator: torch.Generator, reporter: Progress
) -> None:
    """Train the whole of `voice` on the labels; it is left with the epoch that does best on dev."""
    head = list(voice.head.parameters())
    body = [parameter for parameter in voice.body.parameters() if parameter.requires_grad]
    groups = [{"params": body, "lr": settings.tune_rate}, {"params": head, "lr": settings.tune_rate * _HEAD_RATE}]
    optimiser = torch.optim.AdamW([group for group in groups if group["params"]], weight_decay=_WEIGHT_DECAY)
    total = settings.tune_epochs * train.batches(_TUNING_BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / (_WARM_UP * total + 1), 1 - step / total)
    )
    best: Outcome | None = None
    kept: dict[str, Tensor] = {}
    for epoch in range(1, settings.tune_epochs + 1):
        voice.train()
        for rows in train.shuffled(_TUNING_BATCH, generator):
            batch = train.batch(rows)
            optimiser.zero_grad()
            scores = voice.head(functional.dropout(voice(batch), _DROPOUT if voice.fresh else 0.0))
            functional.cross_entropy(scores, batch.labels).backward()
            nn.utils.clip_grad_norm_(body, _CLIP)
            optimiser.step()
            schedule.step()
            reporter.advance(1)
        with torch.no_grad():
            outcome = Outcome.of(voice.head(voice.pooled(dev, reporter)), dev.labels)
        if best is None or outcome.rank > best.rank:
            best, kept = outcome, copy.deepcopy(voice.state_dict())
        reporter.detail(f"epoch {epoch}, dev {outcome.accuracy:.2%} (best {best.accuracy:.2%})")
    voice.load_state_dict(kept)


def _batches(split: Split) -> int:
    return -(-len(split) // _ANSWERING_BATCH)


def _load(name: str, labels: Sequence[str]) -> Voice:
    """The model in folder `name`, or of that name on the hub."""
    try:
        import transformers
    except ImportError:
        raise HwgenError(
            f"teacher.model {name}: outside teachers need the package `transformers` (pip install hwgen[teacher])"
        ) from None
    folder = _folder(name)
    if not any((folder / weights).is_file() for weights in _WEIGHTS):
        raise HwgenError(
            f"teacher.model {name}: no {_WEIGHTS[0]}; only safetensors weights are read "
            "(in transformers, save_pretrained writes them)"
        )
    if not any(path.is_file() for pattern in _TOKENISERS for path in folder.glob(pattern)):
        raise HwgenError(f"teacher.model {name}: no tokeniser beside the weights (none of {', '.join(_TOKENISERS)})")
    try:
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        # A settings file may name its weights; then it must not name a pickle.
        config.transformers_weights = None
        tokeniser = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        classifies = any(kind.endswith("ForSequenceClassification") for kind in config.architectures or ())
        kind = transformers.AutoModelForSequenceClassification if classifies else transformers.AutoModel
        chosen = _classes(name, config, labels) if classifies else []
        body, report = kind.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except HwgenError:
        raise
    except Exception as error:  # whatever the package makes of a foreign folder
        raise HwgenError(
            f"teacher.model {name}: transformers cannot load it ({_reason(error)}); it must be a model that the "
            "package knows by itself, with its tokeniser: code that comes with a model is not run"
        ) from None
    # The pooler is not asked when an encoder's own vectors are pooled.
    missing = sorted(key for key in report["missing_keys"] if classifies or "pooler" not in key)
    if missing:
        raise HwgenError(f"teacher.model {name}: its weights lack {missing[0]} ({len(missing)} tensors in all)")
    if not classifies and getattr(config, "is_encoder_decoder", False):
        raise HwgenError(f"teacher.model {name}: an encoder-decoder gives no sentence vector; choose an encoder")
    if len(tokeniser) > body.get_input_embeddings().num_embeddings:
        raise HwgenError(f"teacher.model {name}: its tokeniser knows more pieces than it has embeddings")
    if tokeniser.pad_token_id is None:
        raise HwgenError(f"teacher.model {name}: its tokeniser has no padding token; choose an encoder")
    poolings = () if classifies else _poolings(name, folder)
    # Some position tables keep two rows for themselves.
    positions = getattr(config, "max_position_embeddings", _LONGEST) - 2
    voice = Voice(body, _Chosen(chosen), tokeniser, poolings, min(tokeniser.model_max_length, positions, _LONGEST))
    try:
        width = voice.pooled(voice.split([(labels[0], "a b c")], labels), SILENT).shape[1]
    except Exception as error:  # a model of pictures, say, or a tokeniser of another model
        raise HwgenError(f"teacher.model {name}: gives no answer to a text ({_reason(error)})") from None
    if poolings:
        voice.head = nn.Linear(width, len(labels))
        nn.init.zeros_(voice.head.weight)
    return voice


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _folder(name: str) -> Path:
    """The model's files on this machine, fetched when `name` is no folder."""
    path = Path(name).expanduser()
    if documents.is_folder(path):
        return path
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(name, allow_patterns=_FILES))
    except Exception as error:  # a name that cannot be one, no such model, no network
        raise HwgenError(
            f"teacher.model {name}: neither a folder nor a model that could be fetched ({type(error).__name__}); "
            "is there a network? A folder with config.json, model.safetensors and the tokeniser works without one"
        ) from None


def _classes(name: str, config: Any, labels: Sequence[str]) -> list[int]:
    """Which of the classifier's scores stands for each label: by name whatever its case, else by number."""
    if config.num_labels < 2 or config.problem_type not in (None, "single_label_classification"):
        raise HwgenError(f"teacher.model {name}: not a classifier with one right class in two or more")
    names = {str(label).casefold(): int(number) for number, label in config.id2label.items()}
    if all(label.casefold() in names for label in labels):
        return [names[label.casefold()] for label in labels]
    if all(
        label.isascii() and label.isdecimal() and len(label) < 10 and int(label) < config.num_labels for label in labels
    ):
        return [int(label) for label in labels]
    lacking = next(label for label in labels if label.casefold() not in names)
    known = ", ".join(str(config.id2label[number]) for number in sorted(config.id2label)[:10])
    raise HwgenError(
        f"teacher.model {name}: no class for the label {lacking!r}, it knows {known}; "
        f"rename the data's labels, or number them 0..{config.num_labels - 1}"
    )


def _poolings(name: str, folder: Path) -> tuple[str, ...]:
    """How a sentence-embedding model makes one vector of a text's: as its files say, else the mean."""
    try:
        if not (folder / "modules.json").exists():
            return ("mean_tokens",)
        modules = documents.read_json(folder / "modules.json")
        path = next(module["path"] for module in modules if module["type"].endswith("Pooling"))
        if not (folder / path / "config.json").exists():
            return ("mean_tokens",)
        settings = documents.read_json(folder / path / "config.json")
        modes = [key.removeprefix("pooling_mode_") for key, value in settings.items() if value is True]
    except (HwgenError, OSError, LookupError, StopIteration, TypeError, AttributeError) as error:
        raise HwgenError(f"teacher.model {name}: cannot read how it pools ({type(error).__name__})") from None
    modes = [mode for mode in modes if mode != "include_prompt"]
    unknown = [mode for mode in modes if mode not in _POOLINGS]
    if unknown or not modes:
        raise HwgenError(
            f"teacher.model {name}: pools by {', '.join(unknown) or 'nothing'}; known are {', '.join(_POOLINGS)}"
        )
    return tuple(modes)


def _capabilities() -> Any:
    """What the processor can do, where torch can tell."""
    return getattr(torch.cpu, "get_capabilities", dict)()


@contextmanager
def _quiet() -> Iterator[None]:
    """No bars and warnings of the packages between our own lines."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from huggingface_hub.utils import disable_progress_bars, enable_progress_bars
        from transformers.utils import logging
    except ImportError:
        yield  # `_load` says so
        return
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    disable_progress_bars()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        logging.enable_progress_bar()
        enable_progress_bars()
