"""The recipes and trained models that come with the package."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from hwgen.documents import is_file
from hwgen.errors import HwgenError

SIZES = ("full", "small")
BITS = tuple(range(1, 9))
FAMILY, SET = "sst2", "glue_sst2"
"""What the names of the models of both sizes begin with, and their data set."""
_RECIPES = {"full": "sst2-taught", "small": "sst2-small-taught"}
_BINARY_RECIPES = {"full": "sst2-binary", "small": "sst2-small-binary"}
OTHERS = {"snips-hd": ("intents-hd", "snips"), "sst2-ensemble-1bit": ("sst2-ensemble", "glue_sst2")}
"""Shipped models that are asked for by name: the recipe and the data set of each."""


def models_folder() -> Path:
    """The folder `models/`: inside the installed package, or at the top of a checkout.

    Raises:
        HwgenError: when neither exists.
    """
    installed = Path(str(resources.files("hwgen"))) / "models"
    checkout = Path(__file__).resolve().parent.parent / "models"
    for folder in (installed, checkout):
        if folder.is_dir():
            return folder
    raise HwgenError(f"shipped models: neither {installed} nor {checkout} exists; install the package again")


def shipped(size: str, bits: int) -> Path:
    """Folder of the shipped model of a size ("full" or "small") and bit width (1..8).

    Raises:
        HwgenError: when there is no such model.
    """
    if size not in SIZES:
        raise HwgenError(f"shipped models: size {size!r} is not one of {', '.join(SIZES)}")
    if bits not in BITS:
        raise HwgenError(f"shipped models: {bits} bits is outside {BITS[0]}..{BITS[-1]}")
    folder = models_folder() / model_name(size, bits)
    if not folder.is_dir():
        raise HwgenError(f"shipped models: {folder} is missing; regenerate it with scripts/train_shipped.py")
    return folder


def recipe_name(size: str, bits: int) -> str:
    """The recipe that the shipped model of a size and bit width was trained by."""
    return (_BINARY_RECIPES if bits == 1 else _RECIPES)[size]


def model_name(size: str, bits: int) -> str:
    """Name of a shipped model's folder, such as ``sst2-full-5bit``."""
    return f"{FAMILY}-{size}-{bits}bit"


def of_width(bits: int) -> list[str]:
    """Names of the shipped models of a bit width that one is chosen from, the larger ones first.

    Raises:
        HwgenError: when there are none.
    """
    return [shipped(size, bits).name for size in SIZES]


def shipped_models() -> dict[str, Path]:
    """Every shipped model there is, by name."""
    return {path.parent.name: path.parent for path in sorted(models_folder().glob("*/model.json"))}


def recipes() -> dict[str, Path]:
    """Every packaged recipe, by name."""
    return {path.stem: path for path in sorted(models_folder().glob("*.toml"))}


def recipe_path(name: str) -> Path:
    """A packaged recipe by name, or the path of a user's own.

    Raises:
        HwgenError: when there is neither.
    """
    known = recipes()
    if name in known:
        return known[name]
    if is_file(name):
        return Path(name)
    raise HwgenError(f"recipe {name}: no such file, and not one of {', '.join(known)}")
