"""Recipes of every kind, read, checked and overridden. A recipe is a TOML file; every field can be overridden."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hwgen import shipped, tables
from hwgen.compress.ensemble_recipe import EnsembleRecipe
from hwgen.compress.hypervector_recipe import HypervectorRecipe
from hwgen.compress.recipe import Recipe
from hwgen.compress.settings import overridden
from hwgen.errors import HwgenError

AnyRecipe = Recipe | HypervectorRecipe | EnsembleRecipe

KINDS: dict[str, type[AnyRecipe]] = {"hypervector": HypervectorRecipe, "ensemble": EnsembleRecipe}
"""By the recipe's `kind`; without one it is that of a sentence CNN."""


def parse(values: Mapping[str, Any], where: str = "recipe") -> AnyRecipe:
    """A recipe from nested plain values.

    Raises:
        HwgenError: naming `where`, the key, and what it may be.
    """
    kind = values.get("kind")
    if kind is not None and kind not in KINDS:
        raise HwgenError(f"{where}: kind: {kind!r} is not one of {', '.join(KINDS)}")
    try:
        made = tables.build(KINDS.get(str(kind), Recipe), values)
    except HwgenError as error:
        raise HwgenError(f"{where}: {error}") from None
    if isinstance(made, EnsembleRecipe) and isinstance(parse(made.member, f"{where}: member"), EnsembleRecipe):
        raise HwgenError(f"{where}: member: an ensemble of ensembles; name a recipe of another kind")
    return made


def load(path: Path) -> AnyRecipe:
    """Read a TOML recipe.

    Raises:
        HwgenError: when the file is missing, is no TOML, or has an unknown or ill-valued key.
    """
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise HwgenError(f"{path}: cannot read the recipe ({error})") from None
    except tomllib.TOMLDecodeError as error:
        raise HwgenError(f"{path}: not TOML ({error})") from None
    member = values.get("member")
    if isinstance(member, str):
        values["member"] = load(shipped.recipe_path(member)).as_dict()
    return parse({"name": Path(path).stem, **values}, str(path))


def override(recipe: AnyRecipe, given: Iterable[str]) -> AnyRecipe:
    """A recipe with dotted ``key=value`` settings applied, for instance ``pruned.sparsity=0.9``.

    Raises:
        HwgenError: on a setting without ``=``, an unknown key (the known ones are listed) or a wrong value.
    """
    return parse(overridden(recipe.as_dict(), given, tables.keys(type(recipe))), "--set")
