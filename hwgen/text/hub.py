"""Public labelled sets by name, fetched from their public homes."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hwgen.errors import HwgenError

Row = tuple[str, str]


@dataclass(frozen=True)
class _Hub:
    """Where a set lives on the Hugging Face hub and which columns to take."""

    path: str
    config: str | None = None
    text: str = "text"
    label: str = "label"
    splits: tuple[str, ...] = ("train", "validation", "test")
    revision: str | None = None
    leave_out: str | None = None


# Sets whose home is a loading script are taken from the hub's own conversion to Parquet.
_PARQUET = "refs/convert/parquet"
_HUB = {
    "sst2": _Hub("SetFit/sst2", label="label"),
    "sst1": _Hub("SetFit/sst5", label="label_text"),
    "mr": _Hub("cornell-movie-review-data/rotten_tomatoes"),
    "cr": _Hub("SetFit/CR", label="label_text", splits=("train", "test")),
    "subj": _Hub("SetFit/subj", label="label_text", splits=("train", "test")),
    "mpqa": _Hub("jxm/mpqa", text="sentence", splits=("train", "dev", "test")),
    "trec": _Hub("CogComp/trec", label="coarse_label", splits=("train", "test"), revision=_PARQUET),
    "clinc150": _Hub("clinc/clinc_oos", "plus", label="intent", leave_out="oos"),
    "banking77": _Hub("mteb/banking77", label="label_text", splits=("train", "test")),
    "snips": _Hub("benayas/snips", label="category", splits=("train", "test")),
}
# GLUE publishes no test labels: its validation split is SST-2's own dev split, and the test sentences come from the
# treebank's two-class set.
_GLUE = _Hub("nyu-mll/glue", "sst2", text="sentence", splits=("train", "validation"))
# Three small intent sets (Braun et al., 2017), each one JSON file.
_CORPORA = "https://raw.githubusercontent.com/sebischair/NLU-Evaluation-Corpora/master/"
_INTENTS = {
    "chatbot": "ChatbotCorpus.json",
    "askubuntu": "AskUbuntuCorpus.json",
    "webapplication": "WebApplicationsCorpus.json",
}
NAMES = ("glue_sst2", *_HUB, *_INTENTS)


def fetch(name: str) -> dict[str, list[Row]]:
    """(label, text) rows of the splits that the set `name` (one of `NAMES`) has: train, test, and perhaps dev.

    Raises:
        HwgenError: without a network, or without the package `datasets` where the set needs it.
    """
    load = None if name in _INTENTS else _loader(name)
    try:
        if load is None:
            return _intents(_INTENTS[name])
        if name == "glue_sst2":
            return {**_table(load, _GLUE), "test": _table(load, _HUB["sst2"])["test"]}
        return _table(load, _HUB[name])
    except Exception as error:  # many kinds stand for "no network" and "no such set"
        raise HwgenError(
            f"--data {name}: could not be fetched ({type(error).__name__}); is there a network? "
            "A folder with train.tsv, dev.tsv, test.tsv works without one"
        ) from None


def _loader(name: str) -> Callable[..., Any]:
    try:
        from datasets import load_dataset
    except ImportError:
        raise HwgenError(
            f"--data {name}: fetching public sets needs the package `datasets` (pip install datasets); "
            "or give a folder with train.tsv, dev.tsv, test.tsv"
        ) from None
    loader: Callable[..., Any] = load_dataset
    return loader


def _table(load: Callable[..., Any], home: _Hub) -> dict[str, list[Row]]:
    arguments = (home.path,) if home.config is None else (home.path, home.config)
    splits: dict[str, list[Row]] = {}
    for split in home.splits:
        table = load(*arguments, split=split, revision=home.revision)
        labels = table.features[home.label]
        # GLUE names its classes where SST-2's other copy numbers them: numbers on both sides.
        names = labels.int2str if hasattr(labels, "int2str") and home is not _GLUE else str
        rows = [
            (str(names(label)), str(text).strip())
            for label, text in zip(table[home.label], table[home.text], strict=True)
        ]
        splits["dev" if split == "validation" else split] = [row for row in rows if row[0] != home.leave_out]
    return splits


def _intents(file: str) -> dict[str, list[Row]]:
    with urllib.request.urlopen(_CORPORA + file, timeout=30) as answer:
        sentences = json.load(answer)["sentences"]
    splits: dict[str, list[Row]] = {"train": [], "test": []}
    for sentence in sentences:
        splits["train" if sentence["training"] else "test"].append((str(sentence["intent"]), str(sentence["text"])))
    return splits
